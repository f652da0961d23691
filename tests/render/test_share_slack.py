"""Test the button of private replies, and the name on shared ones."""

from __future__ import annotations

import pytest

from bot.catalogue.catalogue import Catalogue
from bot.i18n import Language, traditional
from bot.policy.replies import Explained, Found, Reply, Shared
from bot.render.renderer import Renderer
from tests.render.kit_rules import assert_sendable, texts


@pytest.fixture
def replies(catalogue: Catalogue) -> list[Reply]:
    """A reply with buttons, one without, and the longest of each."""
    entries = tuple(catalogue)
    return [
        Explained((catalogue[6000106],)),
        Explained(entries[:5], is_detailed=True),
        Explained(entries),
        Found("token", entries[:2]),
        Found("token", entries[:45]),
    ]


@pytest.mark.parametrize("language", Language)
def test_the_button_comes_first(catalogue: Catalogue, replies: list[Reply], language: Language) -> None:
    """It is the likeliest, also where the message is cut for its length."""
    renderer, label = Renderer(catalogue), "发到频道" if language.is_chinese else "Share to channel"
    label = traditional(label) if language is Language.ZH_HANT else label
    for reply in replies:
        message = renderer.message(reply, language, share="{}")
        assert_sendable(message)
        first, *others = message["blocks"][-1]["elements"]
        assert (first["text"]["text"], first["style"], first["value"]) == (label, "primary", "{}")
        assert len(others) <= 2
        assert not any("style" in each for each in others)
        if others:
            assert others == renderer.message(reply, language)["blocks"][-1]["elements"]


@pytest.mark.parametrize("language", Language)
def test_the_name_is_above_everything(catalogue: Catalogue, replies: list[Reply], language: Language) -> None:
    """The reader knows whom to ask, however long the answer is; nobody else is mentioned."""
    renderer = Renderer(catalogue)
    for reply in replies:
        message = renderer.message(Shared(reply, "U0ANN"), language)
        assert_sendable(message)
        assert "<@U0ANN>" in texts(message["blocks"][0])[0]
        assert str(message).count("<@") == 1
