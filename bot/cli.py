"""The commands of `zimerr`. Each imports what it needs when it runs, so that `explain` starts without Slack."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec

import click

from bot.errors import CatalogueError, ConfigurationError, ZimerrError

_P = ParamSpec("_P")
_language = click.option("--lang", type=click.Choice(["en", "zh"]), help="Language of the answer (default: by locale).")
_overlay = click.option(
    "--overlay",
    envvar="ZIMERR_OVERLAY",
    show_envvar=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder with codes of your own, over the catalogue's.",
)
_json = click.option("--json", "as_json", is_flag=True, help="Machine-readable output.")


def _tells_errors(command: Callable[_P, None]) -> Callable[_P, None]:
    """Turn our errors into a message and exit status 1; anything else is a bug and shows itself."""

    @wraps(command)
    def told(*args: _P.args, **kwargs: _P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except (CatalogueError, ConfigurationError) as error:
            what = "The settings" if isinstance(error, ConfigurationError) else "The catalogue"
            click.echo(f"{what} can't be used:\n" + "\n".join(f"  - {fault}" for fault in error.faults), err=True)
            sys.exit(1)
        except ZimerrError as error:
            click.echo(str(error), err=True)
            sys.exit(1)

    return told


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="zimerr")
def commands() -> None:
    """Explains ZEGO ZIM error codes (600xxxx), in Slack and here."""


@commands.command()
@click.argument("codes", nargs=-1, required=True, metavar="CODE...")
@_language
@_overlay
@_json
@_tells_errors
def explain(codes: tuple[str, ...], lang: str | None, overlay: Path | None, as_json: bool) -> None:
    """Explain codes, given as numbers or as SDK names. Exit status 1 if one is unknown."""
    from bot import terminal
    from bot.catalogue.catalogue import open_catalogue

    sys.exit(terminal.explain(codes, open_catalogue(overlay), terminal.language(lang), as_json=as_json))


@commands.command()
@click.argument("words", nargs=-1, required=True, metavar="WORDS...")
@_language
@_overlay
@_json
@_tells_errors
def search(words: tuple[str, ...], lang: str | None, overlay: Path | None, as_json: bool) -> None:
    """Find codes by words, in English or Chinese. Exit status 1 if nothing is found."""
    from bot import terminal
    from bot.catalogue.catalogue import open_catalogue

    sys.exit(terminal.search(" ".join(words), open_catalogue(overlay), terminal.language(lang), as_json=as_json))


@commands.command(name="list")
@click.argument("section", required=False)
@_language
@_overlay
@_json
@_tells_errors
def list_(section: str | None, lang: str | None, overlay: Path | None, as_json: bool) -> None:
    """List the codes, all or of one section."""
    from bot import terminal
    from bot.catalogue.catalogue import open_catalogue

    sys.exit(terminal.browse(section, open_catalogue(overlay), terminal.language(lang), as_json=as_json))


@commands.command()
@_language
@_overlay
@_json
@click.option("--jsonl", "as_jsonl", is_flag=True, help="Read one message a line, as JSON with a text; answer each.")
@_tells_errors
def detect(lang: str | None, overlay: Path | None, as_json: bool, as_jsonl: bool) -> None:
    """Tell what the bot would see in a message, given on standard input, and whether it would answer."""
    from bot import seen, terminal
    from bot.catalogue.catalogue import open_catalogue

    if as_json and as_jsonl:
        raise click.UsageError("--json is for one message, --jsonl for one a line: give one of them.")
    catalogue = open_catalogue(overlay)
    given = sys.stdin.buffer
    if as_jsonl:
        sys.exit(seen.detect_lines(given, catalogue))
    seen.detect(given.read(), catalogue, terminal.language(lang), as_json=as_json)


@commands.command()
@click.option("--offline", is_flag=True, help="Leave out what needs Slack: the tokens and their scopes.")
@_overlay
@_tells_errors
def check(offline: bool, overlay: Path | None) -> None:
    """Say what is wrong with the settings, the tokens, the database, the catalogue. Exit status 1 if anything is."""
    from bot.check import run

    sys.exit(asyncio.run(run(overlay, offline=offline)))


@commands.command()
@_tells_errors
def serve() -> None:
    """Run the bot, by the settings in the environment or in .env."""
    from bot import app, log, settings

    chosen = settings.load()
    log.configure(chosen.zimerr_log_level)
    asyncio.run(app.serve(chosen))


@commands.command()
@click.option("--port", type=click.IntRange(0, 65535), default=4600, show_default=True, help="0 takes any free one.")
@click.option("--no-browser", is_flag=True, help="Print the address and open nothing.")
@_tells_errors
def demo(port: int, no_browser: bool) -> None:
    """Try the bot in a small workspace on this machine; no account needed."""
    from bot.demo import run

    asyncio.run(run(port, open_browser=not no_browser))


@commands.command()
def schema() -> None:
    """Print the JSON Schema of a catalogue file, for editors."""
    from bot.catalogue.load import json_schema

    click.echo(json_schema(), nl=False)
