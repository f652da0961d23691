"""Read and validate the YAML files of the catalogue, and compile them to JSON.

Every fault is collected and reported with its file and line, so that one run shows all of them. Only a changed file
needs this module: `bot.resources` stores the JSON, so a usual start imports neither PyYAML nor pydantic.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import yaml
from pydantic import TypeAdapter, ValidationError

from bot.catalogue.entry import EntryStatus, Section
from bot.errors import CatalogueError

Shaped = TypeVar("Shaped")

_Base: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):  # type: ignore[misc,valid-type]  # the C loader has the same interface
    """Read YAML as editors do: with the booleans of YAML 1.2, and refusing duplicate keys."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Any] = set()
        for key, _ in node.value:
            if key.value in seen:
                problem = f"the key {key.value!r} appears twice; keep one"
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
            seen.add(key.value)
        mapping: dict[Hashable, Any] = super().construct_mapping(node, deep)
        return mapping


# YAML 1.1 reads a bare `no` as False; our vocabulary has `retry: no`.
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool" or first in "tTfF"]
    for first, resolvers in _Base.yaml_implicit_resolvers.items()
}

_ADVICE = {  # by pydantic's error type, where its own message does not say what to do
    "missing": "is missing; add it",
    "unexpected_keyword_argument": "is not a field; remove it or correct its spelling (see data/README.md)",
}


def read(path: Path) -> Any:
    """Return the content of one YAML file. Raises CatalogueError, which names file and line."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - a SafeLoader
    except UnicodeDecodeError as error:
        raise CatalogueError([f"{path.name}: is not UTF-8 text ({error.reason}); save it as UTF-8"]) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        problem = getattr(error, "problem", None) or str(error)
        raise CatalogueError([f"{path.name}:{line}: {problem}"]) from error


def validated(path: Path, kind: type[Shaped]) -> Shaped:
    """Return the content of one YAML file as the dataclass *kind*. Raises CatalogueError with all its faults."""
    content = read(path)
    try:
        return cast(Shaped, _adapter(cast(Any, kind)).validate_python(content))
    except ValidationError as error:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
        faults = [f"{path.name}:{_line(root, fault['loc'])}: {_explained(fault, content)}" for fault in error.errors()]
        raise CatalogueError(faults) from error


def compiled(value: object, kind: Any) -> bytes:
    """Return a dataclass as JSON without the fields that have their default, for `from_plain`."""
    return _adapter(kind).dump_json(value, exclude_defaults=True)


def json_schema() -> str:
    """Return the JSON Schema of a section file, for editors."""
    return json.dumps(_adapter(Section).json_schema(), indent=2, ensure_ascii=False) + "\n"


def sections(folder: Path, overlay: Path | None = None) -> tuple[Section, ...]:
    """Return the sections of *folder*, sorted by their lowest code, with the operator's entries of *overlay*.

    Raises CatalogueError with all faults in the files of both folders.
    """
    faults: list[str] = []
    layers = [_sections(each, faults) for each in (folder, overlay) if each]
    if faults:
        raise CatalogueError(list(dict.fromkeys(faults)))
    return _overlaid(*layers) if overlay else layers[0]


def _sections(folder: Path, faults: list[str]) -> tuple[Section, ...]:
    found: list[Section] = []
    seen: dict[int, str] = {}
    for path in sorted(folder.glob("*.yaml")):
        try:
            found.append(validated(path, Section))
        except CatalogueError as error:
            faults += error.faults
            continue
        codes = [entry.code for entry in found[-1].codes]
        for code in codes:
            first = seen.setdefault(code, path.name)
            if first != path.name or codes.count(code) > 1:
                faults.append(f"{path.name}: code {code}: appears twice (also in {first}); keep one")
    return tuple(sorted(found, key=lambda each: min((entry.code for entry in each.codes), default=0)))


def _overlaid(base: Sequence[Section], overlay: Sequence[Section]) -> tuple[Section, ...]:
    """Replace known codes in their own section, and add the others to the section that the overlay names."""
    # Readers must see that an entry is not the vendor's, whatever status its file gives it.
    own = {entry.code: replace(entry, status=EntryStatus.OVERLAY) for section in overlay for entry in section.codes}
    known = {entry.code for section in base for entry in section.codes}
    added = {
        section.section: [own[entry.code] for entry in section.codes if entry.code not in known] for section in overlay
    }
    merged = [
        (section, [own.get(entry.code, entry) for entry in section.codes] + added.pop(section.section, []))
        for section in base
    ]
    merged += [
        (section, [own[entry.code] for entry in section.codes]) for section in overlay if added.get(section.section)
    ]
    return tuple(
        replace(section, codes=tuple(sorted(entries, key=lambda entry: entry.code))) for section, entries in merged
    )


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _line(node: yaml.Node | None, loc: Iterable[int | str]) -> int:
    """Return the line, from 1, of the place that a pydantic error location names."""
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
    """Return an error of pydantic's in words: the entry, the field, and how to correct it."""
    loc = fault["loc"]
    place = ".".join(str(step) for step in loc)
    if len(loc) > 1 and loc[0] == "codes" and isinstance(loc[1], int):
        entry = content["codes"][loc[1]]
        code = entry.get("code", f"number {loc[1] + 1}") if isinstance(entry, dict) else f"number {loc[1] + 1}"
        place = f"code {code}, " + (".".join(str(step) for step in loc[2:]) or "entry")
    return f"{place}: {_ADVICE.get(fault['type'], '') or fault['msg']}"
