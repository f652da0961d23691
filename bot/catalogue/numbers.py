"""Recognize the error numbers of ZEGO's other products (``data/numbers.yaml``), which people take for codes."""

# No `from __future__ import annotations`: `from_plain` needs the types themselves.
from dataclasses import dataclass
from typing import Annotated

from bot.catalogue.data_file import open_file
from bot.catalogue.entry import Entry, Line, Links, Text
from bot.catalogue.shape import Constraint, Shape

CodeNumber = Annotated[int, Constraint(ge=10_000, le=999_999_999)]


@dataclass(frozen=True, slots=True)
class NumberRange(Shape):
    """A range of numbers, both ends included."""

    first: CodeNumber
    last: CodeNumber

    def __post_init__(self) -> None:
        """Raise ValueError if the range is empty."""
        if self.first > self.last:
            raise ValueError("`first` is greater than `last`")


@dataclass(frozen=True, slots=True, kw_only=True)
class Product(Shape):
    """Another product of ZEGO, with its error numbers."""

    name: Text
    docs: Links
    ranges: tuple[NumberRange, ...] = ()
    numbers: tuple[CodeNumber, ...] = ()
    read: Line  # the source of its numbers

    def has(self, number: int) -> bool:
        """Return whether *number* is an error of the product."""
        return number in self.numbers or any(each.first <= number <= each.last for each in self.ranges)


@dataclass(frozen=True, slots=True)
class ForeignNumber:
    """An error number of one or more other products."""

    number: int
    products: tuple[Product, ...]


@dataclass(frozen=True, slots=True)
class ServerCode:
    """A code of ZIM's servers, and the code that the SDK turns it into."""

    number: int
    code: int


@dataclass(frozen=True, slots=True)
class ResolvedNumbers:
    """The numbers of a question by kind, each kind in the order of the question."""

    entries: tuple[Entry, ...]
    server_codes: tuple[ServerCode, ...]  # their entries are among `entries`
    foreign: tuple[ForeignNumber, ...]
    unknown: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class KnownNumbers(Shape):
    """The content of the file."""

    server_codes_read: Line  # the source of the `server_codes` of the entries
    products: tuple[Product, ...]

    def foreign(self, number: int) -> ForeignNumber | None:
        """Return *number* with its products, or None if no product has it."""
        products = tuple(product for product in self.products if product.has(number))
        return ForeignNumber(number, products) if products else None


def open_numbers() -> KnownNumbers:
    """Open the file that ships with the bot. Raises CatalogueError with all faults in it."""
    return open_file("numbers", KnownNumbers)
