"""Define the options that several commands share."""

from __future__ import annotations

import locale
from collections.abc import Callable
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
