"""One module per migration. Tables are spelled out here, because those of `bot.storage.tables` change."""
