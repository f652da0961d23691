"""Check every entry of the catalogue against the house rules and the vendor's facts."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot import resources
from bot.catalogue import loader
from bot.catalogue.catalogue import CODES_FOLDER, Catalogue, symbol_key
from bot.catalogue.entry import Entry, EntryStatus, Steps, Text, Words
from tests.typography import faults

HERE = Path(__file__).parent
VENDOR: dict[int, dict[str, Any]] = yaml.safe_load((HERE / "vendor_facts.yaml").read_text(encoding="utf-8"))
CODE_FILES = sorted(CODES_FOLDER.glob("*.yaml"))
CHINESE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
IN_BACKTICKS = re.compile(r"`[^`]*`")


def texts(entry: Entry) -> Iterator[tuple[str, str, str]]:
    """Yield every text of an entry as (place, English, Chinese)."""

    def within(value: object, place: str) -> Iterator[tuple[str, str, str]]:
        if isinstance(value, Text):
            yield place, value.en, value.zh
        elif isinstance(value, (Steps, Words)):
            yield place, "\n".join(value.en), "\n".join(value.zh)
        elif isinstance(value, tuple):
            for number, item in enumerate(value):
                yield from within(item, f"{place}.{number}")
        elif is_dataclass(value) and not isinstance(value, type):
            for field in fields(value):
                yield from within(getattr(value, field.name), f"{place}.{field.name}")

    yield from within(entry, str(entry.code))


def sentences(entry: Entry) -> Iterator[tuple[str, str, str]]:
    """Yield the texts that people read as sentences: all but the keywords."""
    return (each for each in texts(entry) if not each[0].endswith(".keywords"))


def numbers(text: str) -> Counter[int]:
    """Count the numbers in a text."""
    return Counter(int(digits) for digits in re.findall(r"(?<![A-Za-z0-9_.])\d+(?!\.\d)", text.replace(",", "")))


def test_the_catalogue_is_complete(catalogue: Catalogue) -> None:
    """Nobody gets help with a missing code."""
    assert len(catalogue) == 205
    assert {code for code in VENDOR if not catalogue.has_code(code)} == set()
    documented = {entry.code for entry in catalogue if entry.status is EntryStatus.DOCUMENTED}
    assert documented == set(VENDOR)


@pytest.mark.parametrize("path", CODE_FILES, ids=lambda path: path.stem)
def test_a_file_is_sorted_and_in_house_order(path: Path) -> None:
    """People find an entry by its number, and a field by its position."""
    content = loader.read(path)
    codes = [entry["code"] for entry in content["codes"]]
    assert codes == sorted(set(codes))
    assert content["section"] == path.stem
    order = [field.name for field in fields(Entry)]
    for entry in content["codes"]:
        assert list(entry) == [name for name in order if name in entry], entry["code"]
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [number for number, line in enumerate(lines, 1) if line != line.rstrip() or "\t" in line] == []


def test_every_fact_of_the_vendor_is_kept(catalogue: Catalogue) -> None:
    """Rewording must not lose a number or a name."""
    for code, facts in VENDOR.items():
        entry = catalogue.get(code)
        assert entry
        for language in range(2):
            said = "\n".join(each[1 + language] for each in texts(entry)) + "\n".join(entry.methods)
            values = {limit.value for limit in entry.limits} | {limit.window_s for limit in entry.limits}
            for number in facts["numbers"]:
                assert number in values | set(numbers(said)), f"{code} lacks {number}"
            for name in facts["names"]:
                assert f"`{name}" in said or f".{name}`" in said, f"{code} lacks `{name}`"


def test_sources_say_which_documents_have_the_code(catalogue: Catalogue) -> None:
    """An answer must name its sources."""
    for code, facts in VENDOR.items():
        entry = catalogue.get(code)
        assert entry
        origins = [
            source.origin.removesuffix("-docs") for source in entry.sources if source.origin in ("zh-docs", "en-docs")
        ]
        assert origins == facts["documents"], code
    for entry in catalogue:
        origins = [source.origin for source in entry.sources]
        assert len(origins) == len(set(origins)), entry.code
        assert {limit.origin for limit in entry.limits} <= set(origins), f"{entry.code}: a limit's origin is no source"


def test_numbers_agree_in_both_languages(catalogue: Catalogue) -> None:
    """A limit that differs between the languages is wrong in one of them."""
    for entry in catalogue:
        for place, en, zh in sentences(entry):
            assert numbers(en) == numbers(zh), f"{place}: {numbers(en)} and {numbers(zh)}"


def test_names_agree_in_both_languages(catalogue: Catalogue) -> None:
    """Method names are the same in every language."""
    for entry in catalogue:
        for place, en, zh in sentences(entry):
            assert Counter(IN_BACKTICKS.findall(en)) == Counter(IN_BACKTICKS.findall(zh)), place
            assert en.count("`") % 2 == 0, place


def test_english_has_no_chinese_and_chinese_no_half_width_punctuation(catalogue: Catalogue) -> None:
    """Native readers stumble over both."""
    for entry in catalogue:
        for place, en, zh in texts(entry):
            assert not CHINESE.search(en), f"{place}: {en}"
            prose = IN_BACKTICKS.sub("码", zh)
            found = re.search(r"[\u4e00-\u9fff] ?[,;:!?()]|[,;:!?()] ?[\u4e00-\u9fff]|[\u4e00-\u9fff]\.(?!\w)", prose)
            assert not found, f"{place}: {found and found[0]}"


def test_chinese_has_a_space_between_scripts_and_none_elsewhere(catalogue: Catalogue) -> None:
    """This is the house's typography, and the vendor's."""
    for entry in catalogue:
        for place, _, zh in sentences(entry):
            tight = re.search(r"[\u4e00-\u9fff][A-Za-z0-9`]|[A-Za-z0-9`][\u4e00-\u9fff]", IN_BACKTICKS.sub("`x`", zh))
            assert not tight, f"{place}: {tight and tight[0]!r} lacks a space"
            loose = re.search(r"[\u4e00-\u9fff] +[\u4e00-\u9fff]|[，。：；、？！（）“”] | [，。：；、？！（）“”]", zh)
            assert not loose, f"{place}: {loose and loose[0]!r} has a space too many"


def test_all_data_reads_well_in_chinese() -> None:
    """The names of platforms and products, the reasons of cascades and the terms appear among the bot's own words."""
    found = []
    for path in sorted(resources.DATA.rglob("*.yaml")):
        for place, text in chinese_within(yaml.safe_load(path.read_text(encoding="utf-8")), path.stem):
            found += [f"{place}, {fault}" for fault in faults(text, is_chinese=True)]
    assert found == []


def chinese_within(value: object, place: str) -> Iterator[tuple[str, str]]:
    """Yield every text with its place, except words that people type."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        if key not in ("keywords", "synonyms", "avoid", "aliases"):
            yield from chinese_within(item, f"{place}.{key}")
    if isinstance(value, str) and CHINESE.search(value):
        yield place, value


def test_titles_are_short_and_not_sentences(catalogue: Catalogue) -> None:
    """Titles are skimmed in lists."""
    for entry in catalogue:
        assert len(entry.title.en) <= 60, entry.code
        assert len(entry.title.zh) <= 25, entry.code
        assert not entry.title.en.endswith("."), entry.code
        assert not entry.title.zh.endswith("。"), entry.code
    titles = defaultdict(list)
    for entry in catalogue:
        titles[entry.title.en].append(entry.code)
        titles[entry.title.zh].append(entry.code)
    assert [codes for codes in titles.values() if len(codes) > 1] == []


def test_sentences_end_with_a_full_stop_or_question_mark(catalogue: Catalogue) -> None:
    """A step without a full stop looks cut off."""
    for entry in catalogue:
        for place, en, zh in texts(entry):
            if place.endswith((".meaning", ".remedy", ".when", ".differs")):
                assert all(line.endswith((".", "?")) for line in en.split("\n")), f"{place}: {en}"
                assert all(line.endswith(("。", "？")) for line in zh.split("\n")), f"{place}: {zh}"
                assert not re.search(r"(?i)\bplease\b|!", en), place
        assert len(entry.remedy.en) == len(entry.remedy.zh), entry.code


def test_related_codes_exist(catalogue: Catalogue) -> None:
    """A broken reference is worse than none."""
    for entry in catalogue:
        assert all(catalogue.has_code(code) for code in entry.related), entry.code
        assert list(entry.related) == sorted(set(entry.related) - {entry.code}), entry.code


def test_symbols_are_unique(catalogue: Catalogue) -> None:
    """Chance would decide which code is answered for an ambiguous symbol."""
    owners = defaultdict(set)
    for entry in catalogue:
        for name in (*entry.symbols.by_sdk().values(), *entry.aliases):
            owners[symbol_key(name)].add(entry.code)
    assert {key: codes for key, codes in owners.items() if len(codes) > 1} == {}


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("ZIMErrorCodeNetworkModuleTokenExpired", 6000106),
        ("zim_error_code_network_module_token_expired", 6000106),
        ("NETWORK_MODULE_TOKEN_EXPIRED", 6000106),
        ("networkModuleTokenExpired", 6000106),
        ("ZIMErrorCode.networkModuleTokenExpired", 6000106),
        ("USER_IS_NOT_LOGGED", 6000121),
        ("ZIMErrorCode.USER_IS_NOT_LOGGED", 6000121),
        ("ZIMErrorCodeMessageModuleTargetDoseNotExist", 6000204),
        ("messageModuleTargetDoesNotExist", 6000204),
        ("NoSuchSymbol", None),
    ],
)
def test_a_symbol_is_known_in_every_spelling(catalogue: Catalogue, name: str, code: int | None) -> None:
    """Every platform spells a name its own way, and old SDKs misspell some."""
    assert catalogue.code_of_symbol(name) == code


def test_our_judgement_is_marked(catalogue: Catalogue) -> None:
    """No source states a severity."""
    assert [entry.code for entry in catalogue if "severity" not in entry.judged] == []


def test_the_terms_of_the_glossary_are_used(catalogue: Catalogue) -> None:
    """People can search and compare if one thing has one term."""
    glossary = yaml.safe_load((resources.DATA / "glossary.yaml").read_text(encoding="utf-8"))["terms"]
    for entry in catalogue:
        for place, en, zh in sentences(entry):
            if place.endswith(".differs"):
                continue  # quotes a source
            prose = IN_BACKTICKS.sub("", en)
            for term in glossary:
                for word in term.get("avoid", {}).get("en", ()):
                    assert not re.search(rf"\b{word}\b", prose, re.IGNORECASE), f"{place}: {word}, not {term['en']}"
                for word in term.get("avoid", {}).get("zh", ()):
                    assert word not in zh, f"{place}: {word}, not {term['zh']}"


def test_the_json_schema_is_up_to_date() -> None:
    """Editors validate entries with it while people type."""
    shipped = (resources.DATA / "section.schema.json").read_text(encoding="utf-8")
    assert shipped == loader.json_schema(), "run: zimerr schema > data/section.schema.json"
