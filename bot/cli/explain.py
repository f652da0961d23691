"""Implement `zimerr explain`, `search` and `list`: print entries of the catalogue.

People get text, programs JSON.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from bot import i18n
from bot.catalogue.catalogue import Catalogue
from bot.catalogue.entry import Entry
from bot.catalogue.numbers import ResolvedNumbers
from bot.cli.completion import complete_codes, complete_platforms, complete_sections
from bot.cli.lookups import explain_codes, list_codes, platform_named, search_codes
from bot.cli.options import with_catalogue
from bot.cli.output import echo
from bot.errors import ZimerrError
from bot.i18n import Language, Translator

if TYPE_CHECKING:
    from bot.catalogue.platforms import Platform
    from bot.cli.lookups import LookupAnswer


def _platform(context: click.Context, parameter: click.Parameter, name: str | None) -> Platform | None:
    """Return the platform with *name*, or None without a name. Raises BadParameter if the name is unknown."""
    try:
        return platform_named(name)
    except ZimerrError as error:
        raise click.BadParameter(str(error)) from error


@click.command()
@click.argument("codes", nargs=-1, required=True, metavar="CODE...", shell_complete=complete_codes)
@click.option(
    "--platform",
    callback=_platform,
    shell_complete=complete_platforms,
    help="Print the page, the name and the log of one, such as ios.",
)
@with_catalogue
def explain(
    codes: tuple[str, ...], platform: Platform | None, catalogue: Catalogue, language: Language, as_json: bool
) -> int:
    """Explain codes of the SDK or of ZIM's servers, or SDK symbols.

    The exit status is 1 if a code is unknown. 0 and 1 are explained only alone.
    """
    answer = explain_codes(codes, catalogue, language, platform)
    if as_json:
        _print_json(answer.content)
    else:
        # rich is imported only where it prints: that takes as long as all the rest of `explain --json`.
        from bot.cli.entry_page import print_pages

        _print_server_codes(answer.found, catalogue, i18n.words(language))
        print_pages(answer.found.entries, catalogue, language, platform)
    return _end(answer)


@click.command()
@click.argument("words", nargs=-1, required=True, metavar="WORDS...")
@with_catalogue
def search(words: tuple[str, ...], catalogue: Catalogue, language: Language, as_json: bool) -> int:
    """Search the codes by English or Chinese words.

    Without --lang, the answer is in the language of the words. The exit status is 1 if nothing is found.
    """
    query = " ".join(words)
    if not click.get_current_context().params["lang"]:
        language = i18n.question_language(query, usual=language)
    answer = search_codes(query, catalogue, language)
    if as_json:
        _print_json(answer.content)
    elif answer.entries:
        from bot.cli.entry_page import print_list

        translate = i18n.words(language)
        _print_server_codes(answer.found, catalogue, translate)
        print_list(answer.entries, language)
        if query.isdecimal():
            _print_missed(query, answer.entries, catalogue, translate)
    return _end(answer)


@click.command("list")
@click.argument("section", required=False, shell_complete=complete_sections)
@click.option("--brief", is_flag=True, help="With --json, print only the code, section and title of each.")
@with_catalogue
def browse(section: str | None, brief: bool, catalogue: Catalogue, language: Language, as_json: bool) -> int:
    """List all codes, or those of one section.

    The exit status is 1 if there is no such section.
    """
    answer = list_codes(section, catalogue, language, brief=brief)
    if as_json and not answer.status:
        _print_json(answer.content)
    elif answer.entries:
        from bot.cli.entry_page import print_list

        print_list(answer.entries, language)
    return _end(answer)


def _end(answer: LookupAnswer) -> int:
    """Print the notes of *answer* and return its exit status."""
    for note in answer.notes:
        echo(note, err=True)
    return answer.status


def _print_server_codes(found: ResolvedNumbers, catalogue: Catalogue, translate: Translator) -> None:
    from bot.render.entry_wording import server_code_line

    for each in found.server_codes:
        echo(server_code_line(each, catalogue.numbers, translate))


def _print_missed(query: str, entries: tuple[Entry, ...], catalogue: Catalogue, translate: Translator) -> None:
    from bot.cli.entry_page import print_list
    from bot.render.unknown_code import missed_digit

    if missed := missed_digit(query, entries, catalogue):
        echo(translate("unknown.nearest"))
        print_list(missed, translate.language)


def _print_json(content: Any) -> None:
    # Not through rich, which would wrap and colour the JSON.
    click.echo(json.dumps(content, ensure_ascii=False, indent=2))
