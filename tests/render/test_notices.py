"""Tests for notices: what people typed or named is quoted safely, and the words are joined as each language does."""

from __future__ import annotations

import json
import re

import pytest

from bot.catalogue.catalogue import Catalogue
from bot.i18n import Language
from bot.policy.replies import DryRun, Found, Leaked, Summons, Unknown, UnreadableReply
from bot.policy.troubles import Refused, Uncalled
from bot.render.renderer import Renderer
from bot.triage.digest import FileRefused, Refusal, Secret, SecretKind
from tests.render.kit_rules import assert_sendable


def test_the_name_of_a_file_neither_mentions_nor_links(catalogue: Catalogue) -> None:
    """A person who names a file must not speak through the bot."""
    name = "@here #general https://evil.example/<!channel>.zip"
    files = (FileRefused(name, Refusal.DAMAGED),)
    for reply in (UnreadableReply(files), Leaked((Secret(SecretKind.JWT, 0, 1),), (name,))):
        message = Renderer(catalogue).message(reply, Language.EN)
        assert all(block["text"]["verbatim"] for block in message["blocks"])
        assert "<!channel>" not in json.dumps(message)


INVISIBLE = [
    *("\x00", "\x1b", "\x85", "\u061c", "\u200b", "\u200e", "\u2028", "\u202a", "\u202e", "\u2060", "\u2066", "\u2069"),
    *("\ufeff", "\ufff9", "\U000e0001", "\U000e0041", "\ud83d"),
]


@pytest.mark.parametrize("character", INVISIBLE, ids=ascii)
def test_invisible_characters_of_people_are_shown(catalogue: Catalogue, character: str) -> None:
    """An override of the direction turns gol.exe into exe.log; tag characters hide a text; halves can't be sent."""
    hostile = f"a{character}gol.log"
    replies = UnreadableReply((FileRefused(hostile, Refusal.DAMAGED),)), Found(hostile, ())
    for reply in (*replies, Leaked((Secret(SecretKind.JWT, 0, 1),), (hostile,)), Refused(hostile, "1")):
        message = Renderer(catalogue).message(reply, Language.EN)
        texts = [message["text"], *(block["text"]["text"] for block in message["blocks"] if "text" in block)]
        assert "a\ufffdgol.log" in "".join(texts)
        assert character not in "".join(texts)


def test_emoji_and_scripts_that_need_joiners_stay_whole(catalogue: Catalogue) -> None:
    """A developer is a person, a joiner and a laptop."""
    for text in ("👩\u200d💻.log", "می\u200cخواهم", "❤\ufe0f", "a\tb", "Å\u030a"):
        assert text in Renderer(catalogue).message(Found(text, ()), Language.EN)["text"]


def test_long_lists_of_files_and_secrets_are_cut_and_counted(catalogue: Catalogue) -> None:
    """An archive may contain hundreds of files."""
    files = tuple(FileRefused(f"{n}.bin", Refusal.BINARY) for n in range(8))
    secrets = tuple(Secret(SecretKind.JWT, 0, n) for n in range(8))
    for reply in (UnreadableReply(files), Leaked(secrets, ("",))):
        blocks = Renderer(catalogue).message(reply, Language.EN)["blocks"]
        (lines,) = [text for block in blocks if len(text := block["text"]["text"].splitlines()) > 1]
        assert len(lines) == 6
        assert "3 more" in lines[-1]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (Language.EN, "• 1 token, on 60 lines; first: a.log, line 3\n• password: a.log, line 4"),
        (Language.ZH, "• Token：1 个，出现在 60 行，首次：a.log，第 3 行\n• 密码：a.log，第 4 行"),
    ],
)
def test_a_secret_on_several_lines_is_listed_once(catalogue: Catalogue, language: Language, said: str) -> None:
    """The author revokes each secret once."""
    secrets = (Secret(SecretKind.TOKEN, 0, 3, 60), Secret(SecretKind.PASSWORD, 0, 4))
    blocks = Renderer(catalogue).message(Leaked(secrets, ("a.log",)), language)["blocks"]
    assert blocks[1]["text"]["text"] == said


def test_chinese_sentences_and_lists_are_joined_without_spaces(catalogue: Catalogue) -> None:
    """A space after a full stop, or a comma of Latin letters, shows that a machine put the sentence together."""
    reply = Unknown((6000098, 6000097))
    assert Renderer(catalogue).message(reply, Language.ZH)["text"] == (
        "*6000098、6000097* 不是已收录的 ZIM 错误码。按编号推断，应属于“公共”。"
    )
    assert Renderer(catalogue).message(reply, Language.EN)["text"] == (
        "I don't recognize any of these ZIM error codes: *6000098, 6000097*. "
        "Codes with similar numbers belong to “General”."
    )


@pytest.mark.parametrize(
    ("replies", "reactions", "said"),
    [
        (0, 0, "I checked the last 9 messages here. I would not have responded to any of them."),
        (1, 0, "I checked the last 9 messages here. I would have posted 1 reply."),
        (2, 1, "I checked the last 9 messages here. I would have posted 2 replies and added 1 reaction."),
    ],
)
def test_a_preview_mentions_only_what_would_have_happened(
    catalogue: Catalogue, replies: int, reactions: int, said: str
) -> None:
    """Nobody writes “added 0 reactions”."""
    blocks = Renderer(catalogue).message(DryRun(9, replies, reactions), Language.EN)["blocks"]
    assert blocks[1]["text"]["text"] == said


def test_a_call_mentions_the_people_concerned_and_links_the_triage(catalogue: Catalogue) -> None:
    """Only these names may ping; a refusal from Slack is shown as it is."""
    link = "https://demo.slack.com/archives/C1/p1?thread_ts=1.0&cid=C1"
    for language in Language:
        renderer = Renderer(catalogue)
        summons = renderer.message(Summons("U1", "C1", link), language)
        uncalled = renderer.message(Uncalled("U2", "user_disabled`<!here>", "abc123"), language)
        assert_sendable(summons)
        assert_sendable(uncalled)
        assert f"<{link.replace('&', '&amp;')}|" in summons["text"]
        assert set(re.findall("<[@#!][^>]+>", summons["text"])) == {"<@U1>", "<#C1>"}
        assert re.findall("<[@#!][^>]+>", uncalled["text"]) == ["<@U2>"]
        assert "`user_disabled'&lt;!here&gt;`" in uncalled["text"]
