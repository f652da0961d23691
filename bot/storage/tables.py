"""Define the tables. Times are seconds since the epoch; ids are those of Slack.

A change here needs a migration in `bot/storage/migrations/versions`; a test compares the two. Rows with a `team` are
deleted when that workspace uninstalls the app.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    BindParameter,
    Boolean,
    Column,
    ColumnElement,
    DateTime,
    Float,
    FromClause,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    func,
)
from sqlalchemy import text as sql

metadata = MetaData()


def _channel_table(name: str, *columns: Column[Any] | Index) -> Table:
    """Define a table whose primary key starts with a team and a channel."""
    keys = (Column(key, String(32), primary_key=True) for key in ("team", "channel"))
    return Table(name, metadata, *keys, *columns)


def _numbered_table(name: str, *columns: Column[Any] | Index) -> Table:
    """Define a table with a team and a numeric primary key."""
    id_ = Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    return Table(name, metadata, id_, Column("team", String(32), nullable=False), *columns)


def in_channel(
    table: FromClause, team: str | BindParameter[str], channel: str | BindParameter[str]
) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions that select the rows of a channel."""
    return table.c.team == team, table.c.channel == channel


# The row of a workspace has an empty channel.
channel_settings = _channel_table(
    "channel_settings",
    Column("language", String(8)),  # null: detected
    Column("language_by", String(32)),  # who set it, even if to null; null: nobody yet
    Column("language_at", Float),
    Column("mode", String(8)),  # null: thread
    Column("mode_by", String(32)),
    Column("mode_at", Float),
    Column("answers", String(8)),  # who sees the answers to the command; null: the workspace's setting, or everybody
    Column("answers_by", String(32)),
    Column("answers_at", Float),
    Column("weekly", String(8)),  # whether the channel gets the weekly digest; null: no
    Column("weekly_by", String(32)),
    Column("weekly_at", Float),
)

# One row per job. Done rows are kept for a while, so that a second delivery of the same event is recognized.
inbox = Table(
    "inbox",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),  # in order of arrival
    Column("event_id", String(64)),  # null where the event is not known
    Column("team", String(32), nullable=False),
    Column("channel", String(32), nullable=False),
    Column("user", String(32), nullable=False),
    Column("ts", String(32), nullable=False),
    Column("thread", String(32), nullable=False),
    Column("kind", String(48), nullable=False),
    Column("codes", JSON, nullable=False),
    Column("detail", JSON, nullable=False),
    Column("state", String(8), nullable=False),  # pending, working, done, dead
    Column("attempts", Integer, nullable=False),  # started so far
    Column("refused", Integer, nullable=False),  # attempts that Slack rate-limited: they do not count as failed
    Column("unposted", Integer, nullable=False, server_default="0"),  # attempts that ended before a reply was sent
    Column("received_at", Float, nullable=False),
    Column("next_attempt_at", Float, nullable=False),  # while pending
    Column("lease_until", Float),  # while working; afterwards, another process may take it over
    Column("lease_owner", String(128)),
    Column("finished_at", Float),  # once done or dead
    Column("reason", Text),  # why the last attempt failed
    UniqueConstraint("event_id", "kind", name="inbox_event"),
    UniqueConstraint("team", "channel", "ts", "kind", name="inbox_message"),
)

# A query uses these indexes only if it repeats the condition literally (see `bot.inbox.rows.in_state`).
for _name, _columns, _condition in (
    ("inbox_pending", ("next_attempt_at", "id"), "state = 'pending'"),
    ("inbox_working", ("lease_until",), "state = 'working'"),
    ("inbox_open", ("thread", "id"), "state IN ('pending', 'working')"),
    ("inbox_done", ("finished_at",), "state = 'done'"),
):
    _where = sql(_condition)
    Index(_name, *(inbox.c[column] for column in _columns), sqlite_where=_where, postgresql_where=_where)

# The annotation of each message, so that its reply can follow edits and deletion.
annotated = _channel_table(
    "annotated",
    Column("ts", String(32), primary_key=True),  # of the message
    Column("thread", String(32), nullable=False),
    Column("act", String(8), nullable=False),
    Column("reply", String(32)),  # the ts of the bot's message; null: it only reacted or counted
    Column("codes", JSON, nullable=False),
    Column("shapes", JSON, nullable=False),  # pairs of a code and the fingerprint of its context
    Column("log", JSON(none_as_null=True)),  # the summary of a log, and when it was read; null: no log
    Column("platform", String(16)),  # that the message shows (`Platform.key`); null: not certain
    Column("server_codes", JSON(none_as_null=True)),  # pairs of a code and the server's own code beside it
    Column("at", Float, nullable=False, index=True),
)

# The codes that replies explained, for the count in a thread and the cool-down of a channel.
explained = _channel_table(
    "explained",
    Column("thread", String(32), primary_key=True),
    Column("code", Integer, primary_key=True, autoincrement=False),
    Column("reply", String(32), nullable=False),
    Column("count", Integer, nullable=False),
    Column("at", Float, nullable=False, index=True),
    Index("explained_lately", "team", "channel", "at"),
)

# The number of occurrences of each code in each message that the bot acted on.
sightings = _channel_table(
    "sightings",
    Column("ts", String(32), primary_key=True),  # of the message
    Column("code", Integer, primary_key=True, autoincrement=False),
    Column("count", Integer, nullable=False),
    Column("at", Float, nullable=False, index=True),  # when the message was posted
    Index("sightings_lately", "team", "at"),
)

# The codes that each person looked up, and when they last did.
lookups = Table(
    "lookups",
    metadata,
    Column("team", String(32), primary_key=True),
    Column("user", String(32), primary_key=True),
    Column("code", Integer, primary_key=True, autoincrement=False),
    Column("at", Float, nullable=False, index=True),
)

# Contexts of numbers that people marked as not a code (see `bot.detection.fingerprint`).
ignored_contexts = _channel_table(
    "refused_shapes",
    Column("shape", String(16), primary_key=True),  # the fingerprint
    Column("code", Integer, nullable=False, server_default="0"),
    Column("user", String(32), nullable=False, server_default=""),  # who marked it
    Column("at", Float, nullable=False, server_default="0"),
    Column("until", Float, nullable=False, server_default="0"),  # ignored until then
    Column("link", String(255), nullable=False, server_default=""),  # to the message; empty if Slack gave none
)

# The owner and status of each incident: a triage or an alert that somebody has taken, resolved or escalated.
incidents = _channel_table(
    "incidents",
    Column("ts", String(32), primary_key=True),  # of the bot's message
    Column("thread", String(32), nullable=False),
    Column("source", String(80), nullable=False),  # of the log (see `bot.policy.place.LogSource`)
    Column("language", String(8), nullable=False),  # of the message
    Column("code", Integer),  # of the likely cause; null: no code is
    Column("status", String(8), nullable=False),
    Column("user", String(32), nullable=False),  # who gave it that status, and when
    Column("at", Float, nullable=False),
    Column("helped", Text, nullable=False, server_default=""),  # one line by the person who resolved it
    Column("escalated_by", String(32)),
    Column("escalated_at", Float),
    Column("version", Integer, nullable=False),  # number of changes
    Column("shown", Integer, nullable=False),  # the version that the message shows
    Column("due_at", Float, index=True),  # when the message is to be updated, or the owner reminded
    Index("incidents_of_code", "team", "code"),
)

# The events of each incident, in order.
incident_history = _numbered_table(
    "incident_history",
    Column("channel", String(32), nullable=False),
    Column("ts", String(32), nullable=False),
    Column("what", String(16), nullable=False),
    Column("user", String(32), nullable=False),
    Column("at", Float, nullable=False, index=True),
    Column("helped", Text, nullable=False, server_default=""),  # one line by the person who resolved it
    Index("incident_history_of", "team", "channel", "ts"),
)

# The notes of workspaces about codes. Every version is a row; the newest one counts.
team_notes = _numbered_table(
    "team_notes",
    Column("code", Integer, nullable=False),
    Column("text", Text, nullable=False),  # one line, without secrets; empty: removed
    Column("user", String(32), nullable=False),
    Column("at", Float, nullable=False),
    Index("team_notes_of_code", "team", "code"),
)

# The watches, each with its alert while that is open.
watches = _numbered_table(
    "watches",
    Column("channel", String(32), nullable=False),  # in which it was made and its alerts are posted
    Column("subject", String(80), nullable=False),  # see `bot.oncall.watch_rule.WatchSubject`
    Column("count", Integer, nullable=False),
    Column("span_s", Integer, nullable=False),
    Column("is_everywhere", Boolean, nullable=False),
    Column("group", String(32), nullable=False),  # the user group to mention once; empty: none
    Column("user", String(32), nullable=False),  # who made it
    Column("at", Float, nullable=False),
    Column("stopped_at", Float),  # null: active
    Column("since", Float),  # of the open alert: when its first code came; null: no alert is open
    Column("alert_ts", String(32)),  # its message; null: not posted yet, empty: Slack refused it
    Column("reached_at", Float),  # when the count was last reached
    Column("shown_count", Integer),  # by its message, and when that was updated
    Column("shown_at", Float),
    Column("due_at", Float, index=True),  # when to count next; null: never
    Index("watches_of", "team", "channel"),
)

# The codes that get a reaction instead of a reply.
snoozes = _channel_table(
    "snoozes",
    Column("code", Integer, primary_key=True, autoincrement=False),
    Column("until", Float, nullable=False, index=True),
    Column("times_left", Integer),  # messages until it ends; null: it ends by time only
    Column("user", String(32), nullable=False),
    Column("at", Float, nullable=False),
)

# Changes for everybody in a channel, kept so that they can be undone.
changes = _numbered_table(
    "changes",
    Column("channel", String(32), nullable=False),
    Column("what", String(16), nullable=False),
    Column("user", String(32), nullable=False),
    Column("at", Float, nullable=False, index=True),
    Column("detail", JSON, nullable=False),  # the new value, and what to restore
    Column("undone_by", String(32)),
)

# The number of messages in each language; old ones lose weight.
language_votes = _channel_table(
    "language_votes",
    Column("en", Integer, nullable=False),
    Column("zh", Integer, nullable=False),
)

# The cache of locales, so that replies do not wait for Slack.
locales = Table(
    "locales",
    metadata,
    Column("team", String(32), primary_key=True),
    Column("id", String(32), primary_key=True),  # of a channel or a person
    Column("locale", String(64)),  # null: Slack returned none
    Column("asked_at", Float, nullable=False),
)

# The table of slack_sdk's store, except that encrypted tokens exceed its 200 characters. A test compares the two. It is
# not taken from there, because that imports SQLAlchemy's object-relational mapper (8 MB).
slack_bots = Table(
    "slack_bots",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("client_id", String(32), nullable=False),
    Column("app_id", String(32), nullable=False),
    Column("enterprise_id", String(32)),
    Column("enterprise_name", String(200)),
    Column("team_id", String(32)),
    Column("team_name", String(200)),
    Column("bot_token", Text),
    Column("bot_id", String(32)),
    Column("bot_user_id", String(32)),
    Column("bot_scopes", String(1000)),
    Column("bot_refresh_token", Text),
    Column("bot_token_expires_at", DateTime),
    Column("is_enterprise_install", Boolean, default=False, nullable=False),
    Column("installed_at", DateTime, default=func.now(), nullable=False),
    Index("slack_bots_idx", "client_id", "enterprise_id", "team_id", "installed_at"),
)

# The organization (Enterprise Grid) of each team, as learned from events.
enterprise_teams = Table(
    "enterprise_teams",
    metadata,
    Column("team", String(32), primary_key=True),
    Column("enterprise", String(32), nullable=False),
)

# The last time of each notice, weekly digest, offer and shared answer in a channel.
notices = _channel_table(
    "told",
    Column("what", String(32), primary_key=True),
    Column("at", Float, nullable=False),
)

# The version of zimerr that upgraded the schema to each of its versions. Earlier versions of zimerr read this table, so
# it must not change.
upgrades = Table(
    "upgrades",
    metadata,
    Column("schema", String(32), primary_key=True),
    Column("zimerr", String(32), nullable=False),
    Column("at", Float, nullable=False),
)
