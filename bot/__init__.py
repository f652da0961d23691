"""zimerr: explains ZEGO ZIM error codes where they turn up, in Slack and in a terminal."""
