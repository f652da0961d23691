"""Complete codes, sections and platforms in bash, zsh and fish.

zsh and fish show the title of a code or section beside it, in the language of the locale.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from bot.cli.options import usual_language
from bot.errors import CatalogueError
from bot.i18n import words

if TYPE_CHECKING:
    from bot.catalogue.catalogue import Catalogue
    from bot.catalogue.entry import Text


def complete_codes(ctx: click.Context, parameter: click.Parameter | None, incomplete: str) -> list[CompletionItem]:
    """Return the codes that begin with *incomplete*."""
    catalogue = _catalogue(ctx)
    return _items(ctx, incomplete, ((str(entry.code), entry.title) for entry in catalogue or ()))


def complete_sections(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the sections that begin with *incomplete*."""
    catalogue = _catalogue(ctx)
    sections = catalogue.sections if catalogue else ()
    return _items(ctx, incomplete, ((section.section, section.name) for section in sections))


def complete_platforms(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the platforms that begin with *incomplete*."""
    from bot.catalogue.platforms import open_platforms  # most calls need none

    return _items(ctx, incomplete, ((each.key, each.name) for each in open_platforms().platforms))


def _catalogue(ctx: click.Context) -> Catalogue | None:
    """Open the catalogue, or return None if it can't be used: the command says why when it is run."""
    from bot.catalogue.catalogue import open_catalogue

    try:
        return open_catalogue(ctx.params.get("overlay"))
    except CatalogueError:
        return None


def _items(ctx: click.Context, incomplete: str, named: Iterable[tuple[str, Text]]) -> list[CompletionItem]:
    """Return those of *named* that begin with *incomplete*, each with its title."""
    pick = words(usual_language(ctx.params.get("lang"))).pick
    return [CompletionItem(name, help=pick(title)) for name, title in named if name.startswith(incomplete)]
