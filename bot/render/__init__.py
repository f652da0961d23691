"""Replies in Slack's form (Block Kit). Limits and escaping live here and nowhere else."""
