"""Define the commands of `zimerr`. Each imports its module when it runs, so that `explain` starts quickly."""

from __future__ import annotations

import locale
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.errors import CatalogueError, ConfigurationError, ZimerrError

if TYPE_CHECKING:
    from bot.catalogue.catalogue import Catalogue
    from bot.i18n import Language

_overlay_option = click.option(
    "--overlay",
    envvar="ZIMERR_OVERLAY",
    show_envvar=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder with your own codes, which override the catalogue.",
)


class _Commands(click.Group):
    """Print expected errors as a message and exit with status 1. Other exceptions are bugs and keep their traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (CatalogueError, ConfigurationError) as error:
            subject = "The settings" if isinstance(error, ConfigurationError) else "The catalogue"
            click.echo(f"{subject} can't be used:\n" + "\n".join(f"  - {fault}" for fault in error.faults), err=True)
        except ZimerrError as error:
            click.echo(str(error), err=True)
        sys.exit(1)


def _with_catalogue(command: Callable[..., None]) -> Callable[..., None]:
    """Add --lang, --overlay and --json to a command, which gets *catalogue*, *language* and *as_json*."""

    @click.option("--lang", type=click.Choice(["en", "zh"]), help="Language of the output. [default: by locale]")
    @_overlay_option
    @click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
    @wraps(command)
    def opened(lang: str | None, overlay: Path | None, **values: Any) -> None:
        from bot.catalogue.catalogue import open_catalogue
        from bot.i18n import Language, negotiate

        tag = lang or (locale.getlocale()[0] or "").partition(".")[0]
        command(catalogue=open_catalogue(overlay), language=negotiate(tag, default=Language.EN), **values)

    return opened


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="zimerr")
def commands() -> None:
    """Explain ZEGO ZIM error codes (600xxxx), in Slack and in the terminal."""


@commands.command("explain")
@click.argument("codes", nargs=-1, required=True, metavar="CODE...")
@_with_catalogue
def explain_command(codes: tuple[str, ...], catalogue: Catalogue, language: Language, as_json: bool) -> None:
    """Explain codes, given as numbers or SDK symbols.

    The exit status is 1 if a code is unknown.
    """
    from bot.cli.explain import explain

    sys.exit(explain(codes, catalogue, language, as_json=as_json))


@commands.command("search")
@click.argument("words", nargs=-1, required=True, metavar="WORDS...")
@_with_catalogue
def search_command(words: tuple[str, ...], catalogue: Catalogue, language: Language, as_json: bool) -> None:
    """Search the codes by English or Chinese words.

    The exit status is 1 if nothing is found.
    """
    from bot.cli.explain import search

    sys.exit(search(" ".join(words), catalogue, language, as_json=as_json))


@commands.command("list")
@click.argument("section", required=False)
@_with_catalogue
def list_command(section: str | None, catalogue: Catalogue, language: Language, as_json: bool) -> None:
    """List all codes, or those of one section."""
    from bot.cli.explain import browse

    sys.exit(browse(section, catalogue, language, as_json=as_json))


@commands.command("detect")
@click.option("--jsonl", "as_jsonl", is_flag=True, help="Read one JSON message per line, print one result per line.")
@_with_catalogue
def detect_command(catalogue: Catalogue, language: Language, as_json: bool, as_jsonl: bool) -> None:
    """Show what the bot would find in a message.

    The message is read from standard input. The output also says whether the bot would answer it.
    """
    from bot.cli.detect import detect, detect_lines

    if as_json and as_jsonl:
        raise click.UsageError("--json reads one message, --jsonl one per line. Use one of them.")
    if as_jsonl:
        sys.exit(detect_lines(sys.stdin.buffer, catalogue))
    detect(sys.stdin.buffer.read(), catalogue, language, as_json=as_json)


@commands.command("scan")
@click.argument("files", nargs=-1, required=True, metavar="FILE...|-")
@_with_catalogue
def scan_command(files: tuple[str, ...], catalogue: Catalogue, language: Language, as_json: bool) -> None:
    """Find the likely cause of errors in log files.

    The files are plain, gzip or zip; - is standard input. The exit status is 1 if no file can be read.
    """
    from bot.cli.scan import scan

    sys.exit(scan(files, catalogue, language, as_json=as_json))


@commands.command("check")
@click.option("--offline", is_flag=True, help="Skip the checks that call Slack: tokens and scopes.")
@_overlay_option
def check_command(offline: bool, overlay: Path | None) -> None:
    """Check the catalogue, settings, database and tokens.

    All problems are reported in one run. The exit status is 1 if there is one.
    """
    import asyncio

    from bot.cli.check import run

    sys.exit(asyncio.run(run(overlay, offline=offline)))


@commands.command("serve")
def serve_command() -> None:
    """Run the bot.

    The settings come from the environment or from .env.
    """
    from bot import app, log
    from bot.settings import Settings

    settings = Settings.load()
    log.configure(settings.zimerr_log_level)
    import uvloop

    uvloop.run(app.serve(settings))


@commands.command("demo")
@click.option("--port", type=click.IntRange(0, 65535), default=4600, show_default=True, help="0 selects a free port.")
@click.option("--no-browser", is_flag=True, help="Print the address, but do not open a browser.")
def demo_command(port: int, no_browser: bool) -> None:
    """Try the bot in a workspace on this machine.

    It needs no Slack account.
    """
    import asyncio

    from bot.cli.demo import run

    asyncio.run(run(port, open_browser=not no_browser))


@commands.command("schema")
def schema_command() -> None:
    """Print the JSON Schema of a catalogue file, for editors."""
    from bot.catalogue.loader import json_schema

    click.echo(json_schema(), nl=False)


@commands.group("db")
def db_commands() -> None:
    """Maintain the database."""


@db_commands.command("upgrade")
def upgrade_command() -> None:
    """Upgrade the database schema to this version.

    Run it before you start a new version on PostgreSQL. SQLite is upgraded at the start.
    """
    from bot.cli.admin import upgrade

    upgrade()


@db_commands.command("reencrypt")
def reencrypt_command() -> None:
    """Encrypt stored tokens with the first key.

    All tokens are encrypted with the first of ZIMERR_ENCRYPTION_KEYS, so that you can remove the others.
    """
    from bot.cli.admin import reencrypt

    reencrypt()


@commands.group("inbox")
def inbox_commands() -> None:
    """Inspect and retry accepted messages."""


@inbox_commands.command("list")
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice(["pending", "working", "done", "dead"]),
    help="Only rows in this state; can be repeated.",
)
@click.option("--most", type=click.IntRange(min=1), default=50, show_default=True, help="Show only the newest rows.")
def list_inbox_command(states: tuple[Any, ...], most: int) -> None:
    """List the rows of the inbox."""
    from bot.cli.admin import browse

    browse(states, most)


@inbox_commands.command("show")
@click.argument("id_", metavar="ID", type=int)
def show_command(id_: int) -> None:
    """Show one row. Message texts are not stored."""
    from bot.cli.admin import show

    show(id_)


@inbox_commands.command("retry")
@click.argument("ids", nargs=-1, metavar="[ID...]", type=int)
@click.option("--all", "is_all", is_flag=True, help="Retry all dead rows.")
def retry_command(ids: tuple[int, ...], is_all: bool) -> None:
    """Retry dead rows."""
    from bot.cli.admin import retry

    if is_all == bool(ids):
        raise click.UsageError("Name the rows to retry, or use --all.")
    retry(ids)


@inbox_commands.command("purge")
@click.option("--state", type=click.Choice(["done", "dead"]), default="dead", show_default=True)
@click.option("--older-than", "hours", type=click.FloatRange(min=0), default=0, help="Hours.", show_default=True)
def purge_command(state: Any, hours: float) -> None:
    """Delete dead or done rows. Done rows are deleted automatically after a day."""
    from bot.cli.admin import purge

    if state == "done" and hours * 60 < 10:
        raise click.UsageError("Slack may deliver a message again within ten minutes. Use --older-than 0.17 or more.")
    purge(state, hours * 3600)
