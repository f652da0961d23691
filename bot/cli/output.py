"""Print text that fits the terminal.

Lines fit the terminal, or as many columns as COLUMNS says. In a pipe without COLUMNS, they are as long as they are, for
the next program. URLs and paths are never divided.
"""

from __future__ import annotations

import os
import shutil
import sys

import click

from bot.i18n import Translator

_FEWEST_COLUMNS = 20


def columns(*, err: bool = False) -> int | None:
    """Return the width of standard output or, with *err*, of standard error; None if there is no limit."""
    if not os.environ.get("COLUMNS", "").isdecimal() and not (sys.stderr if err else sys.stdout).isatty():
        return None
    return max(shutil.get_terminal_size().columns, _FEWEST_COLUMNS)


def echo(text: str, *, err: bool = False) -> None:
    """Print *text* in lines that fit."""
    from bot.render.line_layout import hanging  # rich takes as long as all the rest of `explain --json`

    for line in text.splitlines():
        click.echo("\n".join(hanging(line, columns(err=err))), err=err)


def announce_input(translate: Translator) -> None:
    """Say on a terminal that the command reads standard input, which looks like a command that hangs."""
    if sys.stdin.isatty():
        echo(translate("terminal.waiting"), err=True)
