"""Provide a small catalogue of codes and symbols for the tests of detection."""

from __future__ import annotations

from bot.catalogue.catalogue import symbol_key

# First and last of each run of codes.
_RUNS = (
    (1, 16), (21, 21), (101, 109), (111, 111), (121, 124), (201, 208), (210, 222), (230, 231), (240, 245), (251, 254),
    (270, 287), (301, 311), (320, 327), (330, 337), (350, 357), (401, 405), (501, 517), (521, 544), (601, 604),
    (801, 816),
)  # fmt: skip
CODES = frozenset(6_000_000 + code for first, last in _RUNS for code in range(first, last + 1))

_SYMBOLS = {
    0: "ZIMErrorCodeSuccess SUCCESS",
    1: "ZIMErrorCodeFailed FAILED",
    6000001: "CommonModuleParamsInvalid PARAM_INVALID",
    6000009: "CommonModuleIMServerDisconnect",
    6000104: "NetworkModuleNetworkError NETWORK_ERROR",
    6000106: "NetworkModuleTokenExpired",
    6000107: "NetworkModuleTokenVersionError",
    6000111: "NetworkModuleUserHasAlreadyLogged USER_HAS_ALREADY_LOGGED",
    6000121: "NetworkModuleUserIsNotLogged USER_IS_NOT_LOGGED",
    6000204: "MessageModuleTargetDoesNotExist MessageModuleTargetDoseNotExist TARGET_DOES_NOT_EXIST",
    6000214: "MessageModuleFileSizeInvalid FILE_SIZE_INVALID",
    6000279: "MessageModuleMessageHasBeenRevoked messageHasBeenRevoked",
    6000284: "MessageModuleSenderInBlacklist",
    6000323: "RoomModuleTheRoomAlreadyExists THE_ROOM_ALREADY_EXISTS",
    6000522: "GroupModuleMemberIsAlreadyInTheGroup MEMBER_IS_ALREADY_IN_THE_GROUP",
    6000523: "GroupModuleGroupDoesNotExist DOES_NOT_EXIST",
}


class SmallCatalogue:
    """Contains `CODES` and a few symbols, under the keys that the catalogue uses."""

    def __init__(self) -> None:
        self._symbols = {symbol_key(name): code for code, names in _SYMBOLS.items() for name in names.split()}

    def has_code(self, code: int) -> bool:
        return code in CODES

    def code_of_symbol(self, name: str) -> int | None:
        return self._symbols.get(symbol_key(name))


KNOWN = SmallCatalogue()
