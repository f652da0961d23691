"""Define the `zimerr` command. A command's module is imported when it is needed, so that `explain` starts quickly."""

from __future__ import annotations

import pkgutil
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.cli.options import overlay_option
from bot.errors import CatalogueError, ConfigurationError, ZimerrError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class _Commands(click.Group):
    """A group that imports the commands *places*, as ``module:function`` of this package, when it needs them.

    Expected errors are printed as a message, with exit status 1. Other exceptions are bugs and keep their traceback.
    """

    def __init__(self, *args: Any, places: dict[str, str], **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self._places = places

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*self._places, *self.commands})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in self._places:
            self.add_command(pkgutil.resolve_name(f"bot.cli.{self._places[cmd_name]}"))
        return super().get_command(ctx, cmd_name)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            sys.exit(super().invoke(ctx))  # a command returns its exit status
        except (CatalogueError, ConfigurationError) as error:
            subject = "The settings" if isinstance(error, ConfigurationError) else "The catalogue"
            click.echo(f"{subject} can't be used:\n" + "\n".join(f"  - {fault}" for fault in error.faults), err=True)
        except ZimerrError as error:
            click.echo(str(error), err=True)
        sys.exit(1)


class _CommandsAndCodes(_Commands):
    """The commands of `zimerr`. A code or an SDK symbol in place of a command is explained."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if self.get_command(ctx, name) or name.startswith("-"):
            return super().resolve_command(ctx, args)
        if _is_code(name):
            return "explain", self.get_command(ctx, "explain"), args
        if ctx.resilient_parsing:
            return None, None, args[1:]
        raise click.UsageError(f"No such command {name!r}.{self._advice(ctx, name)}", ctx)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        from bot.cli.completion import complete_codes

        codes = complete_codes(ctx, None, incomplete) if incomplete else []
        return [*super().shell_complete(ctx, incomplete), *codes]

    def _advice(self, ctx: click.Context, name: str) -> str:
        """Name the command that *name* may stand for, and those that look something up."""
        from difflib import get_close_matches

        similar = get_close_matches(name, self.list_commands(ctx), n=1)
        meant = f" Did you mean {similar[0]!r}?" if similar else ""
        return f"{meant}\nTo look up a code, run: zimerr explain CODE\nTo search by words, run: zimerr search WORDS"


def _is_code(name: str) -> bool:
    """Return whether *name* begins with a number or a known SDK symbol; several codes are separated by commas."""
    first = re.split("[,，]", name)[0]
    if first.isdecimal():
        return True
    from bot.catalogue.catalogue import open_catalogue

    return open_catalogue().code_of_symbol(first) is not None


@click.group(
    cls=_CommandsAndCodes,
    context_settings={"help_option_names": ["-h", "--help"]},
    places={
        "explain": "explain:explain",
        "search": "explain:search",
        "list": "explain:browse",
        "logs": "logs:logs",
        "detect": "detect:detect",
        "scan": "scan:scan",
        "export": "export:export",
        "export-data": "data:export_data",
        "forget": "data:forget",
    },
)
@click.version_option(None, "-V", "--version", package_name="zimerr")
def commands() -> None:
    """Explain ZEGO ZIM error codes (600xxxx), in Slack and in the terminal.

    `zimerr CODE` is short for `zimerr explain CODE`; an SDK symbol works, too.

    The exit status is 0 on success, 2 if the command line is wrong, and 1 if the catalogue or the settings can't be
    used. The help of each command says what else it means.
    """


@commands.command("serve")
def serve_command() -> None:
    """Run the bot.

    The settings come from the environment or from .env. The exit status is 1 if the bot can't start, and 0 if it was
    stopped by SIGINT or SIGTERM.
    """
    from bot import app, log
    from bot.settings import Settings
    from bot.telemetry.error_reports import reporting

    settings = Settings.load()
    import uvloop

    with reporting(settings.sentry_dsn.get_secret_value()) as report:
        log.configure(settings.zimerr_log_level, settings.zimerr_log_format, report)
        uvloop.run(app.serve(settings))


@commands.command("schema")
def schema_command() -> None:
    """Print the JSON Schema of a catalogue file, for editors.

    The exit status is always 0.
    """
    from bot.catalogue.loader import json_schema

    click.echo(json_schema(), nl=False)


@commands.command("check")
@click.option("--offline", is_flag=True, help="Skip the checks that call Slack.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
@click.option(
    "--sdk",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Compare the catalogue with an SDK's list of codes, such as ZIMErrorCode.d.ts, and check nothing else.",
)
@click.option(
    "--overlay",
    envvar="ZIMERR_OVERLAY",
    show_envvar=True,
    type=click.Path(path_type=Path),
    help="A folder with your own codes, which override the catalogue.",
)
def check_command(offline: bool, as_json: bool, sdk: Path | None, overlay: Path | None) -> int:
    """Check settings, catalogue, database and Slack.

    All faults are found in one run, each with what to do about it. ✓ is right, ! a warning, ✗ a fault, and ? can't be
    known from here. Nothing is changed or posted, and no token or password is shown.

    With --json: zimerr (the version), ok (no fault), and results, a list of level (ok, warning, fault, unknown), part
    (such as database) and text.

    The exit status is 1 if there is a fault, and 0 otherwise.

    With --sdk, the exit status is 0 if the file has the catalogue's codes and names, 1 if they differ, and 2 if the
    file can't be read or defines no codes.
    """
    if sdk:
        from bot.cli import compare

        return compare.run(sdk, overlay)
    import asyncio

    from bot.cli.check import run

    return asyncio.run(run(overlay, offline=offline, as_json=as_json))


@commands.command("demo")
@click.option("--port", type=click.IntRange(0, 65535), default=4600, show_default=True, help="0 selects a free port.")
@click.option("--no-browser", is_flag=True, help="Print the address, but do not open a browser.")
def demo_command(port: int, no_browser: bool) -> None:
    """Try the bot in a workspace on this machine.

    It needs no Slack account. The exit status is 1 if the port can't be opened.
    """
    import asyncio

    from bot.cli.demo import run

    asyncio.run(run(port, open_browser=not no_browser))


@commands.command("mcp")
@click.option(
    "--http",
    "address",
    metavar="[HOST:]PORT",
    help="Serve over Streamable HTTP instead of stdio; without HOST, to this machine only. Port 0 selects a free port.",
)
@click.option("--allow-host", "names", multiple=True, metavar="NAME", help="With --http: another name of the server.")
@click.option("--lang", type=click.Choice(["en", "zh"]), help="Usual language of the answers. [default: by locale]")
@overlay_option
def mcp_command(address: str | None, names: tuple[str, ...], lang: str | None, overlay: Path | None) -> None:
    """Serve the catalogue to AI assistants.

    They and editors connect by the Model Context Protocol. This needs the extra `mcp`. The exit status is 1 if that is
    missing or the port can't be opened.
    """
    from bot.catalogue.catalogue import open_catalogue
    from bot.cli.options import split_address, usual_language

    place = split_address(address, names) if address else None
    try:
        from bot.cli import mcp_server
    except ModuleNotFoundError as error:
        raise ZimerrError(f"`zimerr mcp` needs {error.name}. Run pip install 'zimerr[mcp]'.") from error
    catalogue, language = open_catalogue(overlay), usual_language(lang)
    if place:
        mcp_server.run_http(catalogue, language, *place, names)
    else:
        mcp_server.run_stdio(catalogue, language)


@commands.group("db", cls=_Commands, places={"upgrade": "admin:upgrade", "reencrypt": "admin:reencrypt"})
def db_commands() -> None:
    """Maintain the database."""


_INBOX = {"list": "admin:browse", "show": "admin:show", "retry": "admin:retry", "purge": "admin:purge"}


@commands.group("inbox", cls=_Commands, places=_INBOX)
def inbox_commands() -> None:
    """Inspect and retry accepted messages."""
