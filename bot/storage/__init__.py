"""Store the bot's data in SQLite or PostgreSQL."""
