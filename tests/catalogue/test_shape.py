"""Describe data files as dataclasses, and build these from plain data."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from bot.catalogue import loader
from bot.catalogue.catalogue import CODES_FOLDER, Catalogue
from bot.catalogue.entry import Actor
from bot.catalogue.shape import FORMAT


def test_compiled_sections_equal_the_validated_ones(catalogue: Catalogue) -> None:
    """Compiling must lose nothing, not even the type of a value."""
    assert repr(catalogue.sections) == repr(loader.sections(CODES_FOLDER))
    entry = catalogue[6000106]
    assert isinstance(entry.actor, Actor)
    assert isinstance(entry.sources, tuple)


def test_entries_cannot_be_changed(catalogue: Catalogue) -> None:
    """All answers share them."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        catalogue[6000106].code = 1  # type: ignore[misc]  # the test's point
    assert not hasattr(catalogue[6000106], "__dict__")


def test_the_format_names_existing_modules() -> None:
    """A changed module must invalidate the cache."""
    assert all(path.is_file() for path in FORMAT)
    assert Path(loader.__file__) in FORMAT
