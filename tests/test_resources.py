"""Locate the shipped files, and store their compiled form in the wheel or in the user's cache."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import platformdirs
import pytest

from bot import resources
from tests.deploy import distributions

ROOT = Path(__file__).parent.parent


class Source:
    """A source file, and a count of its compilations."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.builds = 0
        self.write("first")

    def write(self, text: str) -> None:
        """Change the file."""
        self.path.write_text(text)

    def compiled(self) -> bytes:
        """Return the file's compiled form, from the cache if possible."""
        return resources.compiled("text.json", [self.path], self._build)

    def _build(self) -> bytes:
        self.builds += 1
        return self.path.read_bytes().upper()


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Return the cache folder, which does not exist yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return platformdirs.user_cache_path("zimerr", appauthor=False)


@pytest.fixture
def source(tmp_path: Path) -> Source:
    """Return a source file."""
    return Source(tmp_path / "text.yaml")


def test_a_file_is_compiled_once_for_each_content(source: Source, cache: Path) -> None:
    """A usual start reads the cache; a change is never missed, and undoing it needs no compilation."""
    assert [source.compiled(), source.compiled()] == [b"FIRST", b"FIRST"]
    assert source.builds == 1
    source.write("later")
    assert [source.compiled(), source.compiled()] == [b"LATER", b"LATER"]
    assert source.builds == 2
    source.write("first")
    assert source.compiled() == b"FIRST"
    assert source.builds == 2
    assert len(list(cache.iterdir())) == 2


def test_a_renamed_file_is_another_source(source: Source, tmp_path: Path) -> None:
    """Names of files are part of the result: faults and sections have them."""
    source.compiled()
    source.path = source.path.rename(tmp_path / "renamed.yaml")
    source.compiled()
    assert source.builds == 2


def cut(path: Path) -> None:
    """Remove the last byte, as a full disk does."""
    path.write_bytes(path.read_bytes()[:-1])


def alter(path: Path) -> None:
    """Change one letter."""
    path.write_bytes(path.read_bytes().replace(b"FIRST", b"FIRSX"))


def empty(path: Path) -> None:
    """Remove the content."""
    path.write_bytes(b"")


def replace_by_folder(path: Path) -> None:
    """Make the file unreadable, for root too."""
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("damage", [cut, alter, empty, replace_by_folder])
def test_a_damaged_cache_is_rebuilt(source: Source, cache: Path, damage: Callable[[Path], None]) -> None:
    """The cache must never be the reason for a wrong answer or a failed start."""
    source.compiled()
    damage(next(cache.iterdir()))
    assert source.compiled() == b"FIRST"
    assert source.builds == 2
    assert len(list(cache.iterdir())) == 1


def test_the_cache_of_another_user_is_ignored(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    """XDG_CACHE_HOME may be a folder such as /tmp, in which others can write the bot's answers."""
    source.compiled()
    monkeypatch.setattr("os.geteuid", lambda: os.getuid() + 1)
    assert source.compiled() == b"FIRST"
    assert source.builds == 2


def test_a_folder_that_cannot_be_written_costs_only_time(source: Source, cache: Path) -> None:
    """Containers often have a read-only home."""
    cache.parent.write_text("this is no folder")
    assert [source.compiled(), source.compiled()] == [b"FIRST", b"FIRST"]
    assert source.builds == 2


def test_a_change_during_the_compilation_is_not_cached(source: Source) -> None:
    """An editor may save the file meanwhile: the result would be cached as that of the earlier content."""

    def build() -> bytes:
        source.write("later")
        return b"LATER"

    assert resources.compiled("text.json", [source.path], build) == b"LATER"
    source.write("first")
    assert source.compiled() == b"FIRST"


def test_a_file_that_is_removed_during_the_compilation_does_no_harm(source: Source, cache: Path) -> None:
    """The start must not fail because of the cache."""

    def build() -> bytes:
        source.path.unlink()
        return b"FIRST"

    assert resources.compiled("text.json", [source.path], build) == b"FIRST"
    assert not cache.exists()


def test_only_the_newest_versions_are_kept(source: Source, cache: Path) -> None:
    """Each edit of a file makes a new version; the cache must not grow without bound."""
    (cache / "unrelated").mkdir(parents=True)
    for number in range(20):
        source.write(f"version {number}")
        source.compiled()
    assert len(list(cache.glob("text-*.json"))) == 16
    assert len(list(cache.iterdir())) == 17


# Runs `zimerr` and prints which of some modules it imported.
_RUN = """
import sys
sys.argv = ["zimerr", *sys.argv[1:]]
from bot.__main__ import main
try:
    main()
finally:
    slow = {"asyncio", "babel", "hashlib", "pydantic", "rapidfuzz", "rich", "snowballstemmer", "yaml"}
    print(sorted(slow & set(sys.modules)), file=sys.stderr)
"""


def zimerr(package: Path, *arguments: str) -> tuple[str, str]:
    """Run `zimerr` with the package in that folder; return its output and the slow modules that it imported."""
    environment = os.environ | {"PYTHONPATH": str(package)}
    run = subprocess.run(
        [sys.executable, "-c", _RUN, *arguments],
        cwd=package.parent,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return run.stdout, run.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("arguments", "slow"),
    [
        (("6000354", "--lang", "en"), "['rich']"),
        (("6000354", "--lang", "zh"), "['rich']"),
        (("6000354", "--json"), "[]"),
        (("NetworkModuleTokenExpired", "--json"), "[]"),
    ],
)
def test_explain_imports_no_slow_module(arguments: tuple[str, ...], slow: str) -> None:
    """Importing one of them takes up to four times as long as starting Python."""
    zimerr(ROOT, "explain", *arguments)  # fills the cache
    shown, imported = zimerr(ROOT, "explain", *arguments)
    assert arguments[0] in shown
    assert imported == slow


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder to which the wheel is unpacked."""
    folder = tmp_path_factory.mktemp("build")
    _, wheel = distributions.build(folder)
    with zipfile.ZipFile(wheel) as content:
        content.extractall(folder / "site")
    return folder / "site"


def test_an_installed_bot_reads_yaml_for_a_changed_overlay_only(installed: Path, tmp_path: Path, cache: Path) -> None:
    """The wheel contains all data compiled, and needs a cache for the operator's entries only."""
    shown, imported = zimerr(installed, "explain", "6000354", "--lang", "en")
    assert "setRoomMembersAttributes" in shown
    assert imported == "['rich']"
    log = tmp_path / "app.log"
    log.write_text("errorCode: 6000106\n")
    shown, imported = zimerr(installed, "scan", str(log), "--lang", "en")
    assert "6000106" in shown
    assert "yaml" not in imported
    assert "catalogue: 205 codes" in zimerr(installed, "check", "--offline")[0]
    assert not cache.exists()

    overlay = tmp_path / "own"
    overlay.mkdir()
    shutil.copy(resources.DATA / "codes" / "reaction.yaml", overlay)
    for is_changed in (True, False):
        shown, imported = zimerr(installed, "explain", "6000280", "--overlay", str(overlay), "--json")
        assert '"status": "overlay"' in shown
        assert ("yaml" in imported) == is_changed
    assert [path.suffix for path in cache.iterdir()] == [".jsonl"]
