"""Tests of what ships in `deploy/`, and of the distributions."""
