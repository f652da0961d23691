"""Define the options that several commands share."""

from __future__ import annotations

import locale
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any

import click

from bot.catalogue.catalogue import open_catalogue
from bot.i18n import Language, negotiate

overlay_option = click.option(
    "--overlay",
    envvar="ZIMERR_OVERLAY",
    show_envvar=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder with your own codes, which override the catalogue.",
)


def with_catalogue(command: Callable[..., int]) -> Callable[..., int]:
    """Add --lang, --overlay and --json to a command, which gets *catalogue*, *language* and *as_json*."""

    @click.option("--lang", type=click.Choice(["en", "zh"]), help="Language of the output. [default: by locale]")
    @overlay_option
    @click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
    @wraps(command)
    def opened(lang: str | None, overlay: Path | None, **values: Any) -> int:
        return command(catalogue=open_catalogue(overlay), language=usual_language(lang), **values)

    return opened


def usual_language(lang: str | None) -> Language:
    """Return the language of --lang, else that of the locale."""
    tag = lang or (locale.getlocale()[0] or "").partition(".")[0]
    return negotiate(tag, default=Language.EN)


def split_address(address: str, names: Sequence[str]) -> tuple[str, int]:
    """Return host and port of *address*, ``[HOST:]PORT``; *names* are those under which clients reach it.

    Raises UsageError if it is malformed, or if it is every address of the machine and has no name: web pages could send
    requests to it under any name.
    """
    host, _, port = address.rpartition(":")
    host = host.strip("[]") or "127.0.0.1"
    if not port.isascii() or not port.isdecimal() or int(port) > 65535:
        raise click.UsageError(f"{address!r} is no address: use PORT or HOST:PORT, such as 8765.")
    if host in ("0.0.0.0", "::") and not names:  # noqa: S104
        raise click.UsageError(f"{host} has no name. Add --allow-host with the name that clients use for this machine.")
    return host, int(port)
