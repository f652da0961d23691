"""Read the server's own code in a message of the SDK."""

from __future__ import annotations

import pytest

from bot.catalogue.catalogue import open_catalogue
from bot.catalogue.numbers import ServerCode
from bot.detection.detector import find
from bot.detection.server_codes import server_code_in

CATALOGUE = open_catalogue()


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ('ZIMError code: 6000201 message: "… code: 103040"', 103040),
        ("{code: 6000523, message: 'code: 108044, message: Group does not exist.'}", 108044),
        (r"{\"code\":6000203,\"message\":\"code: 108035, message: not in group\"}", 108035),
        ('{"code":6000203,"message":"failed","server":{"code":"103040"}}', 103040),
        ("6000353, set room members attributes failed with code: 103040, message: too long", 103040),
        ("code=6000602 message=code:106120", 106120),
        ("code: 6000201, code: 103999, code: 103040", 103040),
        ("code: 6000201, message: code: 103999", None),
        ("code: 6000201, message: code: 1030401", None),
        ("code: 6000201 of room 103040", None),
        ("code: 6000201, errorcode: 103040", None),
        ("code: 6000201", None),
    ],
)
def test_a_line_may_have_the_servers_own_code(line: str, number: int | None) -> None:
    """A code that only says “failed” becomes one that says why."""
    expected = ServerCode(number, CATALOGUE.server_codes[number]) if number else None
    assert server_code_in(line.encode(), CATALOGUE.server_codes) == expected


def test_a_server_code_is_no_code_by_itself() -> None:
    """Numbers with six digits are everywhere, and nobody asked."""
    for line in ("code: 103040", "error code 103040", "Express error 1002001", "errorCode=660000011"):
        assert find(line, CATALOGUE).findings == ()
