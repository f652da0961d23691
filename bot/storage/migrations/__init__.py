"""Migrate the schema step by step with Alembic. Each step runs on SQLite and on PostgreSQL."""
