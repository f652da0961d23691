"""The commands of `zimerr`. Each imports what it needs when it runs, so that `explain` starts without Slack."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec

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
    from bot.catalogue.catalogue import open_catalogue
    from bot.cli import explain

    sys.exit(explain.explain(codes, open_catalogue(overlay), explain.language(lang), as_json=as_json))


@commands.command()
@click.argument("words", nargs=-1, required=True, metavar="WORDS...")
@_language
@_overlay
@_json
@_tells_errors
def search(words: tuple[str, ...], lang: str | None, overlay: Path | None, as_json: bool) -> None:
    """Find codes by words, in English or Chinese. Exit status 1 if nothing is found."""
    from bot.catalogue.catalogue import open_catalogue
    from bot.cli import explain

    sys.exit(explain.search(" ".join(words), open_catalogue(overlay), explain.language(lang), as_json=as_json))


@commands.command(name="list")
@click.argument("section", required=False)
@_language
@_overlay
@_json
@_tells_errors
def list_(section: str | None, lang: str | None, overlay: Path | None, as_json: bool) -> None:
    """List the codes, all or of one section."""
    from bot.catalogue.catalogue import open_catalogue
    from bot.cli import explain

    sys.exit(explain.browse(section, open_catalogue(overlay), explain.language(lang), as_json=as_json))


@commands.command()
@_language
@_overlay
@_json
@click.option("--jsonl", "as_jsonl", is_flag=True, help="Read one message a line, as JSON with a text; answer each.")
@_tells_errors
def detect(lang: str | None, overlay: Path | None, as_json: bool, as_jsonl: bool) -> None:
    """Tell what the bot would see in a message, given on standard input, and whether it would answer."""
    from bot.catalogue.catalogue import open_catalogue
    from bot.cli import detect, explain

    if as_json and as_jsonl:
        raise click.UsageError("--json is for one message, --jsonl for one a line: give one of them.")
    catalogue = open_catalogue(overlay)
    given = sys.stdin.buffer
    if as_jsonl:
        sys.exit(detect.detect_lines(given, catalogue))
    detect.detect(given.read(), catalogue, explain.language(lang), as_json=as_json)


@commands.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...|-")
@_language
@_overlay
@_json
@_tells_errors
def scan(files: tuple[str, ...], lang: str | None, overlay: Path | None, as_json: bool) -> None:
    """Find the likely cause in logs: plain, gzip or zip; - is standard input. Exit status 1 if none can be read."""
    from bot.catalogue.catalogue import open_catalogue
    from bot.cli import explain, scan

    sys.exit(scan.scan(files, open_catalogue(overlay), explain.language(lang), as_json=as_json))


@commands.command()
@click.option("--offline", is_flag=True, help="Leave out what needs Slack: the tokens and their scopes.")
@_overlay
@_tells_errors
def check(offline: bool, overlay: Path | None) -> None:
    """Say what is wrong with the settings, the tokens, the database, the catalogue. Exit status 1 if anything is."""
    from bot.cli.check import run

    sys.exit(asyncio.run(run(overlay, offline=offline)))


@commands.command()
@_tells_errors
def serve() -> None:
    """Run the bot, by the settings in the environment or in .env."""
    from bot import app, log, settings

    chosen = settings.load()
    log.configure(chosen.zimerr_log_level)
    import uvloop

    uvloop.run(app.serve(chosen))


@commands.command()
@click.option("--port", type=click.IntRange(0, 65535), default=4600, show_default=True, help="0 takes any free one.")
@click.option("--no-browser", is_flag=True, help="Print the address and open nothing.")
@_tells_errors
def demo(port: int, no_browser: bool) -> None:
    """Try the bot in a small workspace on this machine; no account needed."""
    from bot.cli.demo import run

    asyncio.run(run(port, open_browser=not no_browser))


@commands.group()
def db() -> None:
    """The database."""


@db.command()
@_tells_errors
def upgrade() -> None:
    """Bring the schema to this version's. PostgreSQL needs it before a new version starts; SQLite needs it never."""
    from bot.cli import admin

    admin.upgrade()


@db.command()
@_tells_errors
def reencrypt() -> None:
    """Encrypt all stored tokens by the first of ZIMERR_ENCRYPTION_KEYS; then the others can be taken away."""
    from bot.cli import admin

    admin.reencrypt()


@commands.group()
def inbox() -> None:
    """The messages that were taken to be answered."""


@inbox.command(name="list")
@click.option("--state", "states", multiple=True, type=click.Choice(["pending", "working", "done", "dead"]))
@click.option("--most", type=click.IntRange(min=1), default=50, show_default=True, help="How many of the newest.")
@_tells_errors
def list_inbox(states: tuple[Any, ...], most: int) -> None:
    """List what is in the inbox, in all states or in some."""
    from bot.cli import admin

    admin.browse(states, most)


@inbox.command()
@click.argument("id_", metavar="ID", type=int)
@_tells_errors
def show(id_: int) -> None:
    """Show all that is known of one row. Texts are not stored."""
    from bot.cli import admin

    admin.show(id_)


@inbox.command()
@click.argument("ids", nargs=-1, metavar="[ID...]", type=int)
@click.option("--all", "is_all", is_flag=True, help="All that were given up.")
@_tells_errors
def retry(ids: tuple[int, ...], is_all: bool) -> None:
    """Try again what was given up."""
    from bot.cli import admin

    if is_all == bool(ids):
        raise click.UsageError("Name the rows to be tried again, or --all.")
    admin.retry(ids)


@inbox.command()
@click.option("--state", type=click.Choice(["done", "dead"]), default="dead", show_default=True)
@click.option("--older-than", "hours", type=click.FloatRange(min=0), default=0, help="Hours.", show_default=True)
@_tells_errors
def purge(state: Any, hours: float) -> None:
    """Drop what was given up, or done. What was done is dropped by itself after a day."""
    from bot.cli import admin

    if state == "done" and hours * 60 < 10:
        raise click.UsageError("Slack may deliver again what was done within ten minutes: --older-than 0.17 at least.")
    admin.purge(state, hours * 3600)


@commands.command()
def schema() -> None:
    """Print the JSON Schema of a catalogue file, for editors."""
    from bot.catalogue.loader import json_schema

    click.echo(json_schema(), nl=False)
