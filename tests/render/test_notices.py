"""Tests for notices that quote what people typed or named."""

from __future__ import annotations

import json

from bot.catalogue.catalogue import Catalogue
from bot.i18n import Language
from bot.policy.replies import Leaked, UnreadableReply
from bot.render.renderer import Renderer
from bot.triage.digest import FileRefused, Refusal, Secret, SecretKind


def test_the_name_of_a_file_neither_mentions_nor_links(catalogue: Catalogue) -> None:
    """Whoever names a file must not speak through the bot."""
    name = "@here #general https://evil.example/<!channel>.zip"
    files = (FileRefused(name, Refusal.DAMAGED),)
    for reply in (UnreadableReply(files), Leaked((Secret(SecretKind.JWT, 0, 1),), (name,))):
        message = Renderer(catalogue).message(reply, Language.EN)
        assert all(block["text"]["verbatim"] for block in message["blocks"])
        assert "<!channel>" not in json.dumps(message)


def test_long_lists_of_files_and_secrets_are_cut_and_counted(catalogue: Catalogue) -> None:
    """An archive may contain hundreds of files."""
    files = tuple(FileRefused(f"{n}.bin", Refusal.BINARY) for n in range(8))
    secrets = tuple(Secret(SecretKind.JWT, 0, n) for n in range(8))
    for reply in (UnreadableReply(files), Leaked(secrets, ("",))):
        blocks = Renderer(catalogue).message(reply, Language.EN)["blocks"]
        (lines,) = [text for block in blocks if len(text := block["text"]["text"].splitlines()) > 1]
        assert len(lines) == 6
        assert "3 more" in lines[-1]
