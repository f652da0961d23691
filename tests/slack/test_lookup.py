"""Read a person's relation to the workspace from their user object."""

from __future__ import annotations

from typing import Any

import pytest

from bot.policy.place import Standing
from bot.slack.lookup import _standing, plain_text


@pytest.mark.parametrize(
    ("person", "home", "standing"),
    [
        ({"team_id": "T1", "is_restricted": False}, "T1", Standing.MEMBER),
        ({"team_id": "T1"}, "", Standing.MEMBER),
        ({"team_id": "T1", "is_restricted": True}, "T1", Standing.GUEST),
        ({"team_id": "T1", "is_bot": True}, "T1", Standing.APP),
        ({"team_id": "T1", "is_restricted": True, "is_ultra_restricted": True}, "T1", Standing.GUEST),
        ({"team_id": "T2"}, "T2", Standing.EXTERNAL),
        ({"team_id": "T2"}, "", Standing.EXTERNAL),
        ({"team_id": "T1"}, "T2", Standing.EXTERNAL),
        ({"team_id": "T1", "is_stranger": True}, "T1", Standing.EXTERNAL),
        ({"team_id": "T2", "enterprise_user": {"teams": ["T1", "T2"]}}, "T2", Standing.MEMBER),
        ({"team_id": "T2", "enterprise_user": {"teams": ["T2"]}}, "T2", Standing.EXTERNAL),
        ({"team_id": "T2", "enterprise_user": {"teams": ["T1"]}, "is_restricted": True}, "T2", Standing.GUEST),
    ],
)
def test_a_person_is_a_member_a_guest_or_from_elsewhere(person: dict[str, Any], home: str, standing: Standing) -> None:
    """In a shared channel, the request names the person's own workspace; in an organization, there may be several."""
    assert _standing(person, "T1", home) == standing


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (
            "note 6000106 <https://x.example/a?b=1&amp;c=2|the wiki>",
            "note 6000106 the wiki https://x.example/a?b=1&c=2",
        ),
        ("<@U0ZIMERR> note 6000106 <https://x.example|x.example>", "@… note 6000106 https://x.example"),
        ("<https://x.example|6000106>", "6000106"),
    ],
)
def test_only_a_note_keeps_the_url_of_a_link(text: str, plain: str) -> None:
    """Elsewhere, people see only the label."""
    assert plain_text(text) == plain
