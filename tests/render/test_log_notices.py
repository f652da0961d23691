"""Tell the author of a log without a known code what was read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.catalogue.catalogue import Catalogue
from bot.i18n import Language, words
from bot.policy.replies import NothingFound
from bot.render.log_notices import nothing_found
from bot.triage.digest import CodeRow, Digest, FileRead, FileRefused, Refusal, Role
from tests.render import digests
from tests.render.kit_rules import assert_sendable, texts

UNKNOWN = tuple(
    CodeRow(6009990 + number, 1200, digests.mark(1), digests.mark(2), Role.UNRELATED, None, 0, ())
    for number in range(8)
)


def log(**more: object) -> Digest:
    """Return the digest of a log without a known code."""
    return replace(digests.expired(), cause=None, rows=(), unknown=(), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("unknown", [(), UNKNOWN[:1], UNKNOWN])
def test_names_of_files_are_literal(catalogue: Catalogue, language: Language, unknown: tuple[CodeRow, ...]) -> None:
    """People choose them. There may be hundreds in an archive."""
    files = tuple(FileRead(digests.HOSTILE + "x" * 500, 3, 999, "utf-8", None, 0) for _ in range(40))
    refused = (FileRefused(digests.HOSTILE, Refusal.BINARY),)
    digest = log(files=files, refused=refused)
    sent = nothing_found(catalogue, NothingFound(replace(digest, unknown=unknown)), words(language))
    assert_sendable(sent)
    said = "\n".join(texts(sent["blocks"]))
    assert "<!" not in said
    assert "<@" not in said
    assert "evil.example" not in said.replace("&lt;https://evil.example", "")


def test_the_most_important_codes_are_named(catalogue: Catalogue) -> None:
    """The count tells a habit from an accident."""
    sent = nothing_found(catalogue, NothingFound(replace(log(), unknown=UNKNOWN)), words(Language.EN))
    assert "6009990 (1,200×), 6009991 (1,200×)" in sent["text"]
    assert "…" in sent["text"]
    assert "6009997" not in sent["text"]


def test_the_newer_page_is_that_of_the_platform_of_the_log(catalogue: Catalogue) -> None:
    """A reader who looks up a new code needs no detour through the pages of Android."""
    sent = nothing_found(catalogue, NothingFound(replace(log(), unknown=UNKNOWN)), words(Language.EN))
    assert "/docs/zim-web/sdk-error-codes/zim" in "\n".join(texts(sent["blocks"]))
