"""Record who changed what in a channel, and forget the contexts that were learned too broadly.

The rows of refused_shapes are deleted: each silences all numbers beside one word, in many channels all error codes. The
new columns have defaults, with which a replica of the previous version may still insert a row. It has already expired.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the columns and the table."""
    for name in ("language", "mode"):
        op.add_column("channel_settings", sa.Column(f"{name}_by", sa.String(32)))
        op.add_column("channel_settings", sa.Column(f"{name}_at", sa.Float))
    op.execute("DELETE FROM refused_shapes")
    # The fingerprints of earlier annotations belong to no code, and mean the same broad contexts.
    op.execute("UPDATE annotated SET shapes = '[]'")
    for column in (
        sa.Column("code", sa.Integer, nullable=False, server_default="0"),
        sa.Column("user", sa.String(32), nullable=False, server_default=""),
        sa.Column("at", sa.Float, nullable=False, server_default="0"),
        sa.Column("until", sa.Float, nullable=False, server_default="0"),
        sa.Column("link", sa.String(255), nullable=False, server_default=""),
    ):
        op.add_column("refused_shapes", column)
    op.create_table(
        "changes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("team", sa.String(32), nullable=False),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("what", sa.String(16), nullable=False),
        sa.Column("user", sa.String(32), nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("detail", sa.JSON, nullable=False),
        sa.Column("undone_by", sa.String(32)),
    )
    op.create_index("ix_changes_at", "changes", ["at"])
