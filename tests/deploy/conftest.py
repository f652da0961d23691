"""Fixtures for the tests of the distributions and of the files in `deploy/`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.deploy import distributions


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return the source distribution and the wheel."""
    return distributions.build(tmp_path_factory.mktemp("dist"))


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """Return an empty folder in place of /var/lib/zimerr."""
    folder = tmp_path / "state"
    folder.mkdir()
    return folder
