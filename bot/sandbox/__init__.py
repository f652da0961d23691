"""A small Slack workspace on this machine: `zimerr demo` shows it to people, tests tell whole stories with it."""

from bot.sandbox.errors import Refused, SlackError
from bot.sandbox.faults import Fault
from bot.sandbox.files import Upload
from bot.sandbox.server import Sandbox

__all__ = ["Fault", "Refused", "Sandbox", "SlackError", "Upload"]
