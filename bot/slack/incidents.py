"""Let people take, release and resolve an incident, and show its state on its triage or alert, and on its log.

1. A click is stored before it is acknowledged. If two people click at once, the first becomes the owner; the second is
   asked whether to take over.
2. The message is updated after that, until it shows the latest state: updates from two replicas may cross.
   `bot.slack.rounds` repeats updates that failed.
3. A person whose incident was taken over gets a direct message.
"""

from __future__ import annotations

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.errors import GiveUp
from bot.inbox import Job
from bot.oncall.ownership import Claim
from bot.policy.links import link_to
from bot.policy.place import LogSource
from bot.policy.replies import Reply, TakenOver
from bot.render import block_kit, incident_slack
from bot.slack import confirmation
from bot.slack.context import RequestContext
from bot.slack.listeners import after_ack, with_context
from bot.slack.lookup import Payload
from bot.slack.reactions import TAKEN, Reactions
from bot.slack.services import Services
from bot.storage.incident_store import Incident
from bot.triage.redact import redact

_MOST_UPDATES = 5  # of a message that is changed again and again
_log = structlog.stdlib.get_logger(__name__)


def register(app: AsyncApp, services: Services) -> None:
    """Listen to the buttons that take, release, resolve and reopen, and to their dialogs."""
    app.action(incident_slack.TRIAGE_TAKE)(with_context(take, services))
    app.action(incident_slack.TRIAGE_RELEASE)(with_context(release, services))
    app.action(incident_slack.TRIAGE_REOPEN)(with_context(reopen, services))
    app.action(incident_slack.TRIAGE_RESOLVE)(after_ack(ask_what_helped, services))
    app.view(incident_slack.TRIAGE_TAKE)(with_context(confirmation.confirmed(take), services))
    app.view(incident_slack.TRIAGE_RESOLVE)(with_context(confirmation.confirmed(resolve), services))


async def take(context: RequestContext, body: Payload, ack: AsyncAck) -> None:
    """Make the person the owner of the incident, also in place of the owner that a dialog showed them.

    If it has another owner, ask whether to take over.
    """
    seen = confirmation.value_of(body).get("over")
    claim = await context.services.ownership.take(_seed(context, body), context.place.user, over=seen)
    await ack()
    owner = claim.after.owner
    if owner == context.place.user:
        context.in_background(_present(context, claim, body))
    else:
        context.in_background(_ask_to_take_over(context, body, claim.after))


async def release(context: RequestContext, body: Payload, ack: AsyncAck) -> None:
    """Leave the incident without an owner, if the person is its owner."""
    claim = await context.services.ownership.release(_seed(context, body), context.place.user)
    await ack()
    if claim.after.owner and claim.after.owner != context.place.user:
        context.in_background(_ask_to_take_over(context, body, claim.after))
    else:
        context.in_background(_present(context, claim, body))


async def reopen(context: RequestContext, body: Payload, ack: AsyncAck) -> None:
    """Reopen a resolved incident."""
    claim = await context.services.ownership.reopen(_seed(context, body), context.place.user)
    await ack()
    context.in_background(_present(context, claim, body))


async def ask_what_helped(context: RequestContext, body: Payload) -> None:
    """Open the dialog that asks for the resolution."""
    origin = confirmation.origin(context, body)
    await confirmation.show(context, body, context.services.renderer.resolution(await context.language(), origin))


async def resolve(context: RequestContext, body: Payload, ack: AsyncAck) -> None:
    """Resolve the incident with the typed resolution; secrets in it are masked before it is stored."""
    typed = body["view"]["state"]["values"][incident_slack.HELPED][incident_slack.HELPED]["value"]
    helped = " ".join(redact(block_kit.printable(typed or "")).text.split())
    claim = await context.services.ownership.resolve(_seed(context, body), context.place.user, helped)
    await ack()
    context.in_background(_present(context, claim, body))


async def present(
    context: RequestContext, incident: Incident, message: Payload | None = None, job: Job | None = None
) -> None:
    """Show the state of *incident* on its message and on its log, if any, until both are up to date.

    *message* is the message as the click brought it; without it, Slack is asked. Raises RetryLater, GiveUp or
    StopWorkspace.
    """
    services, place = context.services, context.place
    log = LogSource.parse(incident.source) if incident.source else LogSource("")
    for _ in range(_MOST_UPDATES):
        message = message or await context.lookup.message(place.channel, incident.ref.ts, incident.thread)
        if message and message.get("blocks"):  # otherwise nothing shows a state
            shown = {"text": message["text"], "blocks": message["blocks"]}
            await services.sender.update(place, incident.ref.ts, services.renderer.with_state(shown, incident), job=job)
        if message:
            react = Reactions(context).add if incident.owner else Reactions(context).remove
            await react(log.ts or log.thread or incident.ref.ts, TAKEN)
        latest = await services.ownership.shown(incident)
        if latest.version == incident.version:
            return
        incident, message = latest, None


def seed(context: RequestContext, message: Payload, value: Payload) -> Incident:
    """Return the incident of *message*, as the *value* of its buttons describes it."""
    ref = context.ref(message["ts"])
    thread = message.get("thread_ts", message["ts"])
    return Incident(ref, thread, value["key"], value["language"], value.get("code"))


async def _present(context: RequestContext, claim: Claim, body: Payload) -> None:
    """Show the outcome of a click, and tell the person whose incident was taken over."""
    context.services.memories.forget(claim.after.ref.team, claim.after.code)
    message = body.get("message")
    await present(context, claim.after, message if message and message.get("text") else None)
    if claim.replaced:
        link = await link_to(context.lookup, context.place.channel, claim.after.ref.ts)
        told = TakenOver(context.place.user, context.place.channel, link, claim.after.is_alert)
        await send_dm(context, claim.replaced, told)


async def send_dm(context: RequestContext, user: str, reply: Reply) -> None:
    """Send a direct message about an incident to *user*, in their language, unless Slack refuses it."""
    other = context.for_person(user)
    message = context.services.renderer.message(reply, await other.language())
    try:
        await context.services.sender.send_dm(other.place, message)
    except GiveUp as error:  # a person who has left
        _log.info("Slack refused a direct message", channel=context.place.channel, reason=error.reason)


async def _ask_to_take_over(context: RequestContext, body: Payload, incident: Incident) -> None:
    """Ask whether to take over from the owner."""
    language, minutes = await context.language(), (context.services.clock() - incident.at) / 60
    origin = confirmation.origin(context, body, over=incident.user)
    view = context.services.renderer.take_over(language, incident, round(minutes), origin)
    await confirmation.show(context, body, view)


def _seed(context: RequestContext, body: Payload) -> Incident:
    return seed(context, body["message"], confirmation.value_of(body))
