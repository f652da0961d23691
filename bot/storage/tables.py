"""The tables. Times are seconds since the epoch; ids are Slack's."""

from __future__ import annotations

from sqlalchemy import Column, Float, MetaData, String, Table

metadata = MetaData()

channel_settings = Table(
    "channel_settings",
    metadata,
    Column("team", String(32), primary_key=True),
    Column("channel", String(32), primary_key=True),
    Column("language", String(8)),  # null: find out
)

# One row per message that was taken up, so that a second delivery of it is known as such.
deliveries = Table(
    "deliveries",
    metadata,
    Column("team", String(32), primary_key=True),
    Column("channel", String(32), primary_key=True),
    Column("ts", String(32), primary_key=True),
    Column("seen_at", Float, nullable=False, index=True),
)
