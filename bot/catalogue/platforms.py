"""Describe the platforms of the SDK by ``data/platforms.yaml``: documentation, names in the SDK, log and its upload."""

# No `from __future__ import annotations`: `from_plain` needs the types themselves.
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Annotated, Literal

from bot.catalogue.data_file import open_file
from bot.catalogue.entry import Entry, Line, Links, Source, Text
from bot.catalogue.shape import Constraint, Shape

_UPLOAD = "uploadLog"

Alias = Annotated[str, Constraint(pattern=r"^[^A-Z\s]+( [^A-Z\s]+)*$", max_length=20)]
Page = Annotated[str, Constraint(pattern=r"^[a-z-]+(/[a-z-]+)+$")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform(Shape):
    """One platform. The fields have the same order as in the file."""

    key: Annotated[str, Constraint(pattern=r"^[a-z][a-z-]*$", max_length=16)]
    name: Text  # in English as in `bot.triage.metadata`
    aliases: Annotated[tuple[Alias, ...], Constraint(min_length=1)]  # in lower case, as people type them
    symbol: Literal["web", "rn", "objc", "java", "cpp", "dart", "csharp"]  # the field of `Symbols`
    is_framework: bool = False  # runs on other platforms, whose names its logs contain, too
    docs: Links  # the URL prefix of its pages
    log: Text  # its location
    upload: Annotated[tuple[Line, ...], Constraint(min_length=1)]  # the call, in each language of the platform
    config: Line | None = None  # the call that sets the log's folder; None: there is no file
    advice: tuple[Text, ...] = ()  # further facts
    sources: Annotated[tuple[Source, ...], Constraint(min_length=1)]

    def symbol_of(self, entry: Entry) -> str | None:
        """Return the name of *entry* in the SDK of this platform, or None if it has none."""
        symbol: str | None = getattr(entry.symbols, self.symbol)
        return symbol


@dataclass(frozen=True)
class Platforms(Shape):
    """All platforms, in the order of the list that people see."""

    pages: tuple[Page, ...]  # paths that exist on every platform
    guide: Links  # ZEGO's page about the log
    platforms: tuple[Platform, ...]

    def __post_init__(self) -> None:
        """Raise ValueError if a word names two platforms."""
        words = [word for each in self.platforms for word in (each.key, *set(each.aliases) - {each.key})]
        if twice := {word for word in words if words.count(word) > 1}:
            raise ValueError(f"{', '.join(sorted(twice))}: names two platforms; keep one")

    def keyed(self, key: str | None) -> Platform | None:
        """Return the platform with that key, or None."""
        return next((each for each in self.platforms if each.key == key), None)

    def named_in(self, text: str) -> Platform | None:
        """Return the platform that a person names in *text*, or None if they name none or several."""
        text = unicodedata.normalize("NFKC", text).lower()
        return _only([self._by_alias[match[0]] for match in self._aliases.finditer(text)])

    def without_names(self, text: str) -> str:
        """Return *text* in lower case without the words that `named_in` reads."""
        return self._aliases.sub(" ", unicodedata.normalize("NFKC", text).lower()).strip()

    def shown_by(self, names: Iterable[str]) -> Platform | None:
        """Return the platform of a log that contains the platform *names*, or None if they are ambiguous.

        *names* come from `bot.triage.metadata`. A framework takes precedence over the systems that it runs on.
        """
        by_name = {each.name.en: each for each in self.platforms}
        found = [by_name.get(name) for name in names]
        return None if None in found else _only([each for each in found if each])

    def links_on(self, platform: Platform | None, links: Links) -> Links:
        """Return the same page for *platform*, or *links* if not every platform has that page."""
        if platform is None:
            return links
        return Links(self._url_on(platform.docs.en, links.en), self._url_on(platform.docs.zh, links.zh))

    def _url_on(self, docs: str, url: str) -> str:
        site = docs.rpartition("/")[0]
        page = url.removeprefix(f"{site}/").partition("/")[2]
        is_shared = url.startswith(f"{site}/") and page.partition("#")[0] in self.pages
        return f"{docs}/{page}" if is_shared else url

    @cached_property
    def _by_alias(self) -> dict[str, Platform]:
        return {alias: each for each in self.platforms for alias in each.aliases}

    @cached_property
    def _aliases(self) -> re.Pattern[str]:
        """A pattern of all aliases: Latin ones as whole words, also before a version number, Chinese ones anywhere."""
        aliases = [re.escape(alias) for alias in sorted(self._by_alias, key=len, reverse=True)]
        latin, chinese = (
            "|".join(each for each in aliases if each.isascii() is is_latin) for is_latin in (True, False)
        )
        return re.compile(rf"(?<![a-z_-])(?:{latin})(?![a-z_-])|{chinese}")


def _only(found: list[Platform]) -> Platform | None:
    """Return the only platform in *found*, or None; frameworks take precedence over the systems that they run on."""
    keys = {each.key for each in found if each.is_framework} or {each.key for each in found}
    return next(each for each in found if each.key in keys) if len(keys) == 1 else None


def needs_log(steps: Iterable[str]) -> bool:
    """Return whether *steps* of a remedy upload the SDK's log."""
    return any(_UPLOAD in step for step in steps)


@cache
def open_platforms() -> Platforms:
    """Open the platforms that ship with the bot. Raises CatalogueError with all faults in their file."""
    return open_file("platforms", Platforms)
