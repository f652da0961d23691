"""The README in both languages: the same content, and the link that creates the app in Slack."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote, urlsplit

import pytest
import yaml

from bot import resources
from bot.catalogue.catalogue import open_catalogue
from tests.markdown import ROOT, Section, codes, sections

ENGLISH, CHINESE = ROOT / "README.md", ROOT / "deploy" / "README.zh.md"
_CREATE = re.compile(r"^\[create\]: (\S+)$", re.MULTILINE)
_CREATE_URL = "https://api.slack.com/apps?new_app=1&manifest_json="
# Browsers, servers and Slack's sign-in page between them pass on at least this much.
_MAX_URL_LENGTH = 4000
_ZEGO = ("https://www.zegocloud.com/docs/", "https://doc-zh.zego.im/")


def target(link: str, document: Path, anchors: dict[str, int]) -> object:
    """Return the target of a link in a form that does not depend on the document's folder or language."""
    if link.startswith("#"):
        return anchors[unquote(link[1:])]
    if link.startswith("https:"):
        return link.replace(_ZEGO[1], _ZEGO[0])
    path = (document.parent / link.partition("#")[0]).resolve()
    # Each language shows its own picture.
    return path.stem.removesuffix("-en").removesuffix("-zh") if path.suffix == ".png" else path, link.partition("#")[2]


def summary(document: Path) -> list[tuple[object, ...]]:
    """Return the parts of each section that both languages share: commands, codes, links and counts."""
    all_sections = sections(document)
    anchors = {section.anchor: number for number, section in enumerate(all_sections)}

    def common(section: Section) -> tuple[object, ...]:
        targets = sorted(str(target(link, document, anchors)) for link in section.links)
        first_column = [codes(row[0]) for row in section.rows]
        return section.level, section.commands, sorted(section.codes), section.items, first_column, targets

    # The first lines link each other.
    return [common(section) for section in all_sections[1:]]


def test_both_languages_have_the_same_content() -> None:
    """Half of the readers read the Chinese one; a change in one language only leaves the other out of date."""
    for english, chinese in zip(summary(ENGLISH), summary(CHINESE), strict=True):
        assert english == chinese


def test_each_language_links_the_other_in_its_first_line() -> None:
    """A reader of the other language should not need to search for it."""
    assert ENGLISH.read_text(encoding="utf-8").splitlines()[0] == "English · [中文](deploy/README.zh.md)"
    assert CHINESE.read_text(encoding="utf-8").splitlines()[0] == "[English](../README.md) · 中文"


def test_the_chinese_typography() -> None:
    """Punctuation beside Chinese characters has full width and no space beside it; Latin words have a space."""
    without_blocks = re.sub(
        r"```.*?```|<[^>]*>|^\[create\]:.*$", "", CHINESE.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE
    )
    text = re.sub(r"\[create\]|\]\([^)]*\)", "]", re.sub(r"`[^`]*`", "Code", without_blocks))
    assert re.findall(r"[一-鿿][,;:!?()]|[,;:!?()][一-鿿]", text) == []
    assert re.findall(r"[，。；：、？！（）“”] (?!\|)|[^|] [，。；：、？！（）”]", text) == []
    assert re.findall(r"[一-鿿][A-Za-z0-9]|[A-Za-z0-9][一-鿿]", text) == []


def test_the_number_of_codes() -> None:
    """It is the first thing that both promise."""
    for document in (ENGLISH, CHINESE):
        assert re.findall(r"(\d+) (?:codes|个错误码)", document.read_text(encoding="utf-8")) == [
            str(len(open_catalogue()))
        ]


@pytest.mark.parametrize("document", [ENGLISH, CHINESE])
def test_the_link_creates_the_app_of_the_manifest(document: Path) -> None:
    """A newcomer copies nothing.

    https://docs.slack.dev/app-manifests/configuring-apps-with-app-manifests
    """
    manifest = yaml.safe_load((ROOT / "deploy" / "manifest-socket.yaml").read_text(encoding="utf-8"))
    compact = json.dumps(manifest, ensure_ascii=False, separators=(",", ":"))
    if os.environ.get("ZIMERR_SNAPSHOTS") == "write":
        line = f"[create]: {_CREATE_URL}{quote(compact, safe='')}"
        document.write_text(_CREATE.sub(line, document.read_text(encoding="utf-8")), encoding="utf-8")
    (url,) = _CREATE.findall(document.read_text(encoding="utf-8"))
    assert url.startswith(_CREATE_URL)
    assert len(url) < _MAX_URL_LENGTH
    linked = json.loads(parse_qs(urlsplit(url).query)["manifest_json"][0])
    assert linked == manifest, "run ZIMERR_SNAPSHOTS=write python -m pytest tests/test_readme.py"
    assert resources.scopes() == tuple(manifest["oauth_config"]["scopes"]["bot"])


def test_the_test_command_is_the_only_line_that_ends_so() -> None:
    """`.ci/run` finds it in the README by its end."""
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert r"s/^\(.*python -m tests\)$/\1/p" in script
    (command,) = re.findall(r"^(.*python -m tests)$", ENGLISH.read_text(encoding="utf-8"), re.MULTILINE)
    assert command in [line for section in sections(ENGLISH) for line in section.commands]


def test_all_commands_are_valid_shell() -> None:
    """People paste them."""
    for section in sections(ENGLISH):
        subprocess.run(["bash", "-n"], input="\n".join(section.commands), text=True, check=True)
