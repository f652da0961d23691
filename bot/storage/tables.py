"""The tables. Times are seconds since the epoch; ids are Slack's."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Float, Index, Integer, MetaData, String, Table

metadata = MetaData()

channel_settings = Table(
    "channel_settings",
    metadata,
    Column("team", String(32), primary_key=True),
    Column("channel", String(32), primary_key=True),
    Column("language", String(8)),  # null: find out
    Column("mode", String(8)),  # null: thread
)

# One row per message that was taken up, so that a second delivery of it is known as such.
deliveries = Table(
    "deliveries",
    metadata,
    Column("team", String(32), primary_key=True),
    Column("channel", String(32), primary_key=True),
    Column("ts", String(64), primary_key=True),  # and what happened to it
    Column("seen_at", Float, nullable=False, index=True),
)

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
    Column("code", Integer, primary_key=True),
    Column("reply", String(32), nullable=False),
    Column("count", Integer, nullable=False),
    Column("at", Float, nullable=False),
    Index("explained_lately", "team", "channel", "at"),
)

# Shapes that people called no code (see bot/detect/shape.py).
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
