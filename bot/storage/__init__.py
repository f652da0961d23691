"""Store the bot's data in SQLite or PostgreSQL."""

FORGOTTEN = "-"  # in place of the id of a person or channel that was forgotten (see `stored_data`)
