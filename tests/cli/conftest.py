"""Fixtures for the tests of commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.settings import Settings
from tests import migrated


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Run each command in an empty folder, without settings, with a database of its own."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'zimerr.db'}")


@pytest.fixture
def database_file(tmp_path: Path) -> Path:
    """The configured SQLite database, with the bot's tables and no rows."""
    path = tmp_path / "zimerr.db"
    migrated.create(path)
    return path
