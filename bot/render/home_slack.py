"""Build the Home tab in Slack: what happens in the channels of its reader, and the codes that they looked up."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from bot.catalogue.catalogue import Catalogue
from bot.i18n import Translator
from bot.policy.home_content import MOST_SHOWN, HomeContent
from bot.policy.noise_rules import Mode
from bot.render import block_kit
from bot.render.block_kit import Block
from bot.render.change_slack import change_line, ignored_line
from bot.render.digest_view import sparkline
from bot.render.incident_slack import incident_title, opening, state_lines
from bot.render.trend_slack import code_line
from bot.render.watch_slack import rule_line
from bot.storage.annotation_store import MessageRef
from bot.storage.change_store import ChannelChange, IgnoredContext
from bot.storage.channel_store import ChannelState, SetBy
from bot.storage.incident_store import Incident
from bot.storage.sighting_store import CodeTrend
from bot.storage.watch_store import Watch

HOME_LOOKUP = "home_lookup"  # action ids
HOME_SHOW = "home_show"  # the value is the code
HOME_UNDO = "home_undo"  # the value names the channel and the change
HOME_FORGET = "home_forget"  # the value names the channel and the fingerprint
_LONGEST_VIEW = 100  # blocks; docs.slack.dev/reference/views/home-tab-views


def home(catalogue: Catalogue, content: HomeContent, notice: str, translate: Translator) -> dict[str, Any]:
    """Build the view. *notice*, the result of the reader's last click, is at the top."""
    blocks = [block_kit.section(f":information_source: {notice}")] if notice else []
    blocks.append(block_kit.lookup(translate("home.lookup"), translate("lookup.placeholder"), HOME_LOOKUP))
    lookups = [_lookup(catalogue, each, translate) for each in content.lookups]
    recent = _part("lookups", lookups, translate) if lookups else []
    if content.is_known:
        alerts = [_alert(catalogue, *each, content, translate) for each in content.alerts]
        incidents = [_incident(catalogue, each, content, translate) for each in content.incidents]
        changes = [_change(catalogue, *each, translate) for each in content.changes]
        blocks += [
            *(_part("alerts", alerts, translate) if alerts else []),
            *(_part("incidents", incidents, translate) if incidents or not alerts else []),
            *_part("codes", [_trend(catalogue, each, translate) for each in content.trends], translate),
            *recent,
            *_part("settings", [_settings(*each, translate) for each in content.settings], translate),
            *(_part("changes", changes, translate) if changes else []),
            *_part("ignored", [_ignored(*each, translate) for each in content.ignored], translate),
        ]
    else:
        blocks += [block_kit.section(translate("home.unknown")), *recent]
    kept = content.retention
    stored = translate("settings.stored", days=kept.days, incident_days=kept.incident_days)
    updated = translate("home.updated", time=block_kit.date(content.at))
    blocks += [block_kit.DIVIDER, block_kit.context(updated, stored)]
    return {"type": "home", "blocks": blocks[:_LONGEST_VIEW]}


def _part(name: str, items: Sequence[Block], translate: Translator) -> list[Block]:
    """Put a divider and a header above *items*, or above a line that says that there are none."""
    header = block_kit.header(translate(f"home.{name}"))
    if not items:
        return [block_kit.DIVIDER, header, block_kit.context(translate(f"home.{name}.none"))]
    more = [block_kit.context(translate("home.more", most=MOST_SHOWN))] if len(items) > MOST_SHOWN else []
    return [block_kit.DIVIDER, header, *items[:MOST_SHOWN], *more]


def _alert(
    catalogue: Catalogue, watch: Watch, incident: Incident | None, content: HomeContent, translate: Translator
) -> Block:
    since = translate("home.since", time=block_kit.date(watch.since or watch.at))
    opened = opening(content.links.get(MessageRef(watch.team, watch.channel, watch.alert_ts or "")), translate)
    lines = [f":rotating_light: {rule_line(catalogue, watch.rule, translate)}", f"<#{watch.channel}> · {since}{opened}"]
    return block_kit.section("\n".join([*lines, *(state_lines(incident, translate) if incident else [])]))


def _incident(catalogue: Catalogue, incident: Incident, content: HomeContent, translate: Translator) -> Block:
    title = incident_title(catalogue, incident, translate)
    opened = opening(content.links.get(incident.ref), translate)
    lines = [f"{title} · <#{incident.ref.channel}>{opened}", *state_lines(incident, translate)]
    return block_kit.section("\n".join(lines))


def _trend(catalogue: Catalogue, trend: CodeTrend, translate: Translator) -> Block:
    count = translate.count("top.count", trend.count)
    return block_kit.section(f"{code_line(catalogue, trend.code, translate)}\n`{sparkline(trend.parts)}`  {count}")


def _lookup(catalogue: Catalogue, code: int, translate: Translator) -> Block:
    show = block_kit.button(translate("button.show"), HOME_SHOW, value=str(code))
    return block_kit.section(code_line(catalogue, code, translate), accessory=show)


def _settings(channel: str, state: ChannelState, translate: Translator) -> Block:
    lines = [
        _setting(translate(f"home.mode.{state.mode or Mode.THREAD}"), state.mode_by, translate),
        _setting(
            translate("home.language", language=translate(f"language.{state.language}"))
            if state.language
            else translate("home.language.auto"),
            state.language_by,
            translate,
        ),
        _setting(translate("home.weekly" if state.weekly else "home.weekly.off"), state.weekly_by, translate),
        _setting(translate(f"home.answers.{state.answers or 'auto'}"), state.answers_by, translate),
    ]
    return block_kit.section("\n".join([f"<#{channel}>", *filter(None, lines)]))


def _setting(said: str, by: SetBy | None, translate: Translator) -> str:
    """Name a setting and its author; empty if nobody has set it."""
    if by is None:
        return ""
    return f"• {translate('home.by', said=said, who=block_kit.mention(by.user), time=block_kit.date(by.at))}"


def _change(catalogue: Catalogue, channel: str, change: ChannelChange, translate: Translator) -> Block:
    text = f"<#{channel}> · {block_kit.date(change.at)}\n{change_line(catalogue, change, translate)}"
    value = json.dumps({"channel": channel, "id": change.id})
    return block_kit.section(text, accessory=block_kit.button(translate("button.undo"), HOME_UNDO, value=value))


def _ignored(channel: str, context: IgnoredContext, translate: Translator) -> Block:
    text = f"<#{channel}> · {ignored_line(context, translate)}"
    value = json.dumps({"channel": channel, "fingerprint": context.fingerprint})
    return block_kit.section(text, accessory=block_kit.button(translate("button.forget"), HOME_FORGET, value=value))
