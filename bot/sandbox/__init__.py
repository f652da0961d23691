"""Run a small Slack workspace on this machine: `zimerr demo` shows it in a browser, and tests run scenarios in it."""

from bot.sandbox.faults import Fault
from bot.sandbox.file_store import Upload
from bot.sandbox.http_server import Sandbox
from bot.sandbox.model import ActionRefused, SlackError

__all__ = ["ActionRefused", "Fault", "Sandbox", "SlackError", "Upload"]
