"""Read the project's Markdown documents: their headings, links, tables and code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted([ROOT / "README.md", *(ROOT / "deploy").glob("*.md"), *(ROOT / "data").glob("*.md")])


@dataclass
class Section:
    """A heading with its content, up to the next heading."""

    level: int  # 0 before the first heading
    title: str
    commands: list[str] = field(default_factory=list)  # the lines of code blocks
    codes: list[str] = field(default_factory=list)  # inline code outside tables
    links: list[str] = field(default_factory=list)  # as written, images too
    items: int = 0  # of all lists
    rows: list[list[Token]] = field(default_factory=list)  # of all tables, with the head

    @property
    def anchor(self) -> str:
        """Return the heading's anchor on GitHub."""
        return re.sub(r"[^\w\- ]", "", self.title.lower()).replace(" ", "-")


def sections(document: Path) -> list[Section]:
    """Parse a document."""
    found = [Section(0, "")]
    in_row = False
    tokens = MarkdownIt().enable("table").parse(document.read_text(encoding="utf-8"))
    for before, token in zip([None, *tokens], tokens, strict=False):
        current = found[-1]
        if before and before.type == "heading_open":
            found.append(Section(int(before.tag[1:]), token.content))
        elif token.type in ("fence", "code_block"):
            current.commands += token.content.splitlines()
        elif token.type in ("tr_open", "tr_close"):
            in_row = token.type == "tr_open"
            current.rows += [[]] if in_row else []
        elif token.type == "inline":
            current.links += _links(token)
            if in_row:
                current.rows[-1].append(token)
            else:
                current.codes += codes(token)
        current.items += token.type == "list_item_open"
    return found


def codes(token: Token) -> list[str]:
    """Return the inline code in an inline token."""
    return [child.content for child in token.children or () if child.type == "code_inline"]


def _links(token: Token) -> Iterator[str]:
    for child in token.children or ():
        if child.type == "html_inline":  # a picture with a width
            yield from re.findall(r'(?:href|src)="([^"]*)"', child.content)
        target = child.attrs.get("href") or child.attrs.get("src")
        if target:
            yield str(target)
