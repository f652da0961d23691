"""Build the services that all requests and jobs share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

from bot.catalogue.catalogue import Catalogue
from bot.i18n import Language
from bot.inbox import Inbox, InboxLimits, PostRate
from bot.oncall.ownership import Ownership
from bot.policy.annotations import Annotations
from bot.policy.answers import Answers
from bot.policy.bursts import Bursts
from bot.policy.changes import Changes
from bot.policy.home_content import Homes
from bot.policy.inspections import Inspections
from bot.policy.language import Languages
from bot.policy.memories import Memories
from bot.policy.offers import Offers
from bot.policy.permissions import Permissions
from bot.policy.ranking import Ranking
from bot.policy.relations import Relations
from bot.policy.snoozes import Snoozes
from bot.policy.stories import Stories
from bot.policy.team_notes import TeamNotes
from bot.policy.visibility import Visibility
from bot.policy.watching import Watching
from bot.policy.weekly_digests import WeeklyDigests
from bot.render.renderer import Renderer
from bot.settings import Settings
from bot.slack.background import Background
from bot.slack.log_reader import LogReader
from bot.slack.sender import Sender
from bot.slack.workspaces import Workspaces
from bot.storage.annotation_store import AnnotationStore
from bot.storage.change_store import ChangeStore
from bot.storage.channel_store import ChannelStore
from bot.storage.database import Database
from bot.storage.incident_store import IncidentStore
from bot.storage.memory_store import MemoryStore
from bot.storage.note_store import NoteStore
from bot.storage.sighting_store import SightingStore
from bot.storage.snooze_store import SnoozeStore
from bot.storage.story_store import StoryStore
from bot.storage.watch_store import WatchStore
from bot.telemetry.metrics import Metrics
from bot.triage.cascades import open_cascades
from bot.triage.reader import ReadLimits


@dataclass(frozen=True, slots=True)
class Services:
    """The services that all requests share. `build_services` makes them once."""

    catalogue: Catalogue
    languages: Languages
    annotations: Annotations
    inspections: Inspections
    changes: Changes
    answers: Answers
    renderer: Renderer
    inbox: Inbox
    sender: Sender
    workspaces: Workspaces
    background: Background
    log_reader: LogReader
    relations: Relations
    ownership: Ownership
    homes: Homes
    weekly: WeeklyDigests
    memories: Memories
    notes: TeamNotes
    watching: Watching
    bursts: Bursts
    offers: Offers
    snoozes: Snoozes
    channels: ChannelStore
    clock: Callable[[], float]
    escalation_target: str  # id of a person or user group, or empty
    metrics: Metrics = field(default_factory=Metrics)


@dataclass(frozen=True, slots=True)
class _Stores:
    """All stores on one database."""

    channels: ChannelStore
    changes: ChangeStore
    annotations: AnnotationStore
    snoozes: SnoozeStore
    notes: NoteStore
    memories: MemoryStore
    incidents: IncidentStore
    watches: WatchStore
    sightings: SightingStore
    stories: StoryStore

    @classmethod
    def on(cls, database: Database) -> Self:
        """Make the stores."""
        return cls(
            ChannelStore(database),
            ChangeStore(database),
            AnnotationStore(database),
            SnoozeStore(database),
            NoteStore(database),
            MemoryStore(database),
            IncidentStore(database),
            WatchStore(database),
            SightingStore(database),
            StoryStore(database),
        )


def build_services(
    settings: Settings,
    catalogue: Catalogue,
    database: Database,
    workspaces: Workspaces,
    clock: Callable[[], float],
    steady_clock: Callable[[], float],
    metrics: Metrics,
) -> Services:
    """Build the services of a bot with *settings* that works in *workspaces*."""
    stores, visibility, retention = _Stores.on(database), Visibility(clock), settings.retention
    languages = Languages(stores.channels, default=Language(settings.zimerr_language), clock=clock)
    annotations = Annotations(catalogue, languages, stores.channels, stores.annotations, clock, metrics)
    inspections = Inspections(catalogue, annotations, stores.changes, clock)
    permissions, for_notes = Permissions(settings.admins, clock), Permissions(settings.note_editors, clock)
    memories = Memories(stores.memories, clock)
    notes = TeamNotes(for_notes, catalogue, stores.notes, stores.changes, memories, clock)
    changed = stores.channels, stores.changes, stores.snoozes
    changes = Changes(permissions, for_notes, languages, annotations, *changed, clock, retention)
    watching = Watching(permissions, catalogue, stores.watches, stores.changes, clock)
    ranking = Ranking(stores.sightings, visibility, clock)
    stories = Stories(stores.stories, stores.watches, clock)
    shown = stores.incidents, stores.watches, stores.sightings, stores.changes, stores.channels
    post_rate = PostRate(steady_clock)
    return Services(
        catalogue=catalogue,
        languages=languages,
        annotations=annotations,
        inspections=inspections,
        changes=changes,
        answers=Answers(catalogue, languages, inspections, changes, ranking, stories, notes, watching),
        renderer=Renderer(catalogue, can_escalate=bool(settings.zimerr_escalate)),
        inbox=Inbox(
            database,
            post_rate=post_rate,
            limits=_inbox_limits(settings),
            clock=clock,
            steady_clock=steady_clock,
            metrics=metrics,
        ),
        sender=Sender(workspaces, post_rate, clock, metrics),
        workspaces=workspaces,
        background=Background(),
        log_reader=LogReader(catalogue, open_cascades(), _read_limits(settings)),
        relations=Relations(stores.annotations, clock),
        ownership=Ownership(stores.incidents, clock, 60 * settings.zimerr_remind_minutes),
        homes=Homes(*shown, visibility, clock, retention),
        weekly=WeeklyDigests(stores.channels, stores.sightings, stores.incidents, clock, retention),
        memories=memories,
        notes=notes,
        watching=watching,
        bursts=Bursts(catalogue, stores.watches, stores.sightings, visibility, clock),
        offers=Offers(stores.channels, stores.watches, stores.sightings, clock),
        snoozes=Snoozes(permissions, stores.snoozes, clock),
        channels=stores.channels,
        clock=clock,
        escalation_target=settings.zimerr_escalate,
        metrics=metrics,
    )


def _inbox_limits(settings: Settings) -> InboxLimits:
    retry_s = settings.zimerr_retry_pause_s
    # The jobs of a channel run one at a time, so that a code that was just explained is not explained again.
    return InboxLimits(first_retry_s=retry_s, max_retry_s=256 * retry_s, running_per_channel=1)


def _read_limits(settings: Settings) -> ReadLimits:
    return ReadLimits(
        file_bytes=settings.zimerr_max_file_mb * 2**20,
        unpacked_bytes=settings.zimerr_max_unpacked_mb * 2**20,
        files=settings.zimerr_max_files,
        seconds=settings.zimerr_max_seconds,
    )
