"""Apply the noise rules to messages, and keep replies in step with edits and deletions."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from bot.catalogue.catalogue import Catalogue
from bot.i18n import Language
from bot.policy.annotations import Annotations, SeenMessage
from bot.policy.language import Languages
from bot.policy.noise_rules import Mode, Sighting
from bot.policy.place import Place
from bot.policy.replies import Annotation, Answer, Triaged
from bot.storage.annotation_store import AnnotationStore
from bot.storage.change_store import Changed, ChangeStore
from bot.storage.channel_store import ChannelStore
from bot.storage.database import Database
from bot.storage.sighting_store import SightingStore
from bot.triage.digest import CodeRow, Mark, Role
from tests.directory import FakeDirectory
from tests.render.digests import nothing

PLACE = Place("T1", "C1", "U1")
A, B, C = 6000106, 6000121, 6000281
ROW = CodeRow(A, 57, Mark(0, 1, None), Mark(0, 90, None), Role.CAUSE, None, 0, ())
TRIAGED = Triaged(nothing(rows=(ROW,)))

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class FakeVoice:
    """Remembers the replies and reactions of a thread."""

    lookup = FakeDirectory()

    def __init__(self) -> None:
        self.replies: dict[str, Answer] = {}
        self.marked: set[str] = set()
        self.whispered: list[Answer] = []

    async def reply(self, answer: Answer, to: Sequence[str]) -> str:
        ts = f"reply-to-{'-'.join(to)}"
        self.replies[ts] = answer
        return ts

    async def revise(self, reply: str, answer: Answer) -> None:
        self.replies[reply] = answer

    async def withdraw(self, reply: str) -> None:
        del self.replies[reply]

    async def whisper(self, answer: Answer) -> None:
        self.whispered.append(answer)

    async def mark(self, ts: str) -> None:
        self.marked.add(ts)

    async def unmark(self, ts: str) -> None:
        self.marked.discard(ts)

    @property
    def explained(self) -> dict[str, list[int]]:
        """The codes that each reply explains."""
        return {
            ts: [entry.code for entry in answer.reply.entries]
            for ts, answer in self.replies.items()
            if isinstance(answer.reply, Annotation)
        }


@pytest.fixture
async def policy(catalogue: Catalogue, database: Database) -> AsyncIterator[Annotations]:
    settings = ChannelStore(database)
    languages = Languages(settings, default=Language.EN, clock=lambda: 0.0)
    yield Annotations(catalogue, languages, settings, AnnotationStore(database), lambda: 10_000.0)
    await languages.locales.close()


def said(ts: str, *codes: int, thread: str = "1", triaged: Triaged | None = None) -> SeenMessage:
    """Return a message with codes, in a thread of the channel."""
    return SeenMessage(PLACE, ts, thread, tuple(Sighting(code, False, f"near-{code}") for code in codes), triaged)


async def test_new_messages_of_a_thread_share_a_reply(policy: Annotations) -> None:
    """People paste an error line by line; each line must not get a reply."""
    voice = FakeVoice()
    await policy.annotate([said("1", A), said("2", B), said("3", A)], voice)
    assert voice.explained == {"reply-to-1-2": [A, B]}


async def test_a_repeated_attempt_posts_no_second_reply(policy: Annotations) -> None:
    """A job runs again after a crash."""
    voice = FakeVoice()
    await policy.annotate([said("1", A)], voice)
    voice.replies.clear()
    await policy.annotate([said("1", A)], voice)
    assert voice.replies == {}


async def test_a_repeat_beside_a_triage_gets_a_reaction(policy: Annotations) -> None:
    """A triage shows no counts: it would have to read the log again."""
    voice = FakeVoice()
    await policy.annotate([said("1", A, triaged=TRIAGED)], voice)
    await policy.annotate([said("2", A)], voice)
    assert list(voice.replies) == ["reply-to-1"]
    assert voice.marked == {"2"}
    await policy.follow_edit(said("3", A), voice)  # an edit that brings the first code
    assert voice.marked == {"2", "3"}


async def test_each_act_counts_the_codes_of_its_message(policy: Annotations, database: Database) -> None:
    """A code is counted whether it got a reply, a reaction or a count; in a log, each of its lines counts."""
    voice = FakeVoice()
    quoted = replace(said("4"), sightings=(Sighting(C, True, "quoted"), Sighting(A, False, "near")))

    async def counted() -> dict[int, int]:
        counts = await SightingStore(database).counts("T1", since=0.0, until=100.0)
        return {each.code: each.count for each in counts}

    await policy.annotate([said("1", A, A, B), said("2", A), quoted], voice)
    assert await counted() == {A: 4, B: 1}
    await policy.annotate([said("5", B, thread="5")], voice)  # a reaction
    await policy.follow_edit(said("2", A, B), voice)  # whose codes only count
    assert await counted() == {A: 4, B: 3}
    await policy.annotate([replace(said("6", A, thread="6", triaged=TRIAGED), is_log=True)], voice)
    assert await counted() == {A: 61, B: 3}
    await policy.withdraw(said("1", thread="1"), voice)
    assert await counted() == {A: 59, B: 2}


async def test_an_edit_updates_the_reply_also_after_the_channel_was_switched_off(
    policy: Annotations, database: Database
) -> None:
    """The reply is there; a wrong one is worse than a noisy one."""
    voice = FakeVoice()
    await policy.annotate([said("1", A)], voice)
    await ChangeStore(database).set(PLACE.team, PLACE.channel, Changed.MODE, Mode.OFF, user=PLACE.user, at=1.0)
    await policy.follow_edit(said("1", B), voice)
    assert voice.explained == {"reply-to-1": [B]}
    await policy.follow_edit(said("1"), voice)
    assert voice.replies == {}


async def test_a_reply_keeps_the_servers_own_codes_of_its_messages(policy: Annotations) -> None:
    """Counting a code once more does not take away why the first call failed."""
    voice = FakeVoice()

    def server_codes(reply: str) -> list[tuple[int, int, int]]:
        annotation = voice.replies[reply].reply
        assert isinstance(annotation, Annotation)
        return [(code, beside.number, beside.code) for code, beside in annotation.server_codes]

    await policy.annotate([replace(said("1", A), server_codes=((A, 108035), (B, 103040), (A, 999999)))], voice)
    assert server_codes("reply-to-1") == [(A, 108035, 6000521)]
    await policy.annotate([said("2", A)], voice)
    assert server_codes("reply-to-1") == [(A, 108035, 6000521)]


async def test_a_reply_is_about_the_platform_of_its_messages(policy: Annotations) -> None:
    """Its links stay when counts are added; if a message of another platform joins, they are of none."""
    voice = FakeVoice()

    def platform(reply: str) -> str | None:
        annotation = voice.replies[reply].reply
        assert isinstance(annotation, Annotation)
        return annotation.platform.key if annotation.platform else None

    flutter, ios = (
        replace(said(ts, code, thread=ts), platform=key) for ts, code, key in (("1", A, "flutter"), ("2", B, "ios"))
    )
    await policy.annotate([flutter], voice)
    assert platform("reply-to-1") == "flutter"
    await policy.annotate([said("1.5", A)], voice)
    assert platform("reply-to-1") == "flutter"
    await policy.annotate([ios, replace(said("3", C, thread="2"), platform="android")], voice)
    assert platform("reply-to-2-3") is None


async def test_a_shared_reply_is_deleted_with_the_last_of_its_messages(policy: Annotations) -> None:
    """The other message still deserves its explanation."""
    voice = FakeVoice()
    await policy.annotate([said("1", A), said("2", B)], voice)
    await policy.withdraw(said("1", A), voice)
    assert voice.explained == {"reply-to-1-2": [B]}
    await policy.withdraw(said("2", B), voice)
    assert voice.replies == {}


@pytest.mark.parametrize(
    ("mode", "message", "reason"),
    [
        (Mode.OFF, said("9", A), {A: "off"}),
        (Mode.REACT, said("9", A), {A: "react-only"}),
        (Mode.THREAD, said("9", B), {B: "in-thread"}),
        (Mode.THREAD, said("9", B, thread="other"), {B: "cool-down"}),
        (Mode.THREAD, said("9"), "no code"),
    ],
    ids=["off", "react-only", "in-thread", "cool-down", "no code"],
)
async def test_each_silence_logs_its_reason(
    policy: Annotations, database: Database, mode: Mode, message: SeenMessage, reason: object
) -> None:
    """An operator must not have to ask `/zimerr why` for each message."""
    await policy.annotate([said("1", B)], FakeVoice())
    await ChangeStore(database).set(PLACE.team, PLACE.channel, Changed.MODE, mode, user=PLACE.user, at=1.0)
    with capture_logs() as logs:
        await policy.annotate([message], FakeVoice())
    assert [(each["log_level"], each["event"], each["ts"], each["reasons"]) for each in logs] == [
        ("debug", "no reply", "9", reason)
    ]
