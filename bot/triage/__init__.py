"""A log becomes a digest: read as a stream, scanned, dated, folded by cause, redacted.

Pure: neither Slack, nor asyncio, nor the clock, nor the database.
"""
