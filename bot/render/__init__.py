"""Render replies for Slack, and triages as plain text. Slack's limits and escaping are in `block_kit` only."""
