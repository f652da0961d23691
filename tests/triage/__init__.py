"""Tests of `bot.triage`."""
