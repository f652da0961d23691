"""One module per step, in order. Tables are written out here, not taken from `bot.storage.tables`, which moves on."""
