"""Build the services that all requests and jobs share."""

from __future__ import annotations

from collections.abc import Callable

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
from bot.storage.lookup_store import LookupStore
from bot.storage.memory_store import MemoryStore
from bot.storage.note_store import NoteStore
from bot.storage.sighting_store import SightingStore
from bot.storage.snooze_store import SnoozeStore
from bot.storage.story_store import StoryStore
from bot.storage.watch_store import WatchStore
from bot.telemetry.metrics import Metrics
from bot.triage.cascades import open_cascades
from bot.triage.reader import ReadLimits


class _Stores:
    """All stores on one database."""

    def __init__(self, database: Database) -> None:
        self.channels = ChannelStore(database)
        self.changes = ChangeStore(database)
        self.annotations = AnnotationStore(database)
        self.snoozes = SnoozeStore(database)
        self.notes = NoteStore(database)
        self.memories = MemoryStore(database)
        self.incidents = IncidentStore(database)
        self.watches = WatchStore(database)
        self.sightings = SightingStore(database)
        self.lookups = LookupStore(database)
        self.stories = StoryStore(database)


class Services:
    """The services that all requests of a bot in *workspaces* share."""

    def __init__(
        self,
        settings: Settings,
        catalogue: Catalogue,
        database: Database,
        workspaces: Workspaces,
        clock: Callable[[], float],
        steady_clock: Callable[[], float],
        metrics: Metrics,
    ) -> None:
        self.catalogue, self.workspaces, self.clock, self.metrics = catalogue, workspaces, clock, metrics
        self.escalation_target = settings.zimerr_escalate  # id of a person or user group, or empty
        post_rate = PostRate(steady_clock)
        self.inbox = Inbox(
            database,
            post_rate=post_rate,
            limits=_inbox_limits(settings),
            clock=clock,
            steady_clock=steady_clock,
            metrics=metrics,
        )
        self.sender = Sender(workspaces, post_rate, clock, metrics)
        self.background = Background()
        self.log_reader = LogReader(catalogue, open_cascades(), _read_limits(settings))
        self.renderer = Renderer(catalogue, can_escalate=bool(settings.zimerr_escalate))
        stores, permissions, visibility = _Stores(database), Permissions(settings.admins, clock), Visibility(clock)
        self._make_answers(settings, stores, permissions, visibility)
        self._make_oncall(settings, stores, permissions, visibility)

    def _make_answers(
        self, settings: Settings, stores: _Stores, permissions: Permissions, visibility: Visibility
    ) -> None:
        """Make the services that answer messages and commands."""
        catalogue, clock = self.catalogue, self.clock
        channels, changes = stores.channels, stores.changes
        note_permissions = Permissions(settings.note_editors, clock)
        self.channels, self.lookups = channels, stores.lookups
        self.languages = Languages(channels, default=Language(settings.zimerr_language), clock=clock)
        self.annotations = Annotations(catalogue, self.languages, channels, stores.annotations, clock, self.metrics)
        self.inspections = Inspections(catalogue, self.annotations, changes, clock)
        self.relations = Relations(stores.annotations, clock)
        self.memories = Memories(stores.memories, clock)
        self.notes = TeamNotes(note_permissions, catalogue, stores.notes, changes, self.memories, clock)
        changed = channels, changes, stores.snoozes
        self.changes = Changes(
            permissions, note_permissions, self.languages, self.annotations, *changed, clock, settings.retention
        )
        self.watching = Watching(permissions, catalogue, stores.watches, changes, clock)
        ranking, stories = Ranking(stores.sightings, visibility, clock), Stories(stores.stories, stores.watches, clock)
        self.answers = Answers(
            catalogue, self.languages, self.inspections, self.changes, ranking, stories, self.notes, self.watching
        )

    def _make_oncall(
        self, settings: Settings, stores: _Stores, permissions: Permissions, visibility: Visibility
    ) -> None:
        """Make the services that follow codes and incidents over time."""
        clock, retention = self.clock, settings.retention
        channels, incidents, watches, sightings = stores.channels, stores.incidents, stores.watches, stores.sightings
        self.ownership = Ownership(incidents, clock, 60 * settings.zimerr_remind_minutes)
        self.snoozes = Snoozes(permissions, stores.snoozes, clock)
        self.bursts = Bursts(self.catalogue, watches, sightings, visibility, clock)
        self.offers = Offers(channels, watches, sightings, clock)
        self.weekly = WeeklyDigests(channels, sightings, incidents, clock, retention)
        shown = incidents, watches, sightings, stores.changes, channels, stores.lookups
        self.homes = Homes(*shown, visibility, clock, retention)


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
