"""Define the reply about the most frequent codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.oncall.periods import Period
from bot.storage.sighting_store import CodeTrend, Seen


@dataclass(frozen=True, slots=True)
class TopReply:
    """The most frequent codes of a span, with the URLs of the messages they were first and last seen in."""

    span: Period
    trends: tuple[CodeTrend, ...]
    links: Mapping[Seen, str]  # without those that Slack did not give
    is_everywhere: bool = False  # in all channels that the reader may see; else in one channel
    is_cut: bool = False  # there are more codes
