"""Describe entries as JSON for programs. Their keys are public: `explain --json`, `export` and `mcp` share them.

`entry_schema` makes the JSON Schema of these objects from the models of the catalogue.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

from bot import i18n
from bot.catalogue.catalogue import Catalogue
from bot.catalogue.entry import Entry, Links, Steps, Text
from bot.i18n import Language

if TYPE_CHECKING:
    from bot.catalogue.platforms import Platform

Pick = Callable[[Any], Any]  # returns the text, the URL or the steps in the chosen language, or in several
Schema = dict[str, Any]

ONE_LANGUAGE: Mapping[str, Schema] = {  # of the types that `Pick` selects from
    "Text": {"type": "string"},
    "Links": {"type": "string"},
    "Steps": {"type": "array", "items": {"type": "string"}},
}
# Objects that leave out the facts that they lack, with the facts that they always have.
_OPTIONAL: Mapping[str, Sequence[str]] = {
    "Limit": ["what", "value", "unit", "bound", "default", "origin"],
    "Symbols": [],
}


def as_object(
    entry: Entry, catalogue: Catalogue, language: Language, platform: Platform | None = None
) -> dict[str, Any]:
    """Return *entry* as a JSON object: its texts in *language*, its facts as in the catalogue.

    The page is that of *platform*.
    """
    facts = entry_facts(entry, catalogue, i18n.words(language).pick, platform)
    return {"code": entry.code, "language": language, "section": catalogue.section_of(entry).section} | facts


def entry_facts(entry: Entry, catalogue: Catalogue, pick: Pick, platform: Platform | None = None) -> dict[str, Any]:
    """Return all facts of *entry* except its search terms; *pick* selects the language of its texts."""
    facts: dict[str, Any] = _as_json(entry, pick) | {"docs": pick(catalogue.links_of(entry, platform))}
    del facts["keywords"]
    return facts


def _as_json(value: Any, pick: Pick) -> Any:
    """Convert a value of the catalogue to plain JSON."""
    if isinstance(value, Text | Links | Steps):
        return pick(value)
    if isinstance(value, tuple):
        return [_as_json(item, pick) for item in value]
    if not is_dataclass(value):
        return value
    found = {field.name: _as_json(getattr(value, field.name), pick) for field in fields(value)}
    if type(value).__name__ in _OPTIONAL:
        # The value of a limit is null if there is no bound.
        return {name: fact for name, fact in found.items() if fact is not None or name == "value"}
    return found


def entry_schema() -> Schema:
    """Return the JSON Schema of `as_object`, with its definitions in `$defs`."""
    schema = schema_of(Entry, ONE_LANGUAGE)
    head = {"code": {"type": "integer"}, "language": {"enum": list(Language)}, "section": {"type": "string"}}
    schema["properties"] = head | entry_properties(schema)
    schema["required"] = list(schema["properties"])
    return schema


def entry_properties(schema: Schema) -> Schema:
    """Return the properties of `entry_facts`, from the schema of `Entry`."""
    properties = {name: each for name, each in schema["properties"].items() if name != "keywords"}
    return properties | {"docs": {"$ref": "#/$defs/Links"}}


def schema_of(kind: Any, replaced: Mapping[str, Schema], optional: Collection[str] = ()) -> Schema:
    """Return the JSON Schema of *kind* as it is written; *replaced* has the definitions that differ, by name.

    All keys are required, except *optional* ones and those of `_OPTIONAL` objects.
    """
    from pydantic import TypeAdapter  # slow to import, and most commands need no schema

    schema: Schema = TypeAdapter(kind).json_schema(mode="serialization")
    definitions = schema.setdefault("$defs", {})
    definitions.pop("Words", None)  # of the search terms
    for name, each in (*definitions.items(), (schema.get("title"), schema)):
        each.pop("title", None)  # the name again
        if "properties" in each:
            always = _OPTIONAL.get(name or "", each["properties"])
            each["required"] = [key for key in always if key not in optional]
            for fact in each["properties"].values():
                fact.pop("default", None)
                fact.pop("title", None)
    definitions |= {name: each for name, each in replaced.items() if name in definitions}
    return schema
