"""Build the bot from its settings, and run it."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from functools import partial
from importlib import metadata

import aiohttp
import structlog
from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bot import log, slack
from bot.catalogue.catalogue import Catalogue, open_catalogue
from bot.catalogue.sdk_enum import newest_compared
from bot.errors import describe
from bot.health import Check, Health, backlog_check, database_check, schema_check, socket_check, workspace_check
from bot.inbox.job import JobState
from bot.inbox.lease import steady_time
from bot.inbox.rows import InboxRows
from bot.periodic import repeating
from bot.server import (
    DEFAULT_PORT,
    EVENTS_PATH,
    connected,
    health_routes,
    listening,
    metrics_route,
    open_handler,
    signed_handler,
)
from bot.settings import Retention, Settings, unknown_names
from bot.slack.client import SlackClient
from bot.slack.deliveries import ObservedApp
from bot.slack.events import Envelopes
from bot.slack.rounds import Rounds
from bot.slack.services import Services
from bot.slack.suspension import Suspensions
from bot.slack.worker import Worker
from bot.slack.workspaces import ManyWorkspaces, OneWorkspace, Workspaces, installations, sign_in, slack_client
from bot.storage.annotation_store import AnnotationStore
from bot.storage.change_store import ChangeStore
from bot.storage.channel_store import ChannelStore
from bot.storage.database import UNREACHABLE, Database
from bot.storage.incident_store import IncidentStore
from bot.storage.lookup_store import LookupStore
from bot.storage.sighting_store import SightingStore
from bot.storage.snooze_store import SnoozeStore
from bot.storage.watch_store import WatchStore
from bot.telemetry import tracing
from bot.telemetry.metrics import Metrics

_GRACE_S = 10.0  # for running work when the bot stops
_TIDY_INTERVAL_S = 3600.0
_DAY_S = 86_400.0
_log = structlog.stdlib.get_logger(__name__)


@contextlib.asynccontextmanager
async def running(
    settings: Settings, clock: Callable[[], float] = time.time, steady_clock: Callable[[], float] = steady_time
) -> AsyncIterator[None]:
    """Run the bot while the context is open. Raises ZimerrError if it can't start."""
    catalogue = open_catalogue(settings.zimerr_overlay)
    metrics = _metrics(catalogue)
    async with contextlib.AsyncExitStack() as stack:
        health = await stack.enter_async_context(_observed(settings, metrics))
        database = Database(settings.database_url)
        stack.push_async_callback(database.close)
        await database.open()
        session = await stack.enter_async_context(_http_session())
        connect = partial(slack_client, settings, session, metrics=metrics)
        workspaces = await stack.enter_async_context(_workspaces(settings, database, connect, clock))
        services = Services(settings, catalogue, database, workspaces, clock, steady_clock, metrics)
        app = _bolt(settings, connect(), workspaces, metrics)
        on_lost = None
        if isinstance(workspaces, ManyWorkspaces):
            on_lost = _lost_handler(app, services, workspaces, database)
        slack.register(app, services)
        suspensions = Suspensions(workspaces, services.inbox.resume, on_lost)
        stack.push_async_callback(suspensions.close)
        checks = _checks(settings, database, services, suspensions)
        if settings.transport == "socket":
            checks["socket"] = socket_check(await stack.enter_async_context(connected(app, settings)))
        if routes := _routes(settings, app, workspaces, clock):
            routes += health_routes(health)
            await stack.enter_async_context(listening(routes, settings.host, settings.port or DEFAULT_PORT, metrics))
        stack.push_async_callback(services.languages.locales.close)
        await stack.enter_async_context(tidying(database, clock, settings.retention))
        # The stack closes these before the connection, so requests that arrive meanwhile are still recorded.
        stack.push_async_callback(services.background.drain, _GRACE_S)
        await stack.enter_async_context(Rounds(services).running())
        stack.push_async_callback(services.inbox.close, _GRACE_S)
        await stack.enter_async_context(health.watching(services.inbox, checks))
        worker = Worker(services)
        await services.inbox.open(worker.work, on_exhausted=worker.report_exhausted, on_stop=suspensions.stop)
        _log.info("ready", transport=settings.transport, workspaces=await workspaces.describe())
        yield


@contextlib.asynccontextmanager
async def _observed(settings: Settings, metrics: Metrics) -> AsyncIterator[Health]:
    """Serve the state of the bot on HEALTH_PORT, and export traces, while the context is open.

    It is the first to open and the last to close: probes are answered while a large database is upgraded.
    """
    async with contextlib.AsyncExitStack() as stack:
        health = Health(metrics)
        if port := settings.health_port:
            routes = [*health_routes(health), metrics_route(metrics)]
            await stack.enter_async_context(listening(routes, settings.host, port, metrics, setting="HEALTH_PORT"))
            await stack.enter_async_context(metrics.measuring_lag())
        await stack.enter_async_context(tracing.exporting(settings.traces_endpoint))
        yield health


def _checks(settings: Settings, database: Database, services: Services, suspensions: Suspensions) -> dict[str, Check]:
    """Return the checks of all parts but the socket."""
    return {
        "database": database_check(database),
        "schema": schema_check(database),
        "backlog": backlog_check(services.inbox, services.metrics),
        "workspace": workspace_check(suspensions.reasons, is_for_many=settings.is_for_many),
    }


async def serve(settings: Settings) -> None:
    """Run the bot until the process gets SIGINT or SIGTERM."""
    if unknown := unknown_names():
        _log.warning("unknown settings", names=", ".join(unknown))
    log.log_loop_errors(asyncio.get_running_loop())
    stopped = asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, stopped.set)
    async with running(settings):
        # The garbage collector ignores the objects of the start and runs less often: it took an eighth of the time of a
        # reply.
        gc.freeze()
        gc.set_threshold(5_000)  # at 50,000, garbage takes 5 MB more, and replies no less time
        # A thread that reads a log lets the event loop go on after this time. At the default of 5 ms, each query waited
        # that long, and requests queued up for half a second.
        sys.setswitchinterval(0.0005)  # seconds
        await stopped.wait()
        _log.info("stopping")


@contextlib.asynccontextmanager
async def _workspaces(
    settings: Settings, database: Database, connect: Callable[[str | None], SlackClient], clock: Callable[[], float]
) -> AsyncIterator[Workspaces]:
    """Sign in to the one workspace, or open the store of the many."""
    if not settings.is_for_many:
        client = connect(settings.slack_bot_token.get_secret_value())
        yield OneWorkspace(client, await sign_in(client))
        return
    secret = settings.slack_client_secret.get_secret_value()
    many = ManyWorkspaces(installations(settings, database), connect, client_secret=secret, clock=clock)
    try:
        yield many
    finally:
        await many.close(_GRACE_S)


def _http_session() -> aiohttp.ClientSession:
    """Return the session that all calls share: without one, the client opens a connection for each call."""
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), cookie_jar=aiohttp.DummyCookieJar())


def _lost_handler(
    app: AsyncApp, services: Services, workspaces: ManyWorkspaces, database: Database
) -> Callable[[str, str], None]:
    """Listen to the events about workspaces that the app has lost; return the function that forgets one of them."""
    from bot.slack.oauth import Uninstall  # imports cryptography, which needs 7 MB

    uninstall = Uninstall(services, workspaces, database)
    uninstall.register(app)
    return uninstall.stop


def _routes(
    settings: Settings, app: AsyncApp, workspaces: Workspaces, clock: Callable[[], float]
) -> list[web.RouteDef]:
    """Return the routes for Slack's requests and for the installation by OAuth."""
    routes = []
    if isinstance(workspaces, ManyWorkspaces):
        from bot.slack.oauth import INSTALL_PATH, REDIRECT_PATH, InstallFlow

        flow = InstallFlow(settings, workspaces, app.client, clock)
        routes.append(web.get(INSTALL_PATH, open_handler(flow.handle_installation)))
        routes.append(web.get(REDIRECT_PATH, open_handler(flow.handle_callback)))
    if settings.transport == "http":
        secret = settings.slack_signing_secret.get_secret_value()
        routes.append(web.post(EVENTS_PATH, signed_handler(app.async_dispatch, secret)))
    return routes


def _metrics(catalogue: Catalogue) -> Metrics:
    """Return new metrics that know the version and the catalogue."""
    metrics = Metrics()
    metrics.build.labels(metadata.version("zimerr")).set(1)
    metrics.catalogue.labels(newest_compared(), catalogue.sha256).set(1)
    metrics.catalogue_codes.set(len(catalogue))
    return metrics


def _bolt(settings: Settings, client: AsyncWebClient, workspaces: Workspaces, metrics: Metrics) -> AsyncApp:
    """Create the Bolt app with unused features turned off."""

    async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult | None:
        found = await workspaces.find(team_id, enterprise_id)
        return found.authorization if found else None

    return ObservedApp(
        metrics,
        client=client,
        authorize=authorize,
        signing_secret=settings.slack_signing_secret.get_secret_value() or None,
        raise_error_for_unhandled_request=True,  # to `bot.slack.context.report_errors`; Bolt would log the whole body
        before_authorize=Envelopes(),
        # `signed_handler` does both, before the body is parsed.
        request_verification_enabled=False,
        ssl_check_enabled=False,
        # Acknowledge after the listener has returned: it records the event first.
        process_before_response=True,
        attaching_conversation_kwargs_enabled=False,  # for assistants only
        # Steps end with the bot's token. That of `function_executed` would have to be stored, and expires after 15
        # minutes: https://github.com/slackapi/bolt-python/issues/1075
        attaching_function_token_enabled=False,
    )


def tidying(
    database: Database, clock: Callable[[], float], retention: Retention
) -> contextlib.AbstractAsyncContextManager[None]:
    """Delete rows older than *retention* allows, every hour while the context is open."""

    async def tidy() -> None:
        try:
            before = clock() - retention.days * _DAY_S
            await AnnotationStore(database).forget_before(before)
            await ChannelStore(database).forget_locales(before=before)  # those in use are renewed every day
            await ChannelStore(database).forget_notices(before=before)
            await InboxRows(database).purge(before=before, state=JobState.DEAD)
            await ChangeStore(database).forget_before(before, now=clock())
            await IncidentStore(database).forget_before(clock() - retention.incident_days * _DAY_S)
            await SnoozeStore(database).forget_before(clock())
            await SightingStore(database).forget_before(before)
            await LookupStore(database).forget_before(before)
            await WatchStore(database).forget_before(before)
        except UNREACHABLE as error:
            _log.warning("old rows could not be deleted", error=describe(error))

    return repeating(tidy, _TIDY_INTERVAL_S)
