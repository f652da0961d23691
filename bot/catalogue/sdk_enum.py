"""Compare the catalogue with the list of codes that an SDK publishes: an enum or constants, in any language."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from bot import resources
from bot.catalogue.catalogue import Catalogue, symbol_key

COMPARED = resources.DATA / "compared.yaml"

# A comment that does not begin after a space or a separator is a part of a string: "https://…", "image/*".
_COMMENT = re.compile(r"(?:^|(?<=[\s,;(){}]))(?://[^\n]*|/\*.*?(?:\*/|\Z))", re.DOTALL | re.MULTILINE)
# Name = 6000101, Name: 6000101, NAME(6000101), Enum["Name"] = 6000101, NAME: Int = 6000101, #define NAME 6000101
_NAMED_CODE = re.compile(
    r"""
    (?: \#\s{0,9}define\s{1,99} (\w{2,100}) \s{1,99} \(?
    |   (?<!\w) ([A-Za-z_]\w{1,99}) (?:["']\]?)?
        (?: \s{0,9} : \s{0,9} [A-Za-z]\w{0,30} (?=\s{0,99}=) )? \s{0,99} [=:({] )
    \s{0,999} (600[0-9]{4}) (?![0-9])
    """,
    re.VERBOSE | re.ASCII,
)


_NO_ERRORS = (0, 1)  # success and failure, which `_NAMED_CODE` does not find


@dataclass(frozen=True, slots=True)
class Comparison:
    """The differences between a published list and the catalogue."""

    sdk: str | None  # the field of `Symbols` with most of the names, None if none has any
    codes: int  # in the list
    named: int  # codes with a name that the catalogue has
    new: Mapping[int, str]  # not in the catalogue
    missing: Mapping[int, str]  # in the catalogue with a name in this SDK, but not in the list
    renamed: Mapping[int, tuple[str, ...]]  # the name in the list, then the catalogue's

    @property
    def is_equal(self) -> bool:
        """Return whether there is nothing to change."""
        return not (self.new or self.missing or self.renamed)


def named_codes(source: str) -> dict[int, str]:
    """Return the codes that *source* defines, sorted, each with its name.

    Names of several codes are skipped: they are functions, such as ``fail(6000101)``, or variables. So are comments.
    """
    found: defaultdict[str, set[int]] = defaultdict(set)
    for defined, name, code in _NAMED_CODE.findall(_COMMENT.sub(" ", source)):
        found[defined or name].add(int(code))
    return dict(sorted((min(codes), name) for name, codes in found.items() if len(codes) == 1))


def compare(names: Mapping[int, str], catalogue: Catalogue) -> Comparison:
    """Compare the *names* of codes in a published list with the catalogue. Spellings of the same name are equal."""
    entries = {entry.code: entry for entry in catalogue}
    symbols = {code: entry.symbols.by_sdk() for code, entry in entries.items()}
    matching = Counter(sdk for code in names for sdk, name in symbols.get(code, {}).items() if name == names[code])
    sizes = Counter(sdk for by_sdk in symbols.values() for sdk in by_sdk)
    # If two SDKs have the same names, but one has more of them, the smaller one fits better.
    sdk = max(matching, key=lambda each: (matching[each], -sizes[each]), default=None)
    own = {code: by_sdk[sdk] for code, by_sdk in symbols.items() if sdk in by_sdk and code not in _NO_ERRORS}
    renamed = {}
    for code, name in names.items():
        if code in entries:
            # The catalogue has only some names of certain SDKs. The rest should equal those of the other SDKs.
            expected = [own[code]] if code in own else [*symbols[code].values()]
            keys = map(symbol_key, (*expected, *entries[code].aliases))
            if symbol_key(name) not in keys:
                renamed[code] = (name, *expected)
    return Comparison(
        sdk,
        len(names),
        named=sum(code in entries and code not in renamed for code in names),
        new={code: name for code, name in names.items() if code not in entries},
        missing={code: name for code, name in own.items() if code not in names},
        renamed=renamed,
    )


@cache
def newest_compared() -> str:
    """Return the newest SDK version that was compared with the catalogue, such as ``zego-zim-web 2.29.0``."""
    import yaml  # not at the top: most commands start without it

    newest, *_ = yaml.safe_load(COMPARED.read_text(encoding="utf-8"))
    return f"{newest['package']} {newest['version']}"
