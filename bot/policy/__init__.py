"""Decide what the bot says and when. No Slack types here."""
