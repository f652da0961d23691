"""Tell what the bot does: metrics, traces and error reports. None of them contains text, tokens or names."""
