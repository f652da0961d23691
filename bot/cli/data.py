"""Implement `zimerr forget` and `zimerr export-data`: delete and export the data that zimerr stores."""

from __future__ import annotations

import re
import sys
from collections.abc import Awaitable, Callable
from functools import partial

import click

from bot.cli.admin import in_database
from bot.json_bytes import encode
from bot.storage.database import Database
from bot.storage.stored_data import Forgotten, export_workspace, forget_channel, forget_user, forget_workspace


class _SlackId(click.ParamType[str]):
    """An ID of Slack's that begins with one of *letters*."""

    def __init__(self, letters: str) -> None:
        self.name = f"{letters[0]}…"
        self._pattern = re.compile(f"[{letters}][A-Z0-9]{{2,31}}")

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return *value*, or fail if it is no such id."""
        if not self._pattern.fullmatch(value):
            self.fail(f"{value!r} is no ID of Slack's; it looks like {self.name[0]}024BE7LD", param, ctx)
        return value


_WORKS: dict[str, Callable[[Database, str], Awaitable[list[Forgotten]]]] = {
    "workspace": forget_workspace,
    "person": forget_user,
    "channel": forget_channel,
}


@click.command()
@click.option("--workspace", type=_SlackId("T"), help="The ID of a workspace.")
@click.option("--user", "person", type=_SlackId("UW"), help="The ID of a person.")
@click.option("--channel", type=_SlackId("CDG"), help="The ID of a channel or direct message.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def forget(yes: bool, **ids: str | None) -> None:
    """Delete the stored data of a workspace, a person or a channel.

    Of a workspace, everything is deleted, its installation and token, too: remove the app there, or install it again.
    Of a channel, everything is deleted that belongs to it. What a person did for others, such as a setting, is kept
    without their ID; they are no longer on any incident. Messages in Slack stay. The bot may run meanwhile.

    The exit status is 1 if you do not confirm, or the database can't be used.
    """
    chosen = [(kind, id_) for kind, id_ in ids.items() if id_]
    if len(chosen) != 1:
        raise click.UsageError("Use one of --workspace, --user and --channel.")
    ((kind, id_),) = chosen
    if not yes:
        click.confirm(f"Delete what zimerr stores of the {kind} {id_}? This can't be undone.", abort=True)

    outcomes = in_database(lambda database: _WORKS[kind](database, id_))
    for each in outcomes:
        click.echo(f"{each.table}: {each.deleted} deleted, {each.replaced} without the ID")
    if not outcomes:
        click.echo(f"Nothing is stored of the {kind} {id_}.")


@click.command("export-data")
@click.option("--workspace", required=True, type=_SlackId("T"), help="The ID of the workspace.")
def export_data(workspace: str) -> None:
    """Export the stored data of a workspace as JSON lines.

    Each line is a row of the database, with its table as "table". Tokens are left out; message texts are not stored.
    `zimerr export` exports the catalogue.

    The exit status is 1 if the database can't be used.
    """
    in_database(partial(_write, workspace=workspace))


async def _write(database: Database, *, workspace: str) -> None:
    async for row in export_workspace(database, workspace):
        sys.stdout.write(encode(row).decode() + "\n")
