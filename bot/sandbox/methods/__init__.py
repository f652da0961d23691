"""The methods of the Web API, one module per family; importing them registers them."""

from bot.sandbox.methods import chat, conversations, files, oauth, people, views

__all__ = ["chat", "conversations", "files", "oauth", "people", "views"]
