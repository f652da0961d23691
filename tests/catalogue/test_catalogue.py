"""Look up entries, and override the vendor's with the operator's."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from bot.catalogue.catalogue import CODES_FOLDER, EXACT, Catalogue, open_catalogue
from bot.catalogue.entry import EntryStatus
from bot.detection.detector import find_in_message
from bot.errors import CatalogueError
from bot.i18n import Language
from bot.policy.replies import Explained
from bot.render.renderer import Renderer
from tests.render.kit_rules import texts

OWN = """
section: {section}
name:
  en: Our wallet
  zh: 我们的钱包
docs:
  en: https://wiki.example.com/codes
  zh: https://wiki.example.com/codes
codes:
- code: {code}
  status: overlay
  title:
    en: Wallet is frozen
    zh: 钱包已冻结
  meaning:
    en: Our backend froze the wallet.
    zh: 后端冻结了该钱包。
  remedy:
    en: [Ask the billing team.]
    zh: [联系账务组。]
  actor: operator
  retry: no
  severity: low
  sources:
  - origin: operator
"""


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep these overlays out of the user's cache, where they would replace older files."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


def overlay(folder: Path, *, section: str, code: int) -> Catalogue:
    """Return the catalogue with one entry of the operator."""
    (folder / "own.yaml").write_text(OWN.format(section=section, code=code), encoding="utf-8")
    return open_catalogue(folder)


def test_a_known_code_is_replaced_in_its_own_section(tmp_path: Path) -> None:
    """Teams know better what a code means in their own app."""
    catalogue = overlay(tmp_path, section="wallet", code=6000106)
    entry = catalogue.get(6000106)
    assert entry
    assert (len(catalogue), entry.title.en, entry.status) == (205, "Wallet is frozen", EntryStatus.OVERLAY)
    assert catalogue.section_of(entry).section == "login"


def test_the_entry_of_the_documentation_is_complete(tmp_path: Path) -> None:
    """Whoever adds an unknown code at night copies it."""
    documentation = (CODES_FOLDER.parent / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```yaml\n(.*?)```", documentation, re.DOTALL)
    (tmp_path / "room.yaml").write_text(example, encoding="utf-8")
    entry = open_catalogue(tmp_path).get(6000399)
    assert entry
    assert open_catalogue(tmp_path).section_of(entry).section == "room"


@pytest.mark.parametrize(("section", "code", "sections"), [("wallet", 7000001, 17), ("login", 6000199, 16)])
def test_a_new_code_joins_its_section_or_makes_one(tmp_path: Path, section: str, code: int, sections: int) -> None:
    """Teams have codes of their own, and look them up in the same place."""
    catalogue = overlay(tmp_path, section=section, code=code)
    entry = catalogue.get(code)
    assert entry
    assert (len(catalogue), len(catalogue.sections)) == (206, sections)
    assert catalogue.section_of(entry).section == section
    assert catalogue.search("wallet frozen")[0].entry is entry
    shown = texts(Renderer(catalogue).message(Explained((entry,)), Language.EN)["blocks"])
    assert any("this bot's operator" in text for text in shown)


def test_known_and_new_codes_of_one_file_are_separated(tmp_path: Path) -> None:
    """A known code would be listed twice otherwise."""
    second = OWN.partition("codes:\n")[2].format(code=7000001)
    (tmp_path / "own.yaml").write_text(OWN.format(section="wallet", code=6000106) + second, encoding="utf-8")
    catalogue = open_catalogue(tmp_path)
    listed = [entry.code for section in catalogue.sections for entry in section.codes]
    assert len(listed) == len(set(listed)) == 206
    assert [section.section for section in catalogue.sections if catalogue[7000001] in section.codes] == ["wallet"]
    assert catalogue.section_of(catalogue[6000106]).section == "login"


def test_two_files_can_add_to_one_section(tmp_path: Path) -> None:
    """Teams that share a bot have a file each."""
    for code in (7000001, 7000002):
        (tmp_path / f"{code}.yaml").write_text(OWN.format(section="login", code=code), encoding="utf-8")
    catalogue = open_catalogue(tmp_path)
    assert {7000001, 7000002} <= {entry.code for entry in catalogue.sections[1].codes}
    assert len(catalogue.sections) == 16


def test_a_mistake_in_an_overlay_is_reported_like_any_other(tmp_path: Path) -> None:
    """It names file and line."""
    (tmp_path / "own.yaml").write_text(OWN.format(section="wallet", code=6000106).replace("low", "lowish"))
    with pytest.raises(CatalogueError, match=r"own\.yaml:23: code 6000106, severity"):
        open_catalogue(tmp_path)


def test_a_file_that_moves_to_an_overlay_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The content of all files stays the same, but the entry becomes the operator's."""
    base, own = tmp_path / "codes", tmp_path / "own"
    for folder in (base, own):
        folder.mkdir()
    shutil.copy(CODES_FOLDER / "login.yaml", base)
    monkeypatch.setattr("bot.catalogue.catalogue.CODES_FOLDER", base)
    (base / "own.yaml").write_text(OWN.format(section="wallet", code=7000001).replace("overlay", "documented"))
    assert open_catalogue(own)[7000001].status is EntryStatus.DOCUMENTED
    (base / "own.yaml").rename(own / "own.yaml")
    assert open_catalogue(own)[7000001].status is EntryStatus.OVERLAY


def test_an_overlay_may_hold_an_example(tmp_path: Path) -> None:
    """It shows the team's own line. It must be one line, and neither the detection nor the search uses it."""
    own = OWN.format(section="wallet", code=7000001).replace("  sources:", "  example: {}\n  sources:")
    (tmp_path / "own.yaml").write_text(own.format("Purse-42 frozen, code=7000001"), encoding="utf-8")
    catalogue = open_catalogue(tmp_path)
    assert catalogue[7000001].example == "Purse-42 frozen, code=7000001"
    assert "*Example*\n`Purse-42 frozen, code=7000001`" in texts(
        Renderer(catalogue).lookup(Language.EN, catalogue[7000001])
    )
    assert catalogue.search("purse-42") == ()
    assert find_in_message({"text": "Purse-42 frozen, code=7000001"}, catalogue).codes == ()
    (tmp_path / "own.yaml").write_text(own.format('"first\\nsecond"'), encoding="utf-8")
    with pytest.raises(CatalogueError, match=r"own\.yaml:\d+: code 7000001, example"):
        open_catalogue(tmp_path)


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("6000106", {6000106}),
        ("NetworkModuleTokenExpired", {6000106}),
        ("60007", {6000701, 6000702, 6000703, 6000704, 6000710}),
        ("60007xx", {6000701, 6000702, 6000703, 6000704, 6000710}),
        ("reaction", {6000280}),
        ("消息表态", {6000280}),
        ("Message reactions", {6000280}),
    ],
)
def test_an_exact_name_finds_exactly_its_codes(catalogue: Catalogue, query: str, codes: set[int]) -> None:
    """Codes, symbols, ranges and sections need no ranking."""
    hits = catalogue.search(query)
    assert {hit.entry.code for hit in hits} == codes
    assert {hit.score for hit in hits} == {EXACT}


def test_a_number_that_is_no_range_finds_nothing(catalogue: Catalogue) -> None:
    """No result is better than a wrong one."""
    assert catalogue.search("99999") == ()


@pytest.mark.parametrize(
    ("number", "codes"),
    [
        (6000358, [6000357, 6000356, 6000355]),  # one digit wrong
        (6000372, [6000327, 6000352, 6000332]),  # two digits transposed; one wrong
        (6003054, [6000354]),
        (6100354, [6000354]),
        (600354, [6000354]),  # a double digit typed once
        (60001061, [6001061, 6000106, 6000101]),  # a digit too many
        (60003544, [6000354, 6000544]),  # a single digit typed twice
        (6000199, [6000109, 6000124, 6000123]),  # then the family
        (6000999, []),
        (6009999, []),
        (6001199, []),
        (42, []),
    ],
)
def test_codes_near_an_unknown_number(catalogue: Catalogue, number: int, codes: list[int]) -> None:
    """A code is a slip of the finger away or of the same family, or it is not offered."""
    assert [entry.code for entry in catalogue.nearest(number)] == codes


def test_a_doubled_digit_and_a_transposition_are_recognised(catalogue: Catalogue) -> None:
    """A person who mistypes a code is offered the right one."""
    slips = set()
    for code in (entry.code for entry in catalogue if entry.code > 1):
        digits = str(code)
        slips |= {(int(digits[:at] + digits[at - 1 :]), code) for at in range(1, 8)}
        slips |= {(int(digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :]), code) for at in range(6)}
    unknown = [(typed, code) for typed, code in slips if not catalogue.has_code(typed)]
    assert len(unknown) > 1000
    assert [each for each in unknown if each[1] not in [entry.code for entry in catalogue.nearest(each[0])]] == []


def test_the_family_of_an_unknown_code(catalogue: Catalogue) -> None:
    """It tells which feature a new code is about."""
    family = catalogue.family(6000399)
    assert family
    assert family.section == "room"
    assert catalogue.family(6009999) is None


def test_a_server_code_finds_the_code_that_the_sdk_makes_of_it(catalogue: Catalogue) -> None:
    """The SDK's message shows the server's own code, and people ask for what they see."""
    entry = catalogue.entry_named("103040")
    assert entry is not None
    assert entry.code == 6000353
    assert [(hit.entry.code, hit.score) for hit in catalogue.search("103040")] == [(6000353, EXACT)]


def test_a_server_code_of_the_operators_own_entry_is_that_entry(tmp_path: Path) -> None:
    """The operator's codes come first, whatever their number."""
    catalogue = overlay(tmp_path, section="wallet", code=103040)
    entry = catalogue.entry_named("103040")
    assert entry is not None
    assert entry.title.en == "Wallet is frozen"


@pytest.mark.parametrize("query", ["103040 0", "error 0 or 1002001", "0 12345", "1 of 20", "错误 0 还是 1002001"])
def test_zero_and_one_are_no_answer_beside_another_number(catalogue: Catalogue, query: str) -> None:
    """Every text may contain a 0."""
    assert [hit.entry.code for hit in catalogue.search(query) if hit.entry.code < 2] == []


def test_zero_alone_is_a_code(catalogue: Catalogue) -> None:
    """Success has a code, too."""
    assert [hit.entry.code for hit in catalogue.search("0")] == [0]
