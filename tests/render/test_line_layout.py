"""Tests for lines that fit a terminal."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from bot.render.line_layout import aligned, cut, hanging, line_starts

URL = "https://example.com/a/long/path"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("renew the Token, then log in", ["renew the", "Token, then", "log in"]),
        ("1. renew the Token", ["1. renew the", "   Token"]),
        (" • see this line", [" • see this", "   line"]),
        ("short", ["short"]),
        (f"see {URL} there", ["see", URL, "there"]),
        ("in /var/log/zim/app.log", ["in", "/var/log/zim/app.log"]),
        ("setRoomMembersAttributes", ["setRoomMembe", "rsAttributes"]),
        ("重试renewToken即可", ["重试", "renewToken即", "可"]),
        ("消息超过限制。", ["消息超过限", "制。"]),
        ("先看一看吧（文档）", ["先看一看吧", "（文档）"]),
        (f"文档：{URL}。", ["文档：", f"{URL}。"]),
    ],
)
def test_lines_break_between_words(text: str, lines: list[str]) -> None:
    """Names, URLs and punctuation stay where a reader expects them, in both languages."""
    assert hanging(text, 12) == lines
    assert hanging(text, None) == [text]


@given(st.text(alphabet="ab ,.中，。（）\u0301", max_size=80), st.integers(4, 30))
def test_every_line_fits_and_no_character_is_lost(text: str, width: int) -> None:
    """This holds for any text."""
    bounds = [0, *line_starts(text, width), len(text)]
    assert bounds == sorted(bounds)
    assert all(cell_len(text[start:end].rstrip()) <= width for start, end in pairwise(bounds))


@pytest.mark.parametrize(
    ("text", "shown"), [("Token", "Token"), ("Tokens", "Toke…"), ("令牌过", "令牌…"), ("to ken", "to k…")]
)
def test_a_title_is_cut_with_an_ellipsis(text: str, shown: str) -> None:
    """The reader sees that something is missing."""
    assert cut(text, 5) == shown


def test_columns_are_aligned_by_width_in_a_terminal() -> None:
    """A Chinese character is two columns wide in every terminal, a combining one none."""
    rows = [["码", "次数", "e\u0301"], ["abc", "1", "y"]]
    assert aligned(rows, numbers=[1]) == ["码   次数  e\u0301", "abc     1  y"]
    assert aligned([["e\u0301", "x"], ["错", "y"]]) == ["e\u0301   x", "错  y"]
    assert aligned(rows, numbers=[1], width=8) == ["码   次…", "abc…"]
