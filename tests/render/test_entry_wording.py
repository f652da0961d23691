"""Tests for the words of an entry's facts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.entry import Origin
from bot.i18n import Language, words
from bot.render.entry_wording import first_sentence, limit_lines, notes


@pytest.mark.parametrize(
    ("code", "language", "line"),
    [
        (6000004, "en", "messages sent by one client: at most 10 messages per second (per client, ZEGO's guide)"),
        (6000004, "zh", "单个客户端发送的消息数：每秒最多 10 条消息（每个客户端，ZEGO 开发指南）"),
        (6000012, "en", "user IDs in one query: at most 10 user IDs (per call, ZEGO's Chinese page)"),
        (6000357, "zh", "单个房间内可设置属性的用户数：最多 500 个用户（每个房间，可申请调整的默认值，ZEGO 中文文档）"),
    ],
)
def test_a_limit_reads_as_a_person_would_say_it(catalogue: Catalogue, code: int, language: str, line: str) -> None:
    """“Per 1 second” and remarks that contain the comma that separates them read like a table, not like a fact."""
    entry = catalogue.get(code)
    assert entry
    assert next(limit_lines(entry.limits, words(Language(language)))) == line


def test_a_limit_over_several_seconds_names_them(catalogue: Catalogue) -> None:
    """The number of seconds is what a client has to wait."""
    entry = catalogue.get(6000356)
    assert entry
    lines = [next(limit_lines(entry.limits, words(language))) for language in (Language.EN, Language.ZH)]
    assert "at most 5 requests per 30 seconds" in lines[0]
    assert "每 30 秒最多 5 次" in lines[1]


def test_equal_limits_are_one_line(catalogue: Catalogue) -> None:
    """The same number for two plans, or from two sources, is one fact; another number stays on its own."""
    rooms = list(limit_lines(catalogue[6000325].limits, words(Language.EN)))
    assert rooms[1] == "rooms one user can be in at once: at most 5 rooms (per user, pro plan, enterprise plan, " + (
        "ZEGO's pricing page)"
    )
    assert sum("at most 5 rooms" in line for line in rooms) == 2  # one is of another page, with another name
    friends = list(limit_lines(catalogue[6000801].limits, words(Language.ZH)))
    assert [line.partition("最多 ")[2].partition(" ")[0] for line in friends] == ["3,000", "20"]
    (limit,) = catalogue[6000604].limits
    sources = [limit, replace(limit, origin=Origin.ZH_DOCS), replace(limit, plan="pro")]
    merged, of_a_plan = limit_lines(sources, words(Language.EN))
    assert merged.endswith("(per user, adjustable default, ZEGO's guide, ZEGO's Chinese page)")
    assert "pro plan" in of_a_plan


def test_the_first_sentence_of_each_meaning_is_whole(catalogue: Catalogue) -> None:
    """It is all that an unasked answer says about the meaning."""
    for entry in catalogue:
        for text, end in ((entry.meaning.en, "."), (entry.meaning.zh, "。")):
            sentence = first_sentence(text)
            assert sentence.endswith(end)
            assert text.startswith(sentence)
            assert sentence.count("`") % 2 == sentence.count("(") - sentence.count(")") == 0
    assert first_sentence("Wait 2.5 s with SDK 1.x. `login` fails.") == "Wait 2.5 s with SDK 1.x."


def test_what_a_feature_needs_is_noted(catalogue: Catalogue) -> None:
    """With an older SDK or a smaller plan, every other advice is in vain."""
    assert list(notes(catalogue[6001001], words(Language.EN)))[:2] == ["Since SDK 3.0.0.", "Needs the enterprise plan."]
    assert list(notes(catalogue[6001001], words(Language.ZH)))[:2] == ["SDK 3.0.0 起支持。", "需要旗舰版。"]


def test_what_is_only_likely_is_marked_with_what_was_read(catalogue: Catalogue) -> None:
    """A reader must see which statements nobody has proven."""
    marked = [note for note in notes(catalogue[6000212], words(Language.EN)) if "not proven" in note]
    assert [note.partition(": ")[0] for note in marked] == ["SDK (zego-zim-web 2.29.0), likely but not proven"]
    marked = [note for note in notes(catalogue[6000212], words(Language.ZH)) if "未经证实" in note]
    assert [note.partition("：")[0] for note in marked] == ["SDK（zego-zim-web 2.29.0），可能如此，未经证实"]
