"""Open the YAML files whose content is one dataclass."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from bot import resources
from bot.catalogue import loader
from bot.catalogue.data_file import compile_file
from bot.catalogue.glossary import Glossary, open_glossary
from bot.catalogue.numbers import KnownNumbers, open_numbers
from bot.catalogue.platforms import Platforms, open_platforms
from bot.catalogue.shape import from_plain
from bot.triage.cascades import Cascades, open_cascades


@pytest.mark.parametrize(
    ("name", "kind", "open_content"),
    [
        ("cascades", Cascades, open_cascades),
        ("glossary", Glossary, open_glossary),
        ("numbers", KnownNumbers, open_numbers),
        ("platforms", Platforms, open_platforms),
    ],
)
def test_compiled_content_equals_the_validated_one(
    name: str, kind: type[object], open_content: Callable[[], object]
) -> None:
    """Compiling must lose nothing, not even the type of a value."""
    compiled = from_plain(kind, json.loads(compile_file(name, kind)))
    validated = loader.validated(resources.DATA / f"{name}.yaml", kind)
    assert repr(compiled) == repr(open_content()) == repr(validated)
