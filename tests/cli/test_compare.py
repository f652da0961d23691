"""Tests for `zimerr check --sdk`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from bot.catalogue.catalogue import CODES_FOLDER, Catalogue
from bot.cli.main import commands


def check(path: Path) -> Result:
    """Run `zimerr check --sdk` with a file."""
    return CliRunner().invoke(commands, ["check", "--sdk", str(path)])


@pytest.fixture
def web_enum(catalogue: Catalogue) -> dict[int, str]:
    """Return the names that the Web SDK has for its codes."""
    return {entry.code: entry.symbols.web for entry in catalogue if entry.symbols.web}


def written(folder: Path, names: dict[int, str], encoding: str = "utf-8") -> Path:
    """Write an enum to a file."""
    lines = "".join(f"    {name} = {code},\r\n" for code, name in names.items())
    path = folder / "ZIMErrorCode.d.ts"
    path.write_bytes(f"export declare enum ZIMErrorCode {{\r\n{lines}}}\r\n".encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_equal_codes_and_names_succeed(tmp_path: Path, web_enum: dict[int, str], encoding: str) -> None:
    """Nothing is to be done, in whatever encoding the SDK's authors save their files."""
    result = check(written(tmp_path, web_enum, encoding))
    assert result.output == (
        f"ZIMErrorCode.d.ts: {len(web_enum) - 2} codes, named as in the SDK for Web\n"
        "The catalogue has all of them, with these names.\n"
    )
    assert result.exit_code == 0


def test_each_difference_is_listed(tmp_path: Path, web_enum: dict[int, str]) -> None:
    """The maintainer of the catalogue sees which codes to add, check and rename."""
    del web_enum[6000301]
    result = check(written(tmp_path, web_enum | {6000358: "RoomModuleNews", 6000106: "NetworkModuleTokenTooOld"}))
    assert result.exit_code == 1
    assert result.output.splitlines()[1:] == [
        "New, not in the catalogue: 1",
        "  6000358  RoomModuleNews",
        "In the catalogue, but not in the file: 1",
        "  6000301  RoomModuleCommonError",
        "Other names: 1",
        "  6000106  NetworkModuleTokenTooOld, in the catalogue NetworkModuleTokenExpired",
    ]


def test_own_codes_are_known(tmp_path: Path, web_enum: dict[int, str]) -> None:
    """A code that the operator has added already is not new."""
    section = yaml.safe_load((CODES_FOLDER / "push.yaml").read_text(encoding="utf-8"))
    section["codes"] = [section["codes"][0] | {"code": 6000499, "retry": "no", "symbols": {"web": "PushNews"}}]
    own = tmp_path / "own"
    own.mkdir()
    (own / "push.yaml").write_text(yaml.safe_dump(section), encoding="utf-8")
    path = written(tmp_path, web_enum | {6000499: "PushNews"})
    assert "6000499" in check(path).output
    result = CliRunner().invoke(commands, ["check", "--sdk", str(path), "--overlay", str(own)])
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "defines no ZIM error codes"),
        (b"export declare enum Other { A = 1, B = 2 }", "defines no ZIM error codes"),
        (b"6000106 " * 300_000, "defines no ZIM error codes"),
        (b"a" * 3_000_000, "defines no ZIM error codes"),
        (b"/* " * 1_000_000, "defines no ZIM error codes"),
        (b"#define " * 300_000, "defines no ZIM error codes"),
        (b"a \t" * 1_000_000, "defines no ZIM error codes"),
        (b"var aa=6000101,bb=6000102;", "none of their names: it may be compiled"),
        (bytes(range(256)) * 100, "is a binary file or an archive"),
        (b"\x1f\x8b\x08" + b"\0" * 100, "is a binary file or an archive"),
    ],
)
def test_a_file_without_an_enum_is_explained(tmp_path: Path, content: bytes, reason: str) -> None:
    """The reader learns which file to name instead."""
    path = tmp_path / "file"
    path.write_bytes(content)
    result = check(path)
    assert result.exit_code == 2
    assert f"{path} " in result.stderr
    assert reason in result.stderr
    assert "ZIMErrorCode.d.ts" in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_file_that_can_not_be_read_is_explained(tmp_path: Path) -> None:
    """No traceback, no wait, and no reading of huge files."""
    huge = tmp_path / "huge"
    with huge.open("wb") as file:
        file.truncate(100_000_000)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path, reason in (
        (huge, "is larger than 16 MB"),
        (pipe, "is not a file"),
        (tmp_path, "is a folder"),
        (tmp_path / "missing", "does not exist"),
    ):
        result = check(path)
        assert (result.exit_code, reason in result.stderr) == (2, True), path
