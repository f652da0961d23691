"""Run the `zimerr` command."""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """Run the command line and exit with its status."""
    if sys.version_info < (3, 11):  # noqa: UP036  pip refuses it, but a checkout also runs without being installed
        sys.exit(f"zimerr needs Python 3.11 or later; this is {sys.version.split()[0]}. Make the environment with it.")
    # Most objects that a command creates live until it ends. Collecting garbage less often, and not at the exit, saves
    # a sixth of the CPU time of `zimerr explain`.
    gc.set_threshold(50_000)
    from bot.cli.main import commands

    try:
        sys.exit(commands(prog_name="zimerr"))
    finally:
        gc.freeze()


if __name__ == "__main__":
    main()
