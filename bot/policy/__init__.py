"""Choose the bot's replies and when to post them. Independent of Slack's types."""
