"""What the bot remembers: tables and the few queries on them, alike on every database."""
