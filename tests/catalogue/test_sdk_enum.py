"""Compare published lists of codes with the catalogue."""

from __future__ import annotations

import pytest
import yaml

from bot import resources
from bot.catalogue.catalogue import Catalogue
from bot.catalogue.sdk_enum import COMPARED, compare, named_codes, newest_compared

FORMS = {
    "TypeScript": """
export declare enum ZIMErrorCode {
    /** Old: Removed = 6000998, see https://example.com/6000997 */
    NetworkModuleTokenExpired = 6000106,
    // Dropped = 6000999,
    RoomModuleCommonError = 6000301
}""",
    "JavaScript": """
(function (ZIMErrorCode) {
    ZIMErrorCode[ZIMErrorCode["NetworkModuleTokenExpired"] = 6000106] = "NetworkModuleTokenExpired";
    ZIMErrorCode[ZIMErrorCode["RoomModuleCommonError"] = 6000301] = "RoomModuleCommonError";
})(ZIMErrorCode || (ZIMErrorCode = {}));
if (n === 6000105 || n == 6000104) throw fail(6000103, "https://example.com"); fail(6000102);
""",
    "object": """
accept = "image/*"; codes = { NetworkModuleTokenExpired: 6000106, "RoomModuleCommonError": 6000301 };""",
    "Java": """
public enum ZIMErrorCode {
    NETWORK_MODULE_TOKEN_EXPIRED(6000106),
    ROOM_MODULE_COMMON_ERROR(6000301, "room"),
    UNKNOWN(-1);
    ZIMErrorCode(int value) { this.value = value; }
}""",
    "Java constants": """
public static final int NETWORK_MODULE_TOKEN_EXPIRED = 6000106;
public static final int ROOM_MODULE_COMMON_ERROR     =   6000301;""",
    "Kotlin": """
const val NETWORK_MODULE_TOKEN_EXPIRED: Int = 6000106
const val ROOM_MODULE_COMMON_ERROR: Int = 6000301""",
    "Objective-C": """
typedef NS_ENUM(NSUInteger, ZIMErrorCode) {
    ZIMErrorCodeNetworkModuleTokenExpired = 6000106,
    ZIMErrorCodeRoomModuleCommonError = 6000301,
};""",
    "Swift": """
enum Code: Int {
    case networkModuleTokenExpired = 6000106
    case roomModuleCommonError = 6000301
}""",
    "C++": """
enum zim_error_code {
    /* zim_error_code_failed = 1, */
    zim_error_code_network_module_token_expired = 6000106, // Token
    zim_error_code_room_module_common_error = 6000301
};""",
    "C": """
#define ZIM_ERROR_CODE_NETWORK_MODULE_TOKEN_EXPIRED 6000106
#define ZIM_ERROR_CODE_ROOM_MODULE_COMMON_ERROR (6000301)""",
    "Dart": """
class ZIMErrorCode {
  static const int networkModuleTokenExpired = 6000106;
  static const int
      roomModuleCommonError =
      6000301;
}""",
    "C#": """
public enum ZIMErrorCode
{
    NetworkModuleTokenExpired = 6000106,
    RoomModuleCommonError = 6000301,
}""",
}


@pytest.mark.parametrize("form", FORMS)
def test_every_language_has_its_form(catalogue: Catalogue, form: str) -> None:
    """One reader is enough: comments, comparisons and calls define nothing."""
    names = named_codes(FORMS[form])
    assert list(names) == [6000106, 6000301]
    found = compare(names, catalogue)
    assert (found.codes, found.named, dict(found.new), dict(found.renamed)) == (2, 2, {}, {})


@pytest.mark.parametrize(
    ("form", "sdk"),
    [
        ("C#", "csharp"), ("Objective-C", "objc"), ("C++", "cpp"), ("Dart", "dart"), ("Java", None),
    ],
)  # fmt: skip
def test_the_names_tell_the_sdk(catalogue: Catalogue, form: str, sdk: str | None) -> None:
    """The codes that are missing are those of the same SDK; of Java's names, few are known."""
    found = compare(named_codes(FORMS[form]), catalogue)
    assert found.sdk == sdk
    assert (6000104 in found.missing) == bool(sdk)
    assert 6000106 not in found.missing
    assert 0 not in found.missing


def test_each_difference_is_found(catalogue: Catalogue) -> None:
    """A new version of an SDK adds codes, drops others and renames some."""
    names = {entry.code: entry.symbols.web for entry in catalogue if entry.symbols.web and entry.code > 1}
    assert compare(names, catalogue).is_equal
    names |= {6000358: "RoomModuleNews", 6000106: "NetworkModuleTokenTooOld"}
    del names[6000301]
    found = compare(names, catalogue)
    assert found.sdk == "web"
    assert found.new == {6000358: "RoomModuleNews"}
    assert found.missing == {6000301: "RoomModuleCommonError"}
    assert found.renamed == {6000106: ("NetworkModuleTokenTooOld", "NetworkModuleTokenExpired")}
    assert not found.is_equal


def test_older_names_are_known(catalogue: Catalogue) -> None:
    """SDKs have shipped misspelled names, which the catalogue keeps."""
    entry = next(entry for entry in catalogue if entry.aliases)
    assert compare({entry.code: entry.aliases[0]}, catalogue).renamed == {}


@pytest.mark.parametrize(
    "source", ["", "6000106", "return 6000106; case 6000301:", "NAME = 60001061", "é = 6000106 " * 9]
)
def test_text_without_names_defines_nothing(source: str) -> None:
    """A list of numbers says nothing about names."""
    assert named_codes(source) == {}


def test_the_page_lists_what_was_compared() -> None:
    """The bot names the newest version, and the page is where people look for the others."""
    compared = yaml.safe_load(COMPARED.read_text(encoding="utf-8"))
    page = (resources.DATA / "sources.md").read_text(encoding="utf-8")
    for each in compared:
        row = (each["package"], each["version"], each["published"], each["compared"])
        assert f"| {' | '.join(map(str, row))} |" in page
    versions = [tuple(map(int, each["version"].split("."))) for each in compared]
    assert versions == sorted(versions, reverse=True)
    assert newest_compared() == f"{compared[0]['package']} {compared[0]['version']}"
