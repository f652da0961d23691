"""Tests for the messages of all replies."""

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
    Barred,
    Barrier,
    DryRun,
    Failed,
    Found,
    Listing,
    Note,
    Range,
    Refused,
    Reply,
    SettingsReply,
    Unknown,
    Usage,
    WhyReply,
)
from bot.render.notices import _PLAIN_REASONS
from bot.render.renderer import Renderer
from tests.render.kit_rules import assert_sendable

LANGUAGES = list(Language)
HOSTILE = "<!channel> <@U1> & `x` " + "长" * 5000


@pytest.mark.parametrize("language", LANGUAGES)
def test_slack_accepts_every_reply(catalogue: Catalogue, language: Language) -> None:
    """People see help and errors when something is already wrong."""
    entries = tuple(catalogue)
    found = tuple(Finding(6000106, True, 1, (0, 7), evidence) for evidence in Evidence)
    findings = tuple(zip(cycle(found), (None, *SilenceRule), strict=False))
    lookalikes = tuple(LookAlike(HOSTILE, 1, (0, 7), reason) for reason in result.LookAlikeReason)
    replies: list[Reply] = [
        Unknown((6009999,), catalogue.family(6000399), entries[:3]),
        Unknown(tuple(range(6009000, 6009999)), None, entries[:3]),
        Found(HOSTILE, entries[:8]),
        Found(HOSTILE, ()),
        Range("600", entries),
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
        DryRun(None),
        DryRun(1, 1, 0, entries[:1]),
        DryRun(100, 7, 1, entries[:5]),
        *(WhyReply(findings, lookalikes[:15], did, is_written=True) for did in (*Act, None)),
        WhyReply((), lookalikes[15:], None, is_written=False),
        WhyReply((), (), None, is_written=True),
        *(Barred(barrier, "C1", scope) for barrier in Barrier for scope in ("chat:write", None)),
        *(Note(what) for what in ("gone", "reported", "escalated", "nobody", "not_member", "not_in_dm", "nothing")),
        *(Note(what) for what in ("no_message", "no_codes", "escalating")),
        Failed("abc123"),
        *(Refused(reason, "abc123", attempts) for reason in (*_PLAIN_REASONS, HOSTILE) for attempts in (1, 20)),
    ]
    for reply in replies:
        message = Renderer(catalogue).message(reply, language)
        assert_sendable(message)
        assert "<!" not in json.dumps(message)
        assert "<@" not in json.dumps(message)


def test_a_frequent_annotation_is_rendered_once(catalogue: Catalogue) -> None:
    """A few codes make up most of what the bot posts; counts make another message."""
    renderer, (entry, *_) = Renderer(catalogue), catalogue
    first = renderer.message(Annotation((entry,), (), {}), Language.EN)
    assert renderer.message(Annotation((entry,), (), {}), Language.EN) is first
    for language, counts in ((Language.EN, {entry.code: 3}), (Language.ZH, {})):
        assert renderer.message(Annotation((entry,), (), counts), language) != first


def test_every_reply_has_a_view(catalogue: Catalogue) -> None:
    """A reply without one would fail in front of its reader."""
    assert set(get_args(Reply)) == set(Renderer(catalogue)._views)
