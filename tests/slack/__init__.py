"""Tests of the bot's side of Slack."""
