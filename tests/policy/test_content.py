"""Read the content of a message, and whether it is a log."""

from __future__ import annotations

from typing import Any

import pytest

from bot.catalogue.catalogue import Catalogue
from bot.detection.slack_text import passages
from bot.policy.content import MessageContent, is_log, log_files, read_content, worth_mentioning
from bot.policy.noise_rules import Sighting
from bot.triage.digest import FileRefused, Refusal

LINES = "\n".join(f"line {number}" for number in range(20))


def seen(*codes: int, quoted: bool = False) -> list[Sighting]:
    """Return sightings of codes."""
    return [Sighting(code, quoted, "") for code in codes]


@pytest.mark.parametrize(
    ("text", "sightings", "expected"),
    [
        ("6000106", seen(6000106), False),
        ("three", seen(6000103, 6000104, 6000106, 6000106), False),
        ("four", seen(6000103, 6000104, 6000106, 6000121), True),
        ("four, one of them quoted", [*seen(6000103, 6000104, 6000106), *seen(6000121, quoted=True)], False),
        (LINES, seen(), False),
        (LINES, seen(6000106), True),
        (f"```\n{LINES}\n```", seen(6000106), True),
        ("\n".join(LINES.split("\n")[:15]), seen(6000106), False),
        (LINES.replace("line", "> line"), seen(6000106, quoted=True), False),
        ("my own 6000106\n" + LINES.replace("line", "&gt; line"), seen(6000106), False),
    ],
)
def test_many_codes_or_many_lines_make_a_log(text: str, sightings: list[Sighting], expected: bool) -> None:
    """Three codes in a sentence are explained one by one."""
    assert is_log({"text": text}, MessageContent(passages({"text": text}), tuple(sightings))) is expected


@pytest.mark.parametrize(
    ("described", "expected"),
    [
        ({"mimetype": "text/plain", "filetype": "text"}, True),
        ({"mimetype": "application/json", "filetype": "json"}, True),
        ({"mimetype": "application/zip", "filetype": "zip"}, True),
        ({"mimetype": "application/octet-stream", "filetype": "binary"}, True),
        ({"file_access": "check_file_info"}, True),
        ({"mimetype": "image/png", "filetype": "png"}, False),
        ({"mimetype": "video/mp4", "filetype": "mp4"}, False),
        ({"mimetype": "application/pdf", "filetype": "pdf"}, False),
        ({"mimetype": "application/vnd.openxmlformats-officedocument.wordprocessingml.document"}, False),
        ({"mimetype": "application/vnd.slack-docs", "filetype": "quip"}, False),
        ({"mode": "tombstone"}, False),
        ({"mode": "hidden_by_limit"}, False),
    ],
)
def test_pictures_and_documents_are_not_logs(described: dict[str, Any], expected: bool) -> None:
    """Downloading them would be a waste."""
    files = [{"id": "F1", **described}, {"id": "F1", **described}]
    assert log_files({"files": files}) == (("F1",) if expected else ())


@pytest.mark.parametrize("message", [{}, {"files": None}, {"files": ["F1", {"name": "x"}]}])
def test_messages_without_files_have_none(message: dict[str, Any]) -> None:
    """Most have none, and some of Slack's descriptions of files are odd."""
    assert log_files(message) == ()


@pytest.mark.parametrize(
    ("name", "reason", "expected"),
    [
        ("zim.log", Refusal.BINARY, True),
        ("ZIM.LOG.2", Refusal.GONE, True),
        ("support.zip", Refusal.ENCRYPTED, True),
        ("support.zip/zim.log", Refusal.DAMAGED, True),
        ("support.zip/photo.png", Refusal.BINARY, False),
        ("core", Refusal.BINARY, False),
        ("zim.log", Refusal.EMPTY, False),
    ],
)
def test_only_what_is_called_a_log_is_worth_mentioning(name: str, reason: Refusal, expected: bool) -> None:
    """A reply about every shared binary is noise."""
    assert bool(worth_mentioning([FileRefused(name, reason)])) is expected


@pytest.mark.parametrize(
    ("text", "server_codes"),
    [
        ('ZIMError code: 6000201 message: "… code: 103040"', ((6000201, 103040),)),
        ("{code: 6000203, message: 'code: 108035, message: user is not in group'}", ((6000203, 108035),)),
        ("{code: 6000353, message: 'code: 103040, message: too long'}", ()),
        ("6000201\ncode: 103040", ()),
        ("6000201 " + "x" * 500 + " code: 103040", ()),
        ("code: 103040, message: too long", ()),
    ],
)
def test_the_servers_own_code_is_read_beside_a_code(
    catalogue: Catalogue, text: str, server_codes: tuple[tuple[int, int], ...]
) -> None:
    """It says more than a code that only says “failed”, and nothing beside the code that it stands for."""
    content = read_content({"text": text}, catalogue)
    assert content.server_codes == server_codes
    assert 103040 not in [each.code for each in content.sightings]
