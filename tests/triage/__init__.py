"""Tests of triage: what becomes of a log."""
