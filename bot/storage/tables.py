"""The tables. Times are seconds since the epoch; ids are Slack's.

A change here needs a migration in `bot/storage/migrations/versions`; a test compares the two. Rows with a `team` are
forgotten when that workspace is lost.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy import text as sql

metadata = MetaData()

channel_settings = Table(
    "channel_settings",
    metadata,
    Column("team", String(32), primary_key=True),
    Column("channel", String(32), primary_key=True),
    Column("language", String(8)),  # null: find out
    Column("mode", String(8)),  # null: thread
)

# One row per thing that is to be answered; what is done stays a while, so that a second delivery is known as such.
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
    Column("attempts", Integer, nullable=False),  # begun so far
    Column("refused", Integer, nullable=False),  # of these, how many Slack told to wait: they do not count as failed
    Column("received_at", Float, nullable=False),
    Column("next_attempt_at", Float, nullable=False),  # while pending
    Column("lease_until", Float),  # while working: after this, another may take it over
    Column("lease_owner", String(128)),
    Column("finished_at", Float),  # once done or dead
    Column("reason", Text),  # why the last attempt failed
    UniqueConstraint("event_id", "kind", name="inbox_event"),
    UniqueConstraint("team", "channel", "ts", "kind", name="inbox_message"),
)


def _partial(name: str, columns: tuple[str, ...], condition: str) -> Index:
    return Index(
        name, *(inbox.c[column] for column in columns), sqlite_where=sql(condition), postgresql_where=sql(condition)
    )


# The conditions stand in the queries in the same words (`bot.inbox.rows.in_state`): else the index is not used.
_partial("inbox_pending", ("next_attempt_at", "id"), "state = 'pending'")
_partial("inbox_working", ("lease_until",), "state = 'working'")
_partial("inbox_open", ("thread", "id"), "state IN ('pending', 'working')")
_partial("inbox_done", ("finished_at",), "state = 'done'")

# What was done about a message, so that it can follow the message's edits and deletion.
annotated = Table(
    "annotated",
    metadata,
    Column("team", String(32), primary_key=True),
    Column("channel", String(32), primary_key=True),
    Column("ts", String(32), primary_key=True),  # of the message
    Column("thread", String(32), nullable=False),
    Column("act", String(8), nullable=False),
    Column("reply", String(32)),  # the bot's message; null where it only reacted or counted
    Column("codes", JSON, nullable=False),
    Column("shapes", JSON, nullable=False),
    Column("at", Float, nullable=False, index=True),
)

# Which code was explained where, for a thread's count and a channel's cool-down.
explained = Table(
    "explained",
    metadata,
    Column("team", String(32), primary_key=True),
    Column("channel", String(32), primary_key=True),
    Column("thread", String(32), primary_key=True),
    Column("code", Integer, primary_key=True, autoincrement=False),
    Column("reply", String(32), nullable=False),
    Column("count", Integer, nullable=False),
    Column("at", Float, nullable=False),
    Index("explained_lately", "team", "channel", "at"),
)

# Shapes that people called no code (see bot/detection/shape.py).
refused_shapes = Table(
    "refused_shapes",
    metadata,
    Column("team", String(32), primary_key=True),
    Column("channel", String(32), primary_key=True),
    Column("shape", String(16), primary_key=True),
)

# How many messages people wrote in which language, the old ones fading.
language_votes = Table(
    "language_votes",
    metadata,
    Column("team", String(32), primary_key=True),
    Column("channel", String(32), primary_key=True),
    Column("en", Integer, nullable=False),
    Column("zh", Integer, nullable=False),
)

# The tables of slack_sdk's stores, as those expect them; encrypted, a token outgrows the 200 characters there.
slack_bots = Table(
    "slack_bots",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("client_id", String(32), nullable=False),
    Column("app_id", String(32), nullable=False),
    Column("enterprise_id", String(32)),
    Column("enterprise_name", String(200)),
    Column("team_id", String(32)),  # null where the organisation has installed the app
    Column("team_name", String(200)),
    Column("bot_token", Text),
    Column("bot_id", String(32)),
    Column("bot_user_id", String(32)),
    Column("bot_scopes", String(1000)),
    Column("bot_refresh_token", Text),
    Column("bot_token_expires_at", DateTime),
    Column("is_enterprise_install", Boolean, nullable=False),
    Column("installed_at", DateTime, nullable=False),
    Index("slack_bots_idx", "client_id", "enterprise_id", "team_id", "installed_at"),
)
slack_oauth_states = Table(
    "slack_oauth_states",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("state", String(200), nullable=False),
    Column("expire_at", DateTime, nullable=False),
)

# Which teams belong to which organisation (Enterprise Grid), as far as events have told.
enterprise_teams = Table(
    "enterprise_teams",
    metadata,
    Column("team", String(32), primary_key=True),
    Column("enterprise", String(32), nullable=False),
)

# When people in a channel were told last why the bot can't answer there.
told = Table(
    "told",
    metadata,
    Column("team", String(32), primary_key=True),
    Column("channel", String(32), primary_key=True),
    Column("what", String(32), primary_key=True),
    Column("at", Float, nullable=False),
)
