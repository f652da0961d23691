"""A small Slack workspace on this machine: `zimerr demo` shows it to people, tests tell whole stories with it."""

from bot.sandbox.api_error import ActRefused, SlackError
from bot.sandbox.faults import Fault
from bot.sandbox.file_store import Upload
from bot.sandbox.http_server import Sandbox

__all__ = ["ActRefused", "Fault", "Sandbox", "SlackError", "Upload"]
