"""The composition root: settings in, a running bot out."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import time
from collections.abc import AsyncIterator, Callable
from functools import partial
from urllib.parse import urljoin

import aiohttp
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot import log, resources, slack
from bot.background import Background
from bot.catalogue.catalogue import Catalogue, open_catalogue
from bot.errors import ZimerrError, named
from bot.i18n import Language
from bot.inbox import Inbox, InboxLimits, RateLimit
from bot.policy.annotate import Annotations
from bot.policy.answer import Answers
from bot.policy.language import Languages
from bot.policy.triage_pool import TriagePool
from bot.render.renderer import Renderer
from bot.settings import Settings
from bot.slack.client import SlackClient
from bot.slack.deps import Deps
from bot.slack.failure_notice import FailureNotice
from bot.slack.incident import Incidents
from bot.slack.log_jobs import LogJobs
from bot.slack.log_reader import LogReader
from bot.slack.oauth import InstallFlow, Uninstall, oauth_settings
from bot.slack.report_upload import ReportUpload
from bot.slack.sender import Sender
from bot.slack.worker import Worker
from bot.slack.workspaces import ManyWorkspaces, OneWorkspace, Workspaces, installations, sign_in, slack_client
from bot.storage.annotation_store import AnnotationStore
from bot.storage.channel_store import ChannelStore
from bot.storage.database import UNREACHABLE, Database
from bot.storage.installation_store import forget_states, states
from bot.storage.notice_store import NoticeStore
from bot.triage.cascades import open_cascades
from bot.triage.reader import ReadLimits

EVENTS_PATH = "/slack/events"
_GRACE_S = 10.0  # for what is in work when the bot is told to stop
_KEEP_ANNOTATIONS_S = 30 * 86_400.0  # older messages are hardly edited; their replies stay as they are
_TIDY_EVERY_S = 3600.0
_log = log.get(__name__)


@contextlib.asynccontextmanager
async def running(settings: Settings, clock: Callable[[], float] = time.time) -> AsyncIterator[None]:
    """A bot that answers for as long as the context is open; raises ZimerrError where it can't start."""
    catalogue = open_catalogue(settings.zimerr_overlay)
    async with contextlib.AsyncExitStack() as stack:
        database = Database(settings.database_url)
        stack.push_async_callback(database.close)
        await database.open()
        # One session for all calls: the client would open a connection for each otherwise.
        connector, cookies = aiohttp.TCPConnector(limit=0), aiohttp.DummyCookieJar()
        session = await stack.enter_async_context(aiohttp.ClientSession(connector=connector, cookie_jar=cookies))
        connect = partial(slack_client, settings, session)
        client = connect(settings.slack_bot_token.get_secret_value() or None)
        workspaces, described = await _workspaces(settings, database, client, connect, clock)
        background = Background()
        app, inbox, worker, on_stop = _assemble(settings, catalogue, database, client, workspaces, clock, background)
        routes = _install_routes(settings, database, workspaces, client)
        if settings.transport == "socket":
            await _over_socket(app, settings, stack)
        else:
            routes.append(_events_route(app))
        if routes:
            await _listen(routes, inbox, settings, stack)
        stack.push_async_callback(_ended, asyncio.create_task(_tidy(database, clock)))
        # These end first, and before the connection: what Slack sends meanwhile is recorded still.
        stack.push_async_callback(background.drain, _GRACE_S)
        stack.push_async_callback(inbox.close, _GRACE_S)
        await inbox.open(worker.work, on_stop=on_stop)
        _log.info("ready", transport=settings.transport, workspace=described)
        yield


async def _workspaces(
    settings: Settings,
    database: Database,
    client: SlackClient,
    connect: Callable[[str | None], SlackClient],
    clock: Callable[[], float],
) -> tuple[Workspaces, str]:
    """The workspace of the bot's token, or those where the app is installed; with words for the log."""
    if not settings.is_for_many:
        identity = await sign_in(client)
        return OneWorkspace(client, identity), identity.team
    store = installations(settings, database)
    installed = await store.all()
    secret = settings.slack_client_secret.get_secret_value()
    return ManyWorkspaces(store, connect, client_secret=secret, clock=clock), f"{len(installed)} installed"


def _install_routes(
    settings: Settings, database: Database, workspaces: Workspaces, client: AsyncWebClient
) -> list[web.RouteDef]:
    if not isinstance(workspaces, ManyWorkspaces):
        return []
    chosen = oauth_settings(
        workspaces.installations,
        states(database),
        client_secret=settings.slack_client_secret.get_secret_value(),
        scopes=resources.scopes(),
        authorization_url=urljoin(settings.slack_api_url, "/oauth/v2/authorize"),
    )
    return InstallFlow(chosen, client, workspaces).routes()


def _say_stopped(team: str, reason: str) -> None:
    _log.error(
        "Slack no longer accepts SLACK_BOT_TOKEN: install the app again (OAuth & Permissions), put its token in place "
        "and restart. What waits to be answered is kept.",
        team=team,
        reason=reason,
    )


async def _ended(task: asyncio.Task[None]) -> None:
    # Awaited, so that the database is not closed under it.
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _tidy(database: Database, clock: Callable[[], float]) -> None:
    """Forget old annotations, and who did not install the app in the end, now and then."""
    store = AnnotationStore(database)
    while True:
        try:
            await store.forget_before(clock() - _KEEP_ANNOTATIONS_S)
            await forget_states(database, before=clock())
        except UNREACHABLE as error:
            _log.warning("old annotations could not be forgotten now", error=named(error))
        await asyncio.sleep(_TIDY_EVERY_S)


async def serve(settings: Settings) -> None:
    """Run the bot until the process is told to stop."""
    stopped = asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, stopped.set)
    async with running(settings):
        # What is there for good need not be looked through again, nor what comes and goes so often: an eighth of the
        # time of a reply went into that.
        gc.freeze()
        gc.set_threshold(50_000)
        await stopped.wait()
        _log.info("stopping")


def _assemble(
    settings: Settings,
    catalogue: Catalogue,
    database: Database,
    client: AsyncWebClient,
    workspaces: Workspaces,
    clock: Callable[[], float],
    background: Background,
) -> tuple[AsyncApp, Inbox, Worker, Callable[[str, str], None]]:
    """The bot's parts, put together; nothing is received yet."""
    renderer = Renderer(catalogue)
    channels = ChannelStore(database)
    languages = Languages(channels, default=Language(settings.zimerr_language), clock=clock)
    annotations = Annotations(catalogue, languages, channels, AnnotationStore(database), clock)
    answers = Answers(catalogue, languages, annotations)
    rate_limit = RateLimit(clock)
    poster = Sender(workspaces, rate_limit)
    given_up = FailureNotice(NoticeStore(database), languages, renderer, poster, clock)
    triages = TriagePool(catalogue, open_cascades(), _log_limits(settings), time.monotonic)
    reader = LogReader(triages)
    logs = LogJobs(reader, ReportUpload(catalogue, triages.cascades), annotations, languages, renderer, poster)
    standings = Incidents(languages, renderer, poster, clock, settings.zimerr_escalate)
    worker = Worker(annotations, answers, renderer, poster, given_up, workspaces, logs, standings)
    inbox = Inbox(database, limits=_limits(settings), clock=clock, rate_limit=rate_limit)
    leaving = None
    if isinstance(workspaces, ManyWorkspaces):
        leaving = Uninstall(workspaces, inbox, languages, database, background)

    app = _bolt(settings, client, workspaces)
    if leaving:
        leaving.register(app)
    parts = Deps(
        catalogue, annotations, answers, languages, renderer, inbox, poster, workspaces, background, reader, standings
    )
    slack.register(app, parts)
    return app, inbox, worker, leaving.stop if leaving else _say_stopped


def _bolt(settings: Settings, client: AsyncWebClient, workspaces: Workspaces) -> AsyncApp:
    """Bolt, of which only what the bot needs is on."""
    secret = settings.slack_signing_secret
    return AsyncApp(
        client=client,
        authorize=_Authorize(workspaces),  # type: ignore[arg-type]  # Bolt takes one, but does not say so
        signing_secret=secret.get_secret_value() if secret else None,
        # Slack gets its acknowledgement when the listener has returned: recorded first, then acknowledged.
        process_before_response=True,
        # What only assistants and workflow steps need.
        attaching_conversation_kwargs_enabled=False,
        attaching_function_token_enabled=False,
    )


class _Authorize(AsyncAuthorize):
    """Says who the bot is where something happened. Bolt's own way asks Slack, and drops the event when that fails."""

    def __init__(self, workspaces: Workspaces) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Bolt's, without types
        self._workspaces = workspaces

    async def __call__(self, *, enterprise_id: str | None, team_id: str | None, **_: object) -> AuthorizeResult | None:
        found = await self._workspaces.find(team_id, enterprise_id)
        return found.authorization if found else None


def _limits(settings: Settings) -> InboxLimits:
    pause_s = settings.zimerr_retry_pause_s
    # One job of a channel at a time: what was explained there just now decides about the next.
    return InboxLimits(first_retry_s=pause_s, max_retry_s=256 * pause_s, running_per_channel=1)


def _log_limits(settings: Settings) -> ReadLimits:
    return ReadLimits(
        file_bytes=settings.zimerr_max_file_mb * 2**20,
        unpacked_bytes=settings.zimerr_max_unpacked_mb * 2**20,
        files=settings.zimerr_max_files,
        seconds=settings.zimerr_max_seconds,
    )


async def sign_in_socket(client: AsyncWebClient, settings: Settings) -> None:
    """Try the app-level token; raises ZimerrError where it is no good.

    A bad one would make the socket's client try for ever without a word.
    """
    try:
        await client.apps_connections_open(app_token=_app_token(settings))
    except SlackApiError as error:
        raise ZimerrError(
            f"Slack refuses SLACK_APP_TOKEN: {error.response.get('error', error.response.status_code)}. Make an "
            "app-level token with the scope connections:write on the app's page Basic Information, and turn Socket "
            "Mode on."
        ) from error


async def _over_socket(app: AsyncApp, settings: Settings, stack: contextlib.AsyncExitStack) -> None:
    await sign_in_socket(app.client, settings)
    handler = AsyncSocketModeHandler(app, _app_token(settings))
    stack.push_async_callback(handler.close_async)
    await handler.connect_async()  # type: ignore[no-untyped-call]  # Bolt's, without types


def _app_token(settings: Settings) -> str:
    return settings.slack_app_token.get_secret_value() if settings.slack_app_token else ""


def _events_route(app: AsyncApp) -> web.RouteDef:
    async def events(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await app.async_dispatch(await to_bolt_request(request)))

    return web.post(EVENTS_PATH, events)


async def _listen(
    routes: list[web.RouteDef], inbox: Inbox, settings: Settings, stack: contextlib.AsyncExitStack
) -> None:
    async def healthy(_: web.Request) -> web.Response:
        # Before it works and when it is about to stop, a balancer turns away; what comes all the same is recorded.
        return web.json_response({"ok": inbox.is_open}, status=200 if inbox.is_open else 503)

    server = web.Application()
    server.add_routes([*routes, web.get("/healthz", healthy)])
    runner = web.AppRunner(server, access_log=None)
    stack.push_async_callback(runner.cleanup)
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.host, settings.port).start()
    except OSError as error:
        raise ZimerrError(f"Port {settings.port} can't be opened: {error.strerror}. Set PORT to a free one.") from error
