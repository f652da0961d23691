"""Test how Slack shows notes and resolved incidents on cards."""

from __future__ import annotations

import pytest

from bot.catalogue.catalogue import Catalogue
from bot.i18n import Language
from bot.oncall.memory import NOTE_CHARACTERS, CodeMemory, Helped, NoteReply, TeamNote
from bot.oncall.ownership import HELPED_CHARACTERS
from bot.policy.replies import Annotation, Explained, Triaged
from bot.render.block_kit import Element
from bot.render.renderer import Renderer
from bot.storage.note_store import NoteVersion
from tests.render.digests import expired
from tests.render.kit_rules import assert_sendable
from tests.render.test_digest_slack import SOURCE

CODES = (6000106, 6000121, 6000354, 6000103, 6000104)


def runs_of(catalogue: Catalogue, note: str) -> list[Element]:
    """Return the runs of *note* on a card, behind its author and date."""
    memory = CodeMemory(6000106, (), TeamNote(note, "ann", 0.0))
    message = Renderer(catalogue).message(Explained((catalogue[6000106],), memories=(memory,)), Language.EN)
    (block,) = [each for each in message["blocks"] if each["type"] == "rich_text"]
    *_, (*_, by, date, end), rest = ([], block["elements"][0]["elements"][:4], block["elements"][0]["elements"][4:])
    assert (by["text"], date["type"], end["text"]) == (" (ann, ", "date", "): ")
    found: list[Element] = rest
    return found


@pytest.mark.parametrize(
    ("note", "links"),
    [
        ("see https://x.example/a_b?c=1&d=2#e.", ["https://x.example/a_b?c=1&d=2#e"]),
        ("（https://x.example/a），再找小林", ["https://x.example/a"]),
        ("https://x.example:8443 and http://y.example/z)", ["https://x.example:8443", "http://y.example/z"]),
        ("<https://x.example|click> <!channel> <@U0ANN> *b* `c`", ["https://x.example"]),
        ("javascript:alert(1) ftp://x.example https:// x.example", []),
    ],
)
def test_only_urls_have_an_effect(catalogue: Catalogue, note: str, links: list[str]) -> None:
    """Other text is shown as it was typed: no markup, no mentions."""
    runs = runs_of(catalogue, note)
    assert [run["url"] for run in runs if run["type"] == "link"] == links
    assert {run["type"] for run in runs} <= {"text", "link"}
    assert "".join(run.get("text") or run["url"] for run in runs) == note


@pytest.mark.parametrize("language", list(Language))
def test_the_longest_memory_is_sendable(catalogue: Catalogue, language: Language) -> None:
    """On cards for everyone and for one reader, on replies to messages and on triages."""
    renderer = Renderer(catalogue)
    line = Helped(
        "长" * HELPED_CHARACTERS, "名" * 80, 0.0, "https://demo.slack.com/archives/C0ONCALL/p1700000000000100"
    )
    note = TeamNote("https://x.example/" + "y" * (NOTE_CHARACTERS - 18), "名" * 80, 0.0)
    memories = tuple(CodeMemory(code, (line,) * 3, note) for code in CODES)
    entries = tuple(catalogue[code] for code in CODES)
    for reply in (
        Explained(entries[:2], memories=memories),
        Explained(entries, is_detailed=True, memories=memories),
        Annotation(entries[:3], (), {}, memories=memories),
        Triaged(expired(), SOURCE, memories=memories),
    ):
        message = renderer.message(reply, language)
        assert_sendable(message)
        assert any(block["type"] == "rich_text" for block in message["blocks"])
    versions = tuple(NoteVersion(note.text, "U0ANN", 0.0) for _ in range(6))
    assert_sendable(renderer.message(NoteReply(6000106, versions), language))
