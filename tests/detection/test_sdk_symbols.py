"""Find codes by name in each platform's spelling, and reject names that only look similar."""

from __future__ import annotations

import pytest

from bot.catalogue.catalogue import symbol_key
from bot.detection.detector import find
from tests.detection.known import KNOWN


@pytest.mark.parametrize(
    "name",
    [
        "ZIMErrorCodeNetworkModuleTokenExpired",
        "zim_error_code_network_module_token_expired",
        "ZIM_ERROR_CODE_NETWORK_MODULE_TOKEN_EXPIRED",
        "NETWORK_MODULE_TOKEN_EXPIRED",
        "NetworkModuleTokenExpired",
        "networkModuleTokenExpired",
        "ZIMErrorCode.networkModuleTokenExpired",
        "ZIMErrorCode::NetworkModuleTokenExpired",
        "zim::ZIMErrorCode::zim_error_code_network_module_token_expired",
        "im.zego.zim.enums.ZIMErrorCode.NETWORK_MODULE_TOKEN_EXPIRED",
    ],
)
def test_every_spelling_has_one_key_and_is_found(name: str) -> None:
    """One catalogue serves all SDKs."""
    assert symbol_key(name) == "networkmoduletokenexpired"
    assert find(f"if (e.code == {name}) {{", KNOWN).codes == (6000106,)


def test_the_name_of_the_enum_is_not_stripped_to_nothing() -> None:
    """`ZIMErrorCode` is a type, not a code."""
    assert symbol_key("ZIMErrorCode") == "zimerrorcode"


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("ZIMErrorCode.USER_IS_NOT_LOGGED.value()", (6000121,)),
        ('map.put("message", "USER_IS_NOT_LOGGED")', (6000121,)),
        ("ZIMErrorCode.messageHasBeenRevoked", (6000279,)),
        ("ZIM says FILE_SIZE_INVALID", (6000214,)),
        ("FILE_SIZE_INVALID", ()),
        ("DOES_NOT_EXIST", ()),
        ("NETWORK_ERROR", ()),
        ("messageHasBeenRevoked", ()),
        ("network module token expired", ()),
        ("NetworkModuleTokenExpiredHandler", ()),
        ("onNetworkModuleTokenExpired", ()),
        ("src/NetworkModuleTokenExpired.ts", ()),
        ("https://docs.example/#networkModuleTokenExpired", ()),
        ("ZIMErrorCode.SUCCESS || ZIMErrorCode.FAILED", ()),
        ("const code: ZIMErrorCode = error.code;", ()),
    ],
)
def test_a_name_counts_only_if_it_has_the_form_of_a_symbol(text: str, codes: tuple[int, ...]) -> None:
    """Ordinary words and other products' names must not get a reply."""
    assert find(text, KNOWN).codes == codes


def test_a_finding_keeps_the_spelling_and_the_qualifier() -> None:
    """The reply shows the name as the reader wrote it."""
    finding = find("case ZIMErrorCode.USER_IS_NOT_LOGGED:", KNOWN).findings[0]
    assert (finding.symbol, finding.span) == ("ZIMErrorCode.USER_IS_NOT_LOGGED", (5, 36))
