"""Read and validate the YAML files of the catalogue, and compile them to JSON.

One run reports every fault with its file and line. Import this module inside functions only: `bot.resources` stores the
JSON, and a start that reads it needs neither PyYAML nor pydantic.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import yaml
from pydantic import TypeAdapter, ValidationError

from bot.catalogue.entry import Entry, EntryStatus, Section
from bot.errors import CatalogueError

Shaped = TypeVar("Shaped")

_Base: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):  # type: ignore[misc,valid-type]  # the C loader has the same interface
    """Read YAML with the booleans of YAML 1.2, and refuse duplicate keys."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: list[Any] = []  # a key may be a list, which `super` refuses
        for key, _ in node.value:
            if key.value in seen:
                problem = f"the key {key.value!r} appears twice; keep one"
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
            seen.append(key.value)
        mapping: dict[Hashable, Any] = super().construct_mapping(node, deep)
        return mapping


# YAML 1.1 reads a bare `no` as False; our vocabulary has `retry: no`.
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool" or first in "tTfF"]
    for first, resolvers in _Base.yaml_implicit_resolvers.items()
}

_ADVICE = {  # by type of a pydantic error whose message gives no advice
    "missing": "is missing; add it",
    "unexpected_keyword_argument": "is not a field; remove it or correct its spelling (see data/README.md)",
}


def read(path: Path) -> Any:
    """Return the content of one YAML file. Raises CatalogueError, which names file and line."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - a SafeLoader
    except UnicodeDecodeError as error:
        raise CatalogueError(f"{path.name}: is not UTF-8 text ({error.reason}); save it as UTF-8") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        problem = getattr(error, "problem", None) or str(error)
        raise CatalogueError(f"{path.name}:{line}: {problem}") from error


def validated(path: Path, kind: type[Shaped]) -> Shaped:
    """Return the content of one YAML file as the dataclass *kind*. Raises CatalogueError with all its faults."""
    content = read(path)
    try:
        return cast(Shaped, _adapter(cast(Any, kind)).validate_python(content))
    except ValidationError as error:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
        faults = [f"{path.name}:{_line(root, fault['loc'])}: {_explained(fault, content)}" for fault in error.errors()]
        raise CatalogueError(*faults) from error


def compiled(value: object) -> bytes:
    """Return a dataclass as JSON for `from_plain`, without the fields that have their default."""
    return _adapter(cast(Any, type(value))).dump_json(value, exclude_defaults=True)


def json_schema() -> str:
    """Return the JSON Schema of a section file, for editors."""
    return json.dumps(_adapter(Section).json_schema(), indent=2, ensure_ascii=False) + "\n"


def sections(folder: Path, overlay: Path | None = None) -> tuple[Section, ...]:
    """Return the sections of *folder*, sorted by their lowest code, with the operator's entries of *overlay*.

    A known code is replaced in its own section. The others join the section that the overlay names. Raises
    CatalogueError with all faults in the files of both folders.
    """
    faults: list[str] = []
    base = _files(folder, faults)
    added = _files(overlay, faults) if overlay else []
    if faults:
        raise CatalogueError(*dict.fromkeys(faults))
    entries = {entry.code: entry for section in base for entry in section.codes}
    # Readers must see that an entry is not the vendor's, whatever status its file gives it.
    entries |= {entry.code: replace(entry, status=EntryStatus.OVERLAY) for section in added for entry in section.codes}
    if faults := _shared_server_codes(entries.values()):
        raise CatalogueError(*faults)
    heads = {section.section: section for section in (*added, *base)}
    owners = {entry.code: section.section for section in (*added, *base) for entry in section.codes}
    codes: dict[str, list[Entry]] = {}
    for code in sorted(entries):
        codes.setdefault(owners[code], []).append(entries[code])
    return tuple(replace(heads[name], codes=tuple(found)) for name, found in codes.items())


def _files(folder: Path, faults: list[str]) -> list[Section]:
    """Read all section files of *folder*, and add their mistakes to *faults*."""
    found: list[Section] = []
    seen: dict[int, str] = {}
    for path in sorted(folder.glob("*.yaml")):
        try:
            found.append(validated(path, Section))
        except CatalogueError as error:
            faults += error.faults
            continue
        for entry in found[-1].codes:
            if entry.code in seen:
                faults.append(f"{path.name}: code {entry.code}: appears twice (also in {seen[entry.code]}); keep one")
            seen.setdefault(entry.code, path.name)
    return found


def _shared_server_codes(entries: Iterable[Entry]) -> list[str]:
    """Return a fault for each server code of two entries: the SDK makes one code of it."""
    owners: dict[int, int] = {}
    pairs = ((number, entry.code) for entry in entries for number in entry.server_codes)
    return [
        f"code {code}: the server code {number} also belongs to {owner}; keep it in one"
        for number, code in pairs
        if (owner := owners.setdefault(number, code)) != code
    ]


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _line(node: yaml.Node | None, loc: Iterable[int | str]) -> int:
    """Return the line (1-based) of the location of a pydantic error."""
    line = 1
    for step in loc:
        children: dict[int | str, tuple[yaml.Node, yaml.Node]] = {}
        if isinstance(node, yaml.MappingNode):
            children = {key.value: (key, value) for key, value in node.value}
        elif isinstance(node, yaml.SequenceNode):
            children = {number: (item, item) for number, item in enumerate(node.value)}
        if step not in children:
            break
        start, node = children[step]
        line = start.start_mark.line + 1
    return line


def _explained(fault: Any, content: Any) -> str:
    """Describe a pydantic error by the entry, the field, and how to correct it."""
    loc = fault["loc"]
    place = ".".join(str(step) for step in loc)
    if len(loc) > 1 and loc[0] == "codes" and isinstance(loc[1], int):
        entry, number = content["codes"][loc[1]], f"number {loc[1] + 1}"
        code = entry.get("code", number) if isinstance(entry, dict) else number
        place = f"code {code}, " + (".".join(str(step) for step in loc[2:]) or "entry")
    return f"{place}: {_ADVICE.get(fault['type'], '') or fault['msg']}"
