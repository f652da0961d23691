"""Tests for the messages of all replies."""

from __future__ import annotations

import dataclasses
import json
import re
from dataclasses import replace
from itertools import cycle
from typing import Any, get_args

import pytest

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.entry import Severity
from bot.catalogue.numbers import ServerCode
from bot.catalogue.platforms import open_platforms
from bot.detection import result
from bot.detection.result import Evidence, Finding, LookAlike
from bot.i18n import Language
from bot.oncall.memory import CodeMemory, TeamNote
from bot.oncall.periods import Period
from bot.oncall.trends import TopReply
from bot.oncall.watch_rule import WatchWords
from bot.oncall.watches import AlertReply, AlertState, OfferReply, WatchesReply
from bot.policy.language import LanguageChoice, LanguageReason
from bot.policy.noise_rules import Act, Mode, SilenceRule
from bot.policy.replies import (
    Annotation,
    ChangeReply,
    Denial,
    Denied,
    DryRun,
    Explained,
    Foreign,
    ForgotReply,
    Found,
    IgnoredReply,
    Listing,
    LogsReply,
    Note,
    Range,
    Reply,
    SettingsReply,
    Unknown,
    Usage,
    WhyReply,
)
from bot.policy.troubles import Barred, Barrier, Failed, Refused
from bot.render.notices import _PLAIN_REASONS
from bot.render.renderer import Renderer
from bot.storage.change_store import Changed, ChannelChange, IgnoredContext
from bot.storage.channel_store import SetBy
from bot.storage.sighting_store import CodeTrend, Seen
from bot.storage.watch_store import Watch
from tests.render.kit_rules import assert_sendable

LANGUAGES = list(Language)
LINK = "https://demo.slack.com/archives/C1/p1795500000000100?thread_ts=1795500000.000100&cid=C1"
SEEN = Seen("C1", "1795500000.000100"), Seen("C2", "1795503600.000100")
TRENDS = (
    CodeTrend(6000106, 1_312, 12, (0, 1_300, 12), *SEEN),
    CodeTrend(6009999, 1, 0, (0, 0, 1), SEEN[0], SEEN[0]),
    *(CodeTrend(code, 2, before, (1,) * 30, *SEEN) for before, code in enumerate(range(6000121, 6000129))),
)
WATCHES = tuple(
    Watch(1, "T1", "C1", subject, count, span_s, is_everywhere, "", "U1", 1e9)
    for subject in ("any:", "code:6000104", "code:6009999", "section:room", *(f"severity:{each}" for each in Severity))
    for count, span_s, is_everywhere in ((1, 60, False), (10, 7200, True))
)


def alert(watch: Watch, state: AlertState, count: int) -> AlertReply:
    """Return an alert about many codes in many channels."""
    codes = tuple((code, count) for code in range(6000121, 6000129))
    return AlertReply(watch, state, 1e9, 1.1e9, count, codes, (("C1", count), ("C2", 1)))


FOUND = Finding(6000106, True, 1, (0, 7), Evidence.CLEAN)
HOSTILE = "<!channel> <@U1> & `x` " + "长" * 5000


def replies_without_people(catalogue: Catalogue, language: Language) -> list[Reply]:
    """Return replies of every kind that name nobody."""
    entries = tuple(catalogue)
    found = tuple(Finding(6000106, True, 1, (0, 7), evidence) for evidence in Evidence)
    findings = tuple(zip(cycle(found), (None, *SilenceRule), strict=False))
    lookalikes = tuple(LookAlike(HOSTILE, 1, (0, 7), reason) for reason in result.LookAlikeReason)
    numbers = (1002001, 51102, 100000005, 50001, 300001001, 3100007, 4000008)
    foreign = tuple(each for number in numbers if (each := catalogue.numbers.foreign(number)))
    assert {each.products[0].name for each in foreign} | {foreign[4].products[1].name} == {
        product.name for product in catalogue.numbers.products
    }
    return [
        *(Unknown(codes) for codes in ((6009999,), (6000358,), (60003544,), tuple(range(6009000, 6009999)))),
        Range("600106", entries[:2]),
        *(OfferReply(code, 1_312, WatchWords(str(code), 1_000, 600)) for code in (6000104, 6009999)),
        Foreign(foreign),
        Foreign(foreign, (6009999,)),
        Explained((catalogue[6000353],), (), (ServerCode(103040, 6000353),), foreign),
        Found(HOSTILE, entries[:8]),
        Found(HOSTILE, ()),
        Range("600", entries),
        Listing(catalogue.sections),
        *(Listing((section,)) for section in catalogue.sections),
        Usage(),
        *map(
            Usage,
            (
                "lang",
                "auto",
                "why",
                "search",
                "status",
                "ignored",
                "list",
                "logs",
                "triage",
                "top",
                "catchup",
                "handoff",
                "watch",
                "watch_group",
            ),
        ),
        IgnoredReply(()),
        WatchesReply(()),
        *(TopReply(period, (), {}, is_everywhere=everywhere) for period in Period for everywhere in (False, True)),
        *(Denied(reason) for reason in Denial),
        *(
            SettingsReply(LanguageChoice(language, reason), mode)
            for reason in get_args(LanguageReason)
            for mode in Mode
        ),
        Annotation(entries[:1], (6009999,), {entries[0].code: 3}),
        LogsReply(open_platforms().platforms, HOSTILE),
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
        *(Note(what) for what in ("no_message", "no_codes", "escalating", "too_late", "overtaken")),
        Failed("abc123"),
        *(Refused(reason, "abc123", attempts) for reason in (*_PLAIN_REASONS, HOSTILE) for attempts in (1, 20)),
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_slack_accepts_every_reply(catalogue: Catalogue, language: Language) -> None:
    """People see help and errors when something is already wrong."""
    for reply in replies_without_people(catalogue, language):
        message = Renderer(catalogue).message(reply, language)
        assert_sendable(message)
        assert "<!" not in json.dumps(message)
        assert "<@" not in json.dumps(message)


CONTEXT = IgnoredContext(
    "f" * 16, 6000106, "U1", 1e9, 1.1e9, "https://demo.slack.com/archives/C1/p1?thread_ts=1&cid=C1"
)


def replies_with_people(language: Language) -> list[Reply]:
    """Return replies of every kind that name people."""
    by = SetBy("U1", 1e9)
    before: dict[str, Any] = {"before": [None, None, None]}
    rejected = {"codes": [*range(6000100, 6000200)], "learned": 1, "until": 1e9}
    changes = [
        *(ChannelChange(1, Changed.MODE, "U1", 1e9, before | {"after": mode}) for mode in Mode),
        *(ChannelChange(1, Changed.LANGUAGE, "U1", 1e9, before | {"after": each}) for each in (*Language, None)),
        ChannelChange(1, Changed.NOT_A_CODE, "U1", 1e9, rejected),
        ChannelChange(1, Changed.NOT_A_CODE, "U1", 1e9, rejected | {"learned": 0}),
        *(ChannelChange(1, Changed.WATCH, "U1", 1e9, {"watch": 1} | watch.rule) for watch in WATCHES),
        ChannelChange(1, Changed.WATCH_STOPPED, "U1", 1e9, {"watch": 1} | WATCHES[0].rule),
        ChannelChange(1, Changed.WRONG, "U1", 1e9, {"codes": []}),
    ]
    changes += [replace(change, undone_by="U2") for change in changes]
    return [
        *(WatchesReply(WATCHES, is_choice=is_choice) for is_choice in (False, True)),
        *(alert(watch, state, count) for watch in WATCHES for state in AlertState for count in (1, 1_312)),
        *(TopReply(period, TRENDS, {SEEN[0]: LINK}, is_cut=True) for period in Period),
        SettingsReply(LanguageChoice(language, "setting"), Mode.OFF, by, by, 1, by, by),
        *(ChangeReply(change, untold=untold) for change in changes for untold in ("", "C1")),
        IgnoredReply((CONTEXT, replace(CONTEXT, link="")) * 30),
        *(ForgotReply("U1", codes, untold=untold) for codes in ((6000106,), (1, 2)) for untold in ("", "C1")),
        WhyReply(((FOUND, SilenceRule.NOT_A_CODE),), (), None, is_written=True, ignored={6000106: CONTEXT}),
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_slack_accepts_replies_that_name_people(catalogue: Catalogue, language: Language) -> None:
    """They mention only people who did something, and call no group or channel."""
    renderer = Renderer(catalogue)
    for reply in replies_with_people(language):
        message = renderer.message(reply, language)
        assert_sendable(message)
        assert {*re.findall(r"<[@!](\w+)", json.dumps(message))} <= {"U1", "U2", "date"}
    admins = renderer.message(Denied(Denial.NOT_ADMIN, ("U1", "S1")), language)
    assert_sendable(admins)
    assert "<!subteam^S1>" in admins["text"]  # private, so that nobody is called


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_restored_reply_names_who_restored_it_above_its_buttons(catalogue: Catalogue, language: Language) -> None:
    """The line does not get lost, and the buttons stay where people look for them."""
    renderer = Renderer(catalogue)
    annotation = Annotation(tuple(catalogue)[:5], (), {})
    form = renderer.message(annotation, language)
    change = ChannelChange(1, Changed.NOT_A_CODE, "U1", 1e9, {"codes": [6000106], "learned": 1}, undone_by="U2")
    restored = renderer.message(ChangeReply(change, restored=annotation), language)
    assert_sendable(restored)
    *above, line, buttons = restored["blocks"]
    assert above == form["blocks"][:-1]
    assert buttons == form["blocks"][-1]
    assert "<@U2>" in line["elements"][0]["text"]


@pytest.mark.parametrize("kind", [Annotation, Explained])
def test_a_frequent_explanation_is_rendered_once(
    catalogue: Catalogue, kind: type[Annotation] | type[Explained]
) -> None:
    """A few codes make up most of what the bot posts; every other field makes another message."""
    renderer, entries = Renderer(catalogue), tuple(catalogue)
    server_code = ServerCode(103040, 6000353)
    foreign = catalogue.numbers.foreign(1002001)
    memory = CodeMemory(entries[0].code, (), TeamNote("see the runbook", "ann", 0.0))
    fields: dict[str, Any] = {"entries": entries[:1], "unknown": ()}
    others: dict[str, Any] = {
        "entries": entries[1:2],
        "unknown": (6009999,),
        "platform": open_platforms().keyed("ios"),
        "memories": (memory,),
    }
    if kind is Annotation:
        fields["counts"] = {}
        others |= {"counts": {entries[0].code: 3}, "server_codes": ((entries[0].code, server_code),)}
    else:
        others |= {"server_codes": (server_code,), "foreign": (foreign,), "is_detailed": True}
    assert set(others) == {each.name for each in dataclasses.fields(kind)}
    first = renderer.message(kind(**fields), Language.EN)
    assert renderer.message(kind(**fields), Language.EN) is first
    assert renderer.message(kind(**fields), Language.ZH) != first
    for name, value in others.items():
        assert renderer.message(kind(**fields | {name: value}), Language.EN) != first, name


def test_every_reply_has_a_view(catalogue: Catalogue) -> None:
    """A reply without one would fail in front of its reader."""
    assert set(get_args(Reply)) == set(Renderer(catalogue)._views)
