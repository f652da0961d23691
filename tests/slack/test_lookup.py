"""Read a person's relation to the workspace from their user object."""

from __future__ import annotations

from typing import Any

import pytest

from bot.policy.place import Standing
from bot.slack.lookup import _standing


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
