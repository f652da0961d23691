"""Read the code of ZIM's servers in an error message of the SDK.

The message has it beside the SDK's own code: ``code: 103040, message: …`` (zego-zim-web 2.29.0, index.js). It explains
that code and is none by itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.catalogue.numbers import ServerCode

_NAME = b"code"
_SIGNS = rb"[\"'\\]{0,4}"
_VALUE = re.compile(_SIGNS + rb"\s{0,2}[:=]\s{0,2}" + _SIGNS + rb"([0-9]{5,6})(?![0-9A-Za-z])")


def server_code_in(line: bytes, codes: Mapping[int, int]) -> ServerCode | None:
    """Return the first server code in *line*, in UTF-8; *codes* maps each to the SDK's code."""
    at = line.find(_NAME)
    while at >= 0:
        value = _VALUE.match(line, at + len(_NAME))
        if value and (number := int(value[1])) in codes and not line[at - 1 : at].isalpha():
            return ServerCode(number, codes[number])
        at = line.find(_NAME, at + len(_NAME))
    return None
