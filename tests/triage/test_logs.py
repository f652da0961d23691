"""Test whole logs, as the SDK and its platforms write them, against the triage of an experienced engineer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.triage.digest import CodeRow, Digest, Mark
from tests.triage.feed import triage_of

LOGS = Path(__file__).parent / "logs"
EXPECTED = sorted(LOGS.glob("*.expected.yaml"))


def logs_of(expected: Path) -> dict[str, bytes]:
    """Return the log beside *expected*, or the files of its folder, by name."""
    name = expected.name.removesuffix(".expected.yaml")
    folder = LOGS / name
    paths = (
        sorted(folder.iterdir()) if folder.is_dir() else [each for each in LOGS.glob(f"{name}.*") if each != expected]
    )
    return {path.name: path.read_bytes() for path in paths}


def as_data(digest: Digest) -> dict[str, Any]:
    """Convert a digest to the form of the expected files."""
    metadata = digest.metadata
    return {
        "cause": digest.cause,
        "cause_event": digest.cause_event,
        "family": digest.family,
        "share": digest.share and round(digest.share, 2),
        "affected": [digest.affected.count, digest.affected.is_partial],
        "events": [[str(each.name), each.count, _mark(each.first), _mark(each.last)] for each in digest.events],
        "pattern": digest.pattern,
        "is_ongoing": digest.is_ongoing,
        "codes": [{**_row(row), "role": row.role, "follows": row.follows} for row in digest.rows],
        "unknown": [_row(row) for row in digest.unknown],
        "evidence": [
            {"code": each.sign, "file": each.file, "line": each.line, "first_line": each.first_line}
            | {"lines": list(each.lines)}
            for each in digest.excerpts
        ],
        "metadata": {
            "sdk_versions": list(metadata.sdk_versions),
            "platforms": list(metadata.platforms),
            "app_ids": list(metadata.app_ids),
            "first": metadata.first and metadata.first.text,
            "last": metadata.last and metadata.last.text,
            "zones": list(metadata.zones),
        },
        "hidden": {str(kind): count for kind, count in digest.hidden.items()},
        "secrets": [[str(each.kind), each.file, each.line] for each in digest.secrets],
        "lookalikes": {str(reason): count for reason, count in digest.lookalikes.items()},
    }


def _row(row: CodeRow) -> dict[str, Any]:
    return {
        "code": row.code,
        "count": row.count,
        "first": _mark(row.first),
        "last": _mark(row.last),
        "users": row.users,
    }


def _mark(mark: Mark) -> list[Any]:
    return [mark.file, mark.line, mark.stamp and mark.stamp.text]


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda path: path.name.split(".")[0])
def test_a_log_becomes_the_triage_that_an_engineer_would_write(expected: Path) -> None:
    """The on-call engineer acts on this; a wrong cause costs the night."""
    digest = triage_of(logs_of(expected))
    assert as_data(digest) == yaml.safe_load(expected.read_text(encoding="utf-8"))
    assert all(sum(row.timeline) == row.count for row in (*digest.rows, *digest.unknown))


def test_there_are_logs_of_at_least_eight_kinds() -> None:
    """If the glob matched no file, nothing would be tested."""
    assert len(EXPECTED) >= 8


@pytest.mark.parametrize("length", [2_000, 5_000, 9_000, 20_000, 70_000, 200_000])
@pytest.mark.parametrize("where", ["before", "behind"])
def test_a_token_in_a_line_of_any_length_is_not_shown(length: int, where: str) -> None:
    """A long line is cut, and redaction does not recognise part of a token."""
    token, code = f'"token":"04{"AbCd1234" * 80}"', '"errorCode":6000106'
    parts = (token, code) if where == "before" else (code, token)
    line = f'{{"data":"{"y " * (length // 2)}",{parts[0]},{parts[1]},"more":"{"z " * 2000}"}}'
    digest = triage_of({"zim.json": f"{line}\n"})
    (window,) = digest.excerpts
    assert "6000106" in window.lines[0]
    assert "AbCd1234" not in window.lines[0]
