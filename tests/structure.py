"""Measure the structure of the code: `python -m tests.structure [--flows]`.

Prints lines per package, the length of functions, names defined twice and import circles. With ``--flows``, also counts
the calls, files and packages that a message, a command and a button click pass through in the running bot.
"""

from __future__ import annotations

import argparse
import ast
import asyncio
import contextlib
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).parent.parent
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True, slots=True)
class Module:
    """A module of the product, parsed."""

    path: Path
    name: str  # dotted, such as ``bot.triage.scanner``
    lines: int
    tree: ast.Module

    @property
    def package(self) -> str:
        """The package below `bot`, or ``root``."""
        parts = self.name.split(".")
        return parts[1] if len(parts) > 2 or (self.path.name == "__init__.py" and len(parts) > 1) else "root"

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        """Yield every function and method."""
        yield from (node for node in ast.walk(self.tree) if isinstance(node, FUNCTIONS))


def modules(root: Path = ROOT) -> list[Module]:
    """Return the modules of `bot`, migrations included."""
    found = []
    for path in sorted((root / "bot").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        dotted = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
        found.append(Module(path, dotted, text.count("\n"), ast.parse(text)))
    return found


def names_used_twice(found: list[Module]) -> dict[str, list[str]]:
    """Return the classes, type aliases and modules whose name is defined more than once, with the modules.

    A leading underscore is ignored. Migrations are skipped, because they are named by their number.
    """
    defined: dict[str, list[str]] = defaultdict(list)
    for module in found:
        if ".migrations" in module.name:
            continue
        if module.path.name != "__init__.py":
            defined[f"module {module.path.stem}"].append(module.name)
        for node in module.tree.body:
            if name := _type_name(node):
                defined[name.lstrip("_")].append(module.name)
    return {name: where for name, where in defined.items() if len(where) > 1}


def _type_name(node: ast.stmt) -> str | None:
    """Return the name that *node* gives to a class or a type alias."""
    if isinstance(node, ast.ClassDef):
        return node.name
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
        name = node.targets[0].id
        is_type = name.lstrip("_")[:1].isupper() and any(letter.islower() for letter in name)
        return name if is_type else None
    return None


def circles(found: list[Module]) -> list[list[str]]:
    """Return the groups of modules that import each other, imports for type checking included."""
    names = {module.name for module in found}
    imports = {module.name: _imports(module, names) for module in found}
    reached: dict[str, set[str]] = {}
    for name in names:
        todo, seen = list(imports[name]), set[str]()
        while todo:
            if (each := todo.pop()) not in seen:
                seen.add(each)
                todo += imports[each]
        reached[name] = seen
    groups = {frozenset(b for b in reached[a] if a in reached[b]) for a in names if a in reached[a]}
    return sorted(sorted(group) for group in groups)


def _imports(module: Module, names: set[str]) -> set[str]:
    imported: set[str] = set()
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            imported |= {
                full if (full := f"{node.module}.{alias.name}") in names else node.module for alias in node.names
            }
    return imported & names - {module.name}


@dataclass(slots=True)
class Flow:
    """The calls of one interaction, without those of the sandbox and of libraries."""

    calls: int = 0
    functions: set[Any] = field(default_factory=set)
    files: set[str] = field(default_factory=set)
    packages: set[str] = field(default_factory=set)
    moves: int = 0  # from one file to another
    outer_moves: int = 0  # from one package to another
    _last: str = ""

    def profile(self, frame: FrameType, event: str, _: object) -> None:
        """Count a call; a callback for `sys.setprofile`."""
        name = frame.f_globals.get("__name__", "")
        # A coroutine that continues after an await is not a new call: its RESUME instruction has an argument.
        if event != "call" or frame.f_code.co_code[frame.f_lasti + 1]:
            return
        if not name.startswith("bot.") or name.startswith("bot.sandbox"):
            return
        package = name.split(".")[1]
        self.calls += 1
        self.functions.add(frame.f_code)
        self.files.add(name)
        self.packages.add(package)
        if self._last and name != self._last:
            self.moves += 1
            self.outer_moves += package != self._last.split(".")[1]
        self._last = name


async def flows() -> dict[str, Flow]:
    """Run three interactions through the whole bot over HTTP, each measured alone."""
    from bot.app import running
    from bot.render.entry_slack import SHOW_DETAILS
    from bot.sandbox.http_server import Sandbox
    from bot.server import EVENTS_PATH
    from tests.scenarios.conftest import ANN, ENGLISH, free_port, manifest, settings_for

    measured: dict[str, Flow] = {}
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        async with Sandbox(manifest("http"), transport="http") as slack:
            settings = settings_for(slack, "http", Path(folder) / "bot.db", port=port)
            async with running(settings):
                slack.connect_app(f"http://127.0.0.1:{port}{EVENTS_PATH}")

                async def measure(name: str, act: Callable[[], Awaitable[Any]]) -> Any:
                    measured[name] = flow = Flow()
                    sys.setprofile(flow.profile)
                    try:
                        done = await act()
                        await slack.idle()
                    finally:
                        sys.setprofile(None)
                    return done

                async def say(text: str) -> Any:
                    message = await slack.say(ENGLISH, ANN, text)
                    if "600" in text:
                        await slack.until(lambda: slack.replies(ENGLISH, message["ts"]))
                    return message

                # Twice, because the first interactions also fill the caches.
                for code in (6000104, 6000106):
                    await measure("message without a code", partial(say, "good morning"))
                    message = await measure("message with one code", partial(say, f"failed, code: {code}"))
                    await measure("/zimerr 6000354", partial(slack.command, ENGLISH, ANN, "6000354"))
                    (reply,) = slack.replies(ENGLISH, message["ts"])
                    await measure("button: details", partial(slack.click, reply, SHOW_DETAILS, ANN))
    return measured


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, default=ROOT, help="another checkout, for comparison")
    parser.add_argument("--flows", action="store_true", help="run the bot and count hops (this checkout only)")
    chosen = parser.parse_args()
    found = modules(chosen.root)
    packages: dict[str, list[Module]] = defaultdict(list)
    for module in found:
        packages[module.package].append(module)
    print(f"{'package':<12}{'modules':>8}{'lines':>8}{'functions':>10}{'median':>7}{'longest':>8}{'documented':>11}")
    for name, members in [*sorted(packages.items()), ("all", found), ("product", _without_sandbox(found))]:
        functions = [function for module in members for function in module.functions()]
        lengths = [(node.end_lineno or node.lineno) - node.lineno + 1 for node in functions] or [0]
        documented = sum(ast.get_docstring(node) is not None for node in functions) / len(lengths)
        print(
            f"{name:<12}{len(members):>8}{sum(each.lines for each in members):>8}{len(functions):>10}"
            f"{statistics.median(lengths):>7.0f}{max(lengths):>8}{documented:>11.0%}"
        )
    print("\nnames used twice:", len(names_used_twice(found)))
    for name, where in sorted(names_used_twice(found).items()):
        print(f"  {name}: {', '.join(where)}")
    print("import circles:", len(circles(found)))
    for circle in circles(found):
        print(f"  {', '.join(circle)}")
    if chosen.flows:
        heads = ("calls", "functions", "files", "packages", "moves", "outer moves")
        print(f"\n{'flow':<26}" + "".join(f"{head:>12}" for head in heads))
        for name, flow in asyncio.run(flows()).items():
            counts = (
                flow.calls,
                len(flow.functions),
                len(flow.files),
                len(flow.packages),
                flow.moves,
                flow.outer_moves,
            )
            print(f"{name:<26}" + "".join(f"{count:>12}" for count in counts))


def _without_sandbox(found: list[Module]) -> list[Module]:
    return [module for module in found if module.package != "sandbox"]


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        main()
