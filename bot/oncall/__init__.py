"""Define the rules and replies for people on call: incidents, watches, stories, snoozes and counts."""
