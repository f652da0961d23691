"""Recognize numbers that are no codes of the SDK."""

from __future__ import annotations

import pytest

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.entry import Links, Text
from bot.catalogue.numbers import KnownNumbers, NumberRange, Product, open_numbers

PAGE = Links("https://example.com/en", "https://example.com/zh")


def owners(number: int) -> list[str]:
    """Return the English names of the products that a number belongs to."""
    foreign = open_numbers().foreign(number)
    return [product.name.en for product in foreign.products] if foreign else []


@pytest.mark.parametrize(
    ("number", "names"),
    [
        (1002001, ["ZEGO Express (audio and video calls)"]),
        (1103099, ["ZEGO Express (audio and video calls)"]),
        (660000011, ["ZIM's server API"]),
        (51102, ["ZIM's server API"]),
        (100000005, ["the gateway of all ZEGO server APIs"]),
        (50001, ["the server API of ZEGO's audio and video calls"]),
        (300000002, ["ZEGO Cloud Recording"]),
        (300001001, ["ZEGO Cloud Recording", "ZEGO UIKit"]),
        (301003001, ["ZEGO UIKit"]),
        (3100007, ["ZEGO Super Board"]),
        (4000008, ["ZEGO RoomKit"]),
        (1000000, []),
        (103040, []),
        (5, []),
        (20261126, []),
        (138000138, []),
    ],
)
def test_a_number_belongs_to_the_products_that_document_it(number: int, names: list[str]) -> None:
    """Teams that use ZIM often use ZEGO's other products, too, and see their numbers in the same logs."""
    assert owners(number) == names


def test_no_code_of_the_catalogue_belongs_to_another_product(catalogue: Catalogue) -> None:
    """A ZIM error must not be sent to another product's page."""
    assert [entry.code for entry in catalogue if catalogue.numbers.foreign(entry.code)] == []
    assert [number for number in range(6000000, 6010000) if catalogue.numbers.foreign(number)] == []


def test_both_ends_of_a_range_belong_to_it() -> None:
    """The first and the last code of a table are as common as the others."""
    product = Product(name=Text("A", "甲"), docs=PAGE, ranges=(NumberRange(20000, 20002),), read="the page")
    known = KnownNumbers("x", (product,))
    assert [number for number in range(19999, 20005) if known.foreign(number)] == [20000, 20001, 20002]


def test_a_range_has_a_number() -> None:
    """Swapped ends would recognize nothing."""
    with pytest.raises(ValueError, match="greater"):
        NumberRange(20002, 20000)
