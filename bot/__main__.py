"""The `zimerr` command."""

from __future__ import annotations

import sys

from bot.cli.main import commands


def main() -> None:
    """Run the command line; exits with its status."""
    sys.exit(commands(prog_name="zimerr"))


if __name__ == "__main__":
    main()
