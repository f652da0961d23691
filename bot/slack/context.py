"""Define the context of one request or job.

A handler gets a `RequestContext` and the payload: it calls one service and replies. Errors become replies here only.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, replace

import structlog
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import GiveUp, RetryLater, StopWorkspace, describe
from bot.i18n import Language, script_language
from bot.inbox import Job
from bot.policy.place import Place
from bot.policy.question import question_of
from bot.policy.replies import AnyChange, Explained, FileSeen, Reply, Triaged
from bot.policy.troubles import Barred, Failed, Refused, missing_scope
from bot.render.block_kit import MessagePayload
from bot.slack.client import is_trusted
from bot.slack.lookup import Payload, SlackLookup, id_at, team_of, text_at, thread_for_ephemeral
from bot.slack.services import Services
from bot.storage.annotation_store import MessageRef
from bot.storage.batching import TRANSIENT

_log = structlog.stdlib.get_logger(__name__)
_MOST_IN_BUTTON = 2000  # characters of its value


@dataclass(frozen=True, slots=True)
class RequestContext:
    """One request or job: its place, the lookup for its workspace, and the ways to answer the person who caused it."""

    services: Services
    place: Place
    lookup: SlackLookup
    own_bot: str | None  # the bot's id in this workspace
    thread: str | None = None  # for private replies; None: the channel
    respond: AsyncRespond | None = None  # sends to the response_url of the request
    job: Job | None = None
    kind: str = ""  # of the request, for the log
    text_language: Language | None = None  # of the command or message, by its script

    @classmethod
    def of_request(cls, services: Services, body: Payload, bolt: AsyncBoltContext) -> RequestContext:
        """Make the context of a request that Bolt received."""
        # A modal has no channel and no response_url; it brings back those of the command that opened it.
        origin = _origin(body)
        channel = id_at(body, "channel", "id") or id_at(body, "channel_id") or id_at(origin, "channel")
        channel = channel or id_at(body, "event", "channel") or id_at(body, "event", "item", "channel")
        user = id_at(body, "user", "id") or id_at(body, "user_id")
        user = user or id_at(body, "event", "inviter") or id_at(body, "event", "user")
        # A command names the person's workspace as its own.
        home = id_at(body, "user", "team_id") or (id_at(body, "team_id") if body.get("command") else "")
        return cls(
            services,
            Place(team_of(body), channel, user),
            SlackLookup(bolt.client, own_team=_own_team(bolt.authorize_result), home=home),
            bolt.bot_id,
            thread=_thread(body, origin),
            respond=responder(bolt.client, body.get("response_url") or origin.get("url")),
            kind=text_at(body, "command") or text_at(body, "type"),
            text_language=script_language(text_at(body, "text") or text_at(body, "message", "text")),
        )

    @classmethod
    async def of_job(cls, services: Services, job: Job) -> RequestContext:
        """Make the context of a job; raises StopWorkspace if the app is not installed there."""
        return (await cls.of_place(services, job.place)).with_job(job)

    @classmethod
    async def of_place(cls, services: Services, place: Place) -> RequestContext:
        """Make the context of work without a request; raises StopWorkspace if the app is not installed there."""
        workspace = await services.workspaces.get(place.team)
        lookup = SlackLookup(workspace.client, own_team=_own_team(workspace.authorization))
        return cls(services, place, lookup, workspace.authorization.bot_id)

    def with_job(self, job: Job) -> RequestContext:
        """Return the context of another job in the same channel."""
        thread = thread_for_ephemeral(job.thread, job.ts)
        return replace(self, place=job.place, thread=thread, job=job, text_language=text_language_of(job))

    def for_person(self, user: str) -> RequestContext:
        """Return the context to address another person in the same channel."""
        return replace(self, place=replace(self.place, user=user), text_language=None, respond=None)

    def ref(self, ts: str) -> MessageRef:
        """Return the reference of a message in the channel."""
        return MessageRef(self.place.team, self.place.channel, ts)

    async def read_files(self, message: Payload) -> Sequence[FileSeen]:
        """Read each file of *message* as a triage does. Raises RetryLater or StopWorkspace."""
        return await self.services.log_reader.read_files(self.lookup, message)

    async def language(self) -> Language:
        """Return the language of the person."""
        languages = self.services.languages
        return (await languages.of_person(self.place, self.lookup, text_language=self.text_language)).language

    async def channel_language(self) -> Language:
        """Return the language of the channel."""
        languages = self.services.languages
        return (await languages.of_channel(self.place, self.lookup, text_language=self.text_language)).language

    async def reply_privately(
        self, reply: Reply, language: Language | None = None, *, chosen: Language | None = None
    ) -> None:
        """Show *reply* to the person only, by default in their language; *chosen* is one that they selected.

        A request is answered at its response_url, else by an ephemeral message. In a direct message, a job's reply is
        posted. Raises RetryLater, GiveUp or StopWorkspace.
        """
        language = chosen or language or await self.language()
        if self.respond:
            await self.reply_to_url(reply, language, is_chosen=chosen is not None)
            return
        sender = self.services.sender
        if self.job and self.place.is_direct:
            await sender.post([self.job], await self.message(reply, language))
        else:
            message = await self.private_message(reply, language)
            await sender.post_ephemeral(self.place, self.thread, message, job=self.job)

    async def answer_lookup(self, reply: Reply, *, chosen: Language | None = None) -> None:
        """Show *reply* as `reply_privately` does, and record which code the person looked up."""
        await self.reply_privately(reply, chosen=chosen)
        self.record_lookup(reply)

    async def message(self, reply: Reply, language: Language, *, share: str = "") -> MessagePayload:
        """Render *reply* with the workspace's memories of its codes; *share* as in `Renderer.message`."""
        recalled = await self.services.memories.recall(reply, self.place, self.lookup)
        return self.services.renderer.message(recalled, language, share=share)

    async def private_message(self, reply: Reply, language: Language, *, is_chosen: bool = False) -> MessagePayload:
        """Render *reply* for the person only, with *Share to channel* if it can be made again there.

        *is_chosen*: the person has chosen the language, so that it stays when they share the reply. A triage in a
        direct message is shared with the channel of its log.
        """
        question = question_of(reply) if self.place.channel and not self.place.is_direct else None
        share = ""
        if question:
            value = question.to_json() | {"language": language} | ({"chosen": True} if is_chosen else {})
            if isinstance(reply, Triaged) and reply.origin:
                value |= {"to": reply.origin, "url": self.respond.response_url if self.respond else None}
            share = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        share = share if len(share) <= _MOST_IN_BUTTON else ""
        return await self.message(as_copy(reply), language, share=share)

    async def reply_to_url(
        self,
        reply: Reply,
        language: Language,
        *,
        is_public: bool = False,
        replaces: bool = False,
        is_chosen: bool = False,
    ) -> None:
        """Send *reply* to the response_url; works where the bot is not a member, too.

        If it *replaces* the message with the button, the audience stays the same. A new private one has *Share to
        channel*, for which *is_chosen* is as in `private_message`. If the URL is refused, for example because it is
        older than 30 minutes, the person gets a direct message. Raises RetryLater, GiveUp or StopWorkspace.
        """
        plain = await self.message(reply if is_public else as_copy(reply), language)
        is_plain = is_public or replaces
        message = plain if is_plain else await self.private_message(reply, language, is_chosen=is_chosen)
        try:
            await self.send_to_url(message, is_public=is_public, replaces=replaces)
        except GiveUp as error:
            _log.info("Slack refused a response_url", kind=self.kind, reason=error.reason, messages=error.messages)
            await self.services.sender.send_dm(self.place, plain)

    async def show_change(self, reply: Reply, *, replaces: bool = False) -> None:
        """Show a change to the whole channel, in place of the message with the button or as a new one.

        If Slack refuses, only the person sees it, with a note about that. Other replies are private anyway.
        """
        if not isinstance(reply, AnyChange):
            await self.reply_privately(reply)
            return
        message = await self.message(reply, await self.channel_language())
        context = self if replaces else replace(self, thread=None)
        try:
            await context.send_to_url(message, is_public=True, replaces=replaces)
        except (RetryLater, GiveUp) as error:
            _log.warning("a change is not shown to the channel", channel=self.place.channel, reason=str(error))
            await self.show_untold(reply)

    async def show_untold(self, reply: AnyChange) -> None:
        """Show a change to the person who made it only, with a note that the channel does not show it."""
        untold, language = replace(reply, untold=self.place.channel), await self.language()
        try:
            await self.reply_to_url(untold, language)
        except RetryLater:
            await self.services.sender.send_dm(self.place, self.services.renderer.message(untold, language))

    async def send_to_url(self, message: MessagePayload, *, is_public: bool, replaces: bool = False) -> None:
        """Send a message to the response_url. Raises RetryLater or GiveUp."""
        if self.respond is None:
            raise GiveUp("no_response_url")
        team, sender = self.place.team, self.services.sender
        await sender.respond(team, self.respond, message, thread=self.thread, is_public=is_public, replaces=replaces)

    def record_lookup(self, reply: Reply) -> None:
        """Store in the background that the person looked up the code of *reply*, if it explains a single one.

        Call this after the reply is sent, so that the reply does not wait. A failure is only logged.
        """
        if isinstance(reply, Explained) and len(reply.entries) == 1 and self.place.user:
            services, place, code = self.services, self.place, reply.entries[0].code
            services.background.start(services.lookups.put(place.team, place.user, code, at=services.clock()))

    def in_background(self, work: Awaitable[None]) -> None:
        """Run *work* after the request was acknowledged, and report its failure."""

        async def run() -> None:
            try:
                await work
            except Exception as error:
                await self.report_error(error)

        self.services.background.start(run())

    async def report_error(self, error: Exception) -> None:
        """Log *error* with an id, and reply to the person: at the response_url, else by a direct message."""
        reply, language = self.failure(error, kind=self.kind), await self.language()
        try:
            await self.reply_to_url(reply, language)
        except RetryLater:
            await self.services.sender.send_dm(self.place, self.services.renderer.message(reply, language))

    def log_failure(self, error: Exception, *, kind: str) -> str:
        """Log the failure of a request or job of *kind*, and return its id in the log. Only a bug gets a traceback."""
        incident = uuid.uuid4().hex[:8]
        is_slack = isinstance(error, GiveUp | RetryLater | StopWorkspace)
        is_expected = is_slack or isinstance(error, TRANSIENT)
        reason = str(error) if is_slack else describe(error)
        _log.error("a request failed", id=incident, kind=kind, reason=reason, exc_info=None if is_expected else error)
        self.services.metrics.failures.labels("slack" if is_slack else "database" if is_expected else "bug").inc()
        return incident

    def failure(self, error: Exception, *, kind: str, attempts: int = 1) -> Barred | Failed | Refused:
        """Log *error*, and return the reply that explains it, with Slack's reason if Slack refused a call.

        *kind* is that of the request or job, *attempts* the number of attempts at the job.
        """
        incident = self.log_failure(error, kind=kind)
        if isinstance(error, GiveUp):
            return missing_scope(error, self.place) or Refused(error.reason, incident, attempts)
        return Refused(str(error), incident, attempts) if isinstance(error, RetryLater) else Failed(incident)


def responder(client: AsyncWebClient, url: object) -> AsyncRespond | None:
    """Return a function that sends to the response_url *url*, or None if that is not a URL of Slack's."""
    if not isinstance(url, str) or not is_trusted(client, url):
        return None
    return AsyncRespond(response_url=url, proxy=client.proxy, ssl=client.ssl)


def as_copy(reply: Reply) -> Reply:
    """Return *reply* without the buttons that change its message: for one person, or if the bot can't change it."""
    return replace(reply, is_copy=True) if isinstance(reply, Triaged) else reply


def _thread(body: Payload, origin: Payload) -> str | None:
    """Return the `thread_ts` for a private reply to a request, or None to show it in the channel.

    Buttons have a container, shortcuts a message. The first message of a thread is in the channel, as the person is.
    """
    source = body.get("container") or body.get("message") or origin
    return thread_for_ephemeral(id_at(source, "thread_ts"), id_at(source, "message_ts") or id_at(source, "ts")) or None


def _origin(body: Payload) -> Payload:
    """Return the channel and the response_url of the command that opened a modal (see `bot.slack.views`)."""
    try:
        origin = json.loads(text_at(body, "view", "private_metadata") or "{}")
    except ValueError:
        origin = None
    return origin if isinstance(origin, dict) else {}


def text_language_of(job: Job) -> Language | None:
    """Return the language of the message of a job, by its script."""
    language = job.detail.get("text_language")
    return Language(language) if language else None


def _own_team(authorization: AuthorizeResult | None) -> str:
    """Return the workspace that the bot's token belongs to, empty if it belongs to an organization."""
    return (authorization and authorization.team_id) or ""
