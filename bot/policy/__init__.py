"""What a person can ask for, one function each. No Slack types here."""
