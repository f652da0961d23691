"""Triage logs: read, scan, date, count, find the likely cause, redact. The result is a digest.

Pure: imports neither Slack, asyncio, the clock nor the database.
"""
