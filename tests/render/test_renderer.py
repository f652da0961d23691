"""Every reply in Slack's form."""

from __future__ import annotations

import json
from itertools import cycle
from typing import get_args

import pytest

from bot.catalogue.catalogue import Catalogue
from bot.detection import result
from bot.detection.result import Evidence, Finding, LookAlike
from bot.i18n import Language
from bot.policy.language import LanguageChoice, LanguageReason
from bot.policy.noise_rules import Act, Mode, SilenceRule
from bot.policy.replies import (
    Annotation,
    DryRun,
    Explained,
    Failed,
    Found,
    Leaked,
    Listing,
    NoCodes,
    NoMessage,
    NothingFound,
    Reply,
    SettingsReply,
    Unknown,
    UnreadableReply,
    Usage,
    WhyReply,
)
from bot.render.renderer import Renderer
from bot.triage.digest import FileRefused, Refusal, Secret, SecretKind
from tests.render.kit_rules import assert_sendable, texts

LANGUAGES = list(Language)
HOSTILE = "<!channel> <@U1> & `x` " + "长" * 5000


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_entry_makes_a_card_that_slack_accepts(catalogue: Catalogue, language: Language) -> None:
    """A text that grew too long would fail in the middle of an incident."""
    for entry in catalogue:
        message = Renderer(catalogue).message(Explained((entry,)), language)
        assert_sendable(message)
        shown = "\n".join(texts(message["blocks"]))
        assert str(entry.code) in shown
        assert "…" not in shown, f"{entry.code} is cut"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_longest_cards_fit_together(catalogue: Catalogue, language: Language) -> None:
    """Five codes at once are five cards in one message."""
    renderer = Renderer(catalogue)

    def length(code: int) -> int:
        entry = catalogue.get(code)
        assert entry
        return sum(len(text) for text in texts(renderer.message(Explained((entry,)), language)["blocks"]))

    longest = sorted((entry.code for entry in catalogue), key=length, reverse=True)[:20]
    entries = tuple(entry for code in longest if (entry := catalogue.get(code)))
    assert_sendable(renderer.message(Explained(entries, (6009999,)), language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_codes_at_once_still_make_a_message(catalogue: Catalogue, language: Language) -> None:
    """Somebody will paste the whole table."""
    message = Renderer(catalogue).message(Explained(tuple(catalogue), tuple(range(6009000, 6009999))), language)
    assert_sendable(message)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_other_reply_is_accepted(catalogue: Catalogue, language: Language) -> None:
    """Help and errors are what people see when something is already wrong."""
    entries = tuple(catalogue)
    seen = tuple(Finding(6000106, True, 1, (0, 7), evidence) for evidence in Evidence)
    findings = tuple(zip(cycle(seen), (None, *SilenceRule), strict=False))
    lookalikes = tuple(LookAlike(HOSTILE, 1, (0, 7), reason) for reason in result.LookAlikeReason)
    replies: list[Reply] = [
        Unknown((6009999,), catalogue.family(6000399), entries[:3]),
        Unknown(tuple(range(6009000, 6009999)), None, entries[:3]),
        Found(HOSTILE, entries[:8]),
        NothingFound(HOSTILE),
        Listing(catalogue.sections),
        *(Listing((section,)) for section in catalogue.sections),
        Usage(),
        Usage("lang"),
        Usage("search"),
        Usage("auto"),
        Usage("why"),
        SettingsReply(LanguageChoice(language, "setting"), Mode.THREAD, "language"),
        *(SettingsReply(LanguageChoice(language, "setting"), mode, "mode") for mode in Mode),
        *(
            SettingsReply(LanguageChoice(language, reason), mode)
            for reason in get_args(LanguageReason)
            for mode in Mode
        ),
        Annotation(entries[:1], (6009999,), {entries[0].code: 3}),
        Annotation((), (6009999,), {}),
        Annotation(entries, tuple(range(6009000, 6009999)), {entry.code: 2 for entry in entries}),
        NoCodes(),
        NoMessage(),
        DryRun(None),
        DryRun(1, 1, 0, entries[:1]),
        DryRun(100, 7, 1, entries[:5]),
        *(WhyReply(findings, lookalikes[:15], did, is_written=True) for did in (*Act, None)),
        WhyReply((), lookalikes[15:], None, is_written=False),
        WhyReply((), (), None, is_written=True),
        Failed("abc123"),
    ]
    for reply in replies:
        message = Renderer(catalogue).message(reply, language)
        assert_sendable(message)
        assert "<!" not in json.dumps(message)
        assert "<@" not in json.dumps(message)


def test_the_language_button_offers_the_other_language(catalogue: Catalogue) -> None:
    """A Chinese reader in an English channel is one press away from Chinese."""
    entry = catalogue.get(6000106)
    assert entry
    for language, label in ((Language.EN, "中文"), (Language.ZH, "English")):
        buttons = Renderer(catalogue).message(Explained((entry,)), language)["blocks"][-1]["elements"]
        assert buttons[0]["text"]["text"] == label
        assert json.loads(buttons[0]["value"]) == {"codes": [6000106], "language": language.other}


def test_the_name_of_a_file_neither_pings_nor_links(catalogue: Catalogue) -> None:
    """Whoever names a file must not speak through the bot."""
    name = "@here #general https://evil.example/<!channel>.zip"
    files = (FileRefused(name, Refusal.DAMAGED),)
    for reply in (UnreadableReply(files), Leaked((Secret(SecretKind.JWT, 0, 1),), (name,))):
        said = Renderer(catalogue).message(reply, Language.EN)
        assert all(block["text"]["verbatim"] for block in said["blocks"])
        assert "<!channel>" not in json.dumps(said)
