"""One key for all spellings of an SDK symbol.

The SDKs name the same code ``NetworkModuleTokenExpired``, ``ZIMErrorCodeNetworkModuleTokenExpired``,
``zim_error_code_network_module_token_expired`` and so on. Which code a key belongs to is the catalogue's.
"""

from __future__ import annotations

_ENUM = "zimerrorcode"


def normalise(name: str) -> str:
    """Return the key of a symbol: lower-case letters and digits, without the enum's name and what stands before it.

    >>> normalise("ZIMErrorCode.USER_IS_NOT_LOGGED") == normalise("zim_error_code_user_is_not_logged")
    True
    """
    key = "".join(letter for letter in name.lower() if letter.isascii() and letter.isalnum())
    before, enum, after = key.rpartition(_ENUM)
    return after if enum and after else before + enum + after
