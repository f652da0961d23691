"""Read and validate the catalogue's files.

Every mistake is collected and reported with its file and line, so that one run shows all of them.
What an entry may hold is `entry`'s; here is only how files become sections, and what must hold between them.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from bot.catalogue.entry import Section
from bot.errors import CatalogueError

Model = TypeVar("Model", bound=BaseModel)

_Base: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):  # type: ignore[misc,valid-type]  # the C loader has the same interface
    """YAML as editors read it: 1.2's booleans, and no key twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Any] = set()
        for key, _ in node.value:
            if key.value in seen:
                problem = f"the key {key.value!r} stands here twice; keep one"
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
            seen.add(key.value)
        mapping: dict[Hashable, Any] = super().construct_mapping(node, deep)
        return mapping


# YAML 1.1 reads a bare `no` as False; our vocabulary has `retry: no`.
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool" or first in "tTfF"]
    for first, resolvers in _Base.yaml_implicit_resolvers.items()
}


def read(path: Path) -> Any:
    """The content of one YAML file; raises CatalogueError naming file and line."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - a SafeLoader
    except UnicodeDecodeError as error:
        raise CatalogueError([f"{path.name}: is not UTF-8 text ({error.reason}); save it as UTF-8"]) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        problem = getattr(error, "problem", None) or str(error)
        raise CatalogueError([f"{path.name}:{line}: {problem}"]) from error


def section(path: Path) -> Section:
    """The section in one file; raises CatalogueError with every mistake in it."""
    return validated(path, Section)


def validated(path: Path, model: type[Model]) -> Model:
    """The content of one YAML file as *model*; raises CatalogueError with every mistake in it."""
    content = read(path)
    try:
        return model.model_validate(content)
    except ValidationError as error:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
        faults = [f"{path.name}:{_line(root, fault['loc'])}: {_explained(fault, content)}" for fault in error.errors()]
        raise CatalogueError(faults) from error


def json_schema() -> str:
    """The JSON Schema of a section file, for editors."""
    return json.dumps(Section.model_json_schema(), indent=2, ensure_ascii=False) + "\n"


def sections(folder: Path) -> tuple[Section, ...]:
    """All sections in a folder, by their lowest code; raises CatalogueError with every mistake in all files."""
    found: list[Section] = []
    faults: list[str] = []
    seen: dict[int, str] = {}
    for path in sorted(folder.glob("*.yaml")):
        try:
            found.append(section(path))
        except CatalogueError as error:
            faults += error.faults
            continue
        for entry in found[-1].codes:
            first = seen.setdefault(entry.code, path.name)
            if first != path.name or [each.code for each in found[-1].codes].count(entry.code) > 1:
                faults.append(f"{path.name}: code {entry.code}: stands twice (also in {first}); keep one")
    if faults:
        raise CatalogueError(list(dict.fromkeys(faults)))
    return tuple(sorted(found, key=lambda each: min((entry.code for entry in each.codes), default=0)))


def _line(node: yaml.Node | None, loc: Iterable[int | str]) -> int:
    """The line, from 1, of the place that a pydantic error location names."""
    line = 1
    for step in loc:
        if node is None:
            break
        if isinstance(node, yaml.MappingNode):
            pair = next(((key, value) for key, value in node.value if key.value == step), None)
            if pair is None:
                break
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
        else:
            break
    return line


def _explained(fault: Any, content: Any) -> str:
    """What is wrong in words: which entry, which field, what would be right."""
    loc = fault["loc"]
    place = ".".join(str(step) for step in loc)
    if len(loc) > 1 and loc[0] == "codes" and isinstance(loc[1], int):
        entry = content["codes"][loc[1]]
        code = entry.get("code", f"number {loc[1] + 1}") if isinstance(entry, dict) else f"number {loc[1] + 1}"
        place = f"code {code}, " + (".".join(str(step) for step in loc[2:]) or "entry")
    return f"{place}: {_RIGHT.get(fault['type'], '') or fault['msg']}"


_RIGHT = {
    "missing": "is missing; add it",
    "extra_forbidden": "is no field of an entry; remove it or mend its spelling (data/README.md lists the fields)",
}
