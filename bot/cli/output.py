"""Print text that fits the terminal.

Lines fit the terminal, or as many columns as COLUMNS says. In a pipe without COLUMNS, they are as long as they are, for
the next program. Only URLs are never divided.
"""

from __future__ import annotations

import os
import shutil
import sys

import click

_FEWEST_COLUMNS = 20


def columns(*, err: bool = False) -> int | None:
    """Return the width of standard output or, with *err*, of standard error; None if there is no limit."""
    if not os.environ.get("COLUMNS", "").isdecimal() and not (sys.stderr if err else sys.stdout).isatty():
        return None
    return max(shutil.get_terminal_size().columns, _FEWEST_COLUMNS)


def echo(text: str, *, err: bool = False) -> None:
    """Print *text* in lines that fit; those of a list are indented below their first word."""
    from bot.render.line_layout import hanging  # rich takes as long as all the rest of `explain --json`

    for line in text.splitlines():
        indent = len(line) - len(line.lstrip(" •"))
        click.echo("\n".join(hanging(line, columns(err=err), indent)), err=err)
