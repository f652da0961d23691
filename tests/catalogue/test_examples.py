"""Read the example of every entry the way the bot reads messages and logs."""

from __future__ import annotations

import re

import pytest

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.entry import Entry
from bot.detection.detector import find_in_message
from bot.triage.redact import redact
from tests.triage.scanning import scan

# Every enum of every product has a 0 and a 1: the bot explains these two only when someone asks for them.
ONLY_ASKED_FOR = {0, 1}
PLATFORMS = {  # what only this platform's lines contain
    "Web": r"Uncaught \(in promise\) \{code: ",
    "Web SDK's log": r"^\[\d{4} \d\d:\d\d:\d\d\.\d{3}\]\[(?:\d+ )?\w+\]\[API\.\w+\]:\{",
    "React Native": r"ReactNativeJS|^ERROR  |SignalingPlugin\[ERROR\]",
    "Flutter": r"PlatformException\(",
    "Flutter UIKit": r"^\{\w+\}  \{[\w ]+\}  \{.+\}  \{.+\}  \{[A-Z]+\}$",
    "Android": r"^\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} +\d+ +\d+ [EWI] |^[EWID]/\w+\( ?\d+\): ",
    "iOS": r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}\+\d{4} \w+\[\d+:\d+\] |ZIMErrorCode\(rawValue: ",
    "C++": r"ZIM_ERROR_CODE_|^\[callback\]\[ZIM\w+Callback\] code:",
    "Unity": r"^[A-Z]\w+ ?\w*: [A-Z]\w+Module\w+ \(\d{7}\)",
}


def example_of(entry: Entry) -> str:
    assert entry.example, f"{entry.code} has no example"
    return entry.example


@pytest.mark.parametrize("wrapped", ["{}", "```{}```", "> {}", "we get this since noon:\n{}\nany idea?"])
def test_each_example_is_found_as_exactly_its_code(catalogue: Catalogue, wrapped: str) -> None:
    """A line that the bot itself would miss or misread is no example. Those of 0 and 1 must find nothing."""
    for entry in catalogue:
        escaped = example_of(entry).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        found = set(find_in_message({"text": wrapped.format(escaped)}, catalogue).codes)
        assert found == {entry.code} - ONLY_ASKED_FOR, entry.example


def test_a_log_of_all_examples_has_each_code_at_its_line(catalogue: Catalogue) -> None:
    """Lines of one platform must not change how those of another are read."""
    lines = [example_of(entry) for entry in catalogue]
    wanted = {(number, entry.code) for number, entry in enumerate(catalogue, 1) if entry.code not in ONLY_ASKED_FOR}
    assert set(scan("\n".join(lines).encode(), catalogue).codes) == wanted


def test_examples_hold_nothing_private(catalogue: Catalogue) -> None:
    """They are published: no secrets, no addresses, nothing that could mention someone in Slack."""
    for entry in catalogue:
        example = example_of(entry)
        assert redact(example).text == example
        assert not re.search(r"[@<>`]|://|\bwww\.|\d+\.\d+\.\d+\.\d+", example), example


def test_examples_are_varied(catalogue: Catalogue) -> None:
    """People of every platform shall recognise the form of their lines."""
    examples = [example_of(entry) for entry in catalogue]
    assert len(set(examples)) == len(examples)
    counts = {platform: sum(bool(re.search(form, each)) for each in examples) for platform, form in PLATFORMS.items()}
    assert min(counts.values()) >= 5, counts


def test_an_example_uses_the_names_of_its_entry(catalogue: Catalogue) -> None:
    """A symbol or message of another code would mislead who compares the lines."""
    messages = {entry.sdk_message: entry.code for entry in catalogue if entry.sdk_message}
    for entry in catalogue:
        example = example_of(entry)
        others = [message for message, code in messages.items() if message in example and code != entry.code]
        longer = [message for message in others if not (entry.sdk_message and message in entry.sdk_message)]
        assert longer == [], example
