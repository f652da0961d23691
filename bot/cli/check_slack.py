"""Check the connection to Slack for `zimerr check`: network, clock, tokens, secrets and scopes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from email.utils import parsedate_to_datetime

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.oauth.installation_store import Bot
from slack_sdk.web.async_client import AsyncWebClient

from bot import resources
from bot.cli.check_result import CheckResult, Level, faults
from bot.errors import GiveUp, RetryLater, StopWorkspace, ZimerrError
from bot.settings import Settings
from bot.slack.client import SlackClient, response_to
from bot.slack.reachability import unreachable
from bot.slack.workspaces import sign_in, sign_in_socket, slack_client

_MOST_INSTALLATIONS = 20  # that are tried
_SKEW_S, _MAX_SKEW_S = 60.0, 300.0  # Slack's signatures are valid for five minutes


async def check_slack(
    settings: Settings, installed: Sequence[Bot], clock: Callable[[], float] = time.time
) -> AsyncIterator[CheckResult]:
    """Check everything that needs Slack. If it can't be reached, nothing else is tried."""
    async with aiohttp.ClientSession() as session:
        client = slack_client(settings, session)
        try:
            sent_at = clock()
            response = await response_to(client.api_call("api.test", json={}))
            yield CheckResult(Level.OK, "network", f"{client.base_url} answers")
            yield _skew((sent_at + clock()) / 2, response.headers.get("Date"), settings.transport)
        except RetryLater as error:
            yield CheckResult(Level.FAULT, "network", str(unreachable(client, error)))
            return
        except (GiveUp, StopWorkspace) as error:
            yield CheckResult(Level.WARNING, "network", f"{client.base_url} refuses api.test: {error}; is it Slack?")
        if settings.is_for_many:
            yield await _client_secret(client, settings)
            for result in await _installations(settings, session, installed):
                yield result
        else:
            for result in await _bot_token(settings, session):
                yield result
        yield await _transport(client, settings)


def _skew(now: float, date: str | None, transport: str) -> CheckResult:
    """Compare the clock with the time of Slack's answer, which is in whole seconds."""
    if date is None:
        return CheckResult(
            Level.UNKNOWN, "clock", "Slack's answer has no time; synchronize the clock by NTP to be sure"
        )
    ahead_s = now - parsedate_to_datetime(date).timestamp()
    if abs(ahead_s) <= _SKEW_S:
        return CheckResult(Level.OK, "clock", "agrees with Slack's to within a minute")
    differs = f"{abs(ahead_s):,.0f} s {'ahead of' if ahead_s > 0 else 'behind'} Slack's; synchronize it (NTP)"
    if transport == "http" and abs(ahead_s) > _MAX_SKEW_S:
        return CheckResult(Level.FAULT, "clock", f"{differs}: zimerr refuses requests whose time is 5 minutes off")
    return CheckResult(Level.WARNING, "clock", f"{differs}: times in replies and of retries are wrong")


async def _bot_token(settings: Settings, session: aiohttp.ClientSession) -> list[CheckResult]:
    try:
        bot = await sign_in(slack_client(settings, session, settings.slack_bot_token.get_secret_value()))
    except ZimerrError as error:
        return faults("bot token", error.faults)
    accepted = CheckResult(Level.OK, "bot token", f"belongs to workspace {bot.team_name}")
    needed = _needed(settings)
    if not bot.bot_scopes:
        return [accepted, _unknown_scopes(needed)]
    if missing := needed - set(bot.bot_scopes):
        add = f"add {', '.join(sorted(missing))} (OAuth & Permissions), then reinstall the app"
        return [accepted, *faults("scopes", [add])]
    return [accepted, CheckResult(Level.OK, "scopes", "complete")]


async def _installations(
    settings: Settings, session: aiohttp.ClientSession, installed: Sequence[Bot]
) -> list[CheckResult]:
    """Try the tokens of the latest installations, and compare the scopes of all."""
    # The running bot refreshes an expired token before it uses it. A check would use up the refresh token.
    tried = [bot for bot in installed if (bot.bot_token_expires_at or time.time() + 1) > time.time()]
    tried = tried[-_MOST_INSTALLATIONS:]
    found = await asyncio.gather(*(_try(slack_client(settings, session, bot.bot_token), bot) for bot in tried))
    results = [result for result in found if result]
    if not results and tried:
        results = [CheckResult(Level.OK, "bot tokens", f"Slack accepts {len(tried)}")]
    if len(tried) < len(installed):
        text = f"{len(tried)} of {len(installed)} were tried: the latest that have not expired"
        results.append(CheckResult(Level.UNKNOWN, "bot tokens", text))
    return [*results, *installed_scopes(settings, installed)]


async def _try(client: SlackClient, bot: Bot) -> CheckResult | None:
    try:
        await sign_in(client, f"the token of {_name(bot)}")
    except ZimerrError as error:
        return CheckResult(Level.FAULT, "bot tokens", str(error))
    return None


def installed_scopes(settings: Settings, installed: Sequence[Bot]) -> list[CheckResult]:
    """Compare the scopes that each workspace granted at the installation with those that are needed."""
    needed, results = _needed(settings), []
    for bot in installed:
        if not bot.bot_scopes:
            results.append(_unknown_scopes(needed, of=f"{_name(bot)}: "))
        elif missing := needed - set(bot.bot_scopes):
            text = f"{_name(bot)} has not granted {', '.join(sorted(missing))}; install the app there again"
            results.append(CheckResult(Level.FAULT, "scopes", text))
    if installed and not results:
        results.append(CheckResult(Level.OK, "scopes", "complete in each workspace"))
    return results


def _needed(settings: Settings) -> set[str]:
    return {*resources.scopes(), *settings.more_scopes}


def _unknown_scopes(needed: Collection[str], of: str = "") -> CheckResult:
    text = f"{of}Slack does not tell the granted ones; see that the app has {', '.join(sorted(needed))}"
    return CheckResult(Level.UNKNOWN, "scopes", text)


def _name(bot: Bot) -> str:
    return str(bot.team_name or bot.enterprise_name or bot.team_id or bot.enterprise_id)


async def _transport(client: AsyncWebClient, settings: Settings) -> CheckResult:
    """Ask for the URL of a socket, but open none: Slack would deliver to it."""
    if settings.transport == "http":
        text = (
            "can't be tested; if it is wrong, Slack shows dispatch_failed and the log counts 401 Unauthorized: copy it "
            "from the app's page Basic Information"
        )
        return CheckResult(Level.UNKNOWN, "signing secret", text)
    try:
        await sign_in_socket(client, settings)
    except ZimerrError as error:
        return CheckResult(Level.FAULT, "app token", str(error))
    return CheckResult(Level.OK, "app token", "opens a socket")


async def _client_secret(client: AsyncWebClient, settings: Settings) -> CheckResult:
    """Exchange a made-up code: if the client secret is right, Slack refuses nothing but that code."""
    secret = settings.slack_client_secret.get_secret_value()
    try:
        await client.oauth_v2_access(client_id=settings.slack_client_id, client_secret=secret, code="made-up")
    except SlackApiError as error:
        reason = error.response.get("error", error.response.status_code)
        if reason != "invalid_code":
            text = f"Slack refuses SLACK_CLIENT_ID with SLACK_CLIENT_SECRET: {reason}; copy both from Basic Information"
            return CheckResult(Level.FAULT, "app", text)
    except (aiohttp.ClientError, TimeoutError):
        return CheckResult(
            Level.WARNING, "app", "Slack did not answer whether SLACK_CLIENT_SECRET is right; check again"
        )
    return CheckResult(Level.OK, "app", "SLACK_CLIENT_ID and SLACK_CLIENT_SECRET belong together")
