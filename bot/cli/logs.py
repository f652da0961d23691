"""Implement `zimerr logs`: print where the SDK's log is and how to upload it. No escaping, no markup."""

from __future__ import annotations

import click

from bot.catalogue.platforms import open_platforms
from bot.cli.completion import complete_platforms
from bot.cli.options import usual_language
from bot.cli.output import echo
from bot.i18n import words
from bot.render.entry_wording import log_advice, log_line


@click.command()
@click.argument("names", nargs=-1, metavar="[PLATFORM]", shell_complete=complete_platforms)
@click.option("--lang", type=click.Choice(["en", "zh"]), help="Language of the output. [default: by locale]")
def logs(names: tuple[str, ...], lang: str | None) -> int:
    """Show where the SDK's log is and how to upload it.

    Without a platform, each gets a line. The exit status is 1 if there is no such platform.
    """
    translate = words(usual_language(lang))
    platforms, asked = open_platforms(), " ".join(names)
    platform = platforms.named_in(asked)
    if asked and not platform:
        known = translate("list.item_separator").join(each.key for each in platforms.platforms)
        echo(translate("terminal.no_platform", name=asked, names=known), err=True)
        return 1
    if platform:
        lines = [log_line(platform, translate), *(f"• {line}" for line in log_advice(platform, translate))]
    else:
        lines = [log_line(each, translate) for each in platforms.platforms]
    echo("\n".join([*lines, translate.pick(platforms.guide)]).replace("`", ""))
    return 0
