"""The methods of the Web API, one module per family; importing them registers them."""

from bot.sandbox.methods import chat_api, conversations_api, files_api, oauth_api, users_api, views_api

__all__ = ["chat_api", "conversations_api", "files_api", "oauth_api", "users_api", "views_api"]
