"""Test which user and which place a line names."""

from __future__ import annotations

import pytest

from bot.triage.identities import place_of, user_of


@pytest.mark.parametrize(
    ("line", "user"),
    [
        ("userID=alice sendMessage failed", "alice"),
        ('{error:{code:6000121},userID:"buyer848"}', "buyer848"),
        ('"userId": "user1", "code": 6000005', "user1"),
        ("errorCode: 6000121 user=host346", "host346"),
        ('{"user":"bob"}', "bob"),
        ("{login request, user id:zGNGK6, user name:x}", "zGNGK6"),
        ("fromUserID=a toUserID=b localUserID: me", "me"),
        ("to_user_id=b zim_user_id=c", "c"),
        ("uid=77 code=6000106", "77"),
        ('"deviceId":"d-1"', "d-1"),
        ('{"err":{"code":6000106},"user":{"id":"u1","ip":"x"}}', "u1"),
        ('{"device": {"id": "d1"}}', "d1"),
        (r'{"log":"{\"code\":6000106,\"userID\":\"u1\"}\n"}', "u1"),
        ('1795507300475,"{""code"":6000106,""userId"":""u1""}"', "u1"),
        ('1795507300475,"{""code"":6000106,""user"":{""id"":""u1""},""uid"":""""}"', "u1"),
        ('"{""code"":6000106,""userId"":"""",""level"":3}"', ""),
        ("登录失败 用户ID：u1 错误码：6000106", "u1"),
        ("错误码：6000106，用户=u1", "u1"),
        ("userID：u1", "u1"),
        ("用户未登录，错误码 6000121", ""),
        ("给用户：u2 发消息失败", ""),
        ("发消息失败，目标用户ID：u2", ""),
        ("用户：张三 登录失败", ""),
        ('"user":{"name":"x","level":3}', ""),
        ("deviceId=d1 userID=u1", "u1"),
        ("fromUserID=a toUserID=b", ""),
        ("user: not found", ""),
        ("userID=null", ""),
        ("no one", ""),
    ],
)
def test_the_user_or_device_is_the_one_with_the_error(line: str, user: str) -> None:
    """The recipient of a message has no problem."""
    assert user_of(line.encode()).decode() == user


@pytest.mark.parametrize(
    ("line", "kinds", "place"),
    [
        ("joinRoom roomID: r_8812 errorCode6000322", ("room",), "r_8812"),
        ("room=live_9 code=6000321", ("room",), "live_9"),
        ('{"groupId":"g1"}', ("group",), "g1"),
        ("callID: 77", ("call",), "77"),
        ('{invitationID:"12"}', ("call",), "12"),
        ('{toConversationID:"g1"}', ("group",), "g1"),
        ('{toConversationID:"g1"}', ("call",), ""),
        ("roomID=r groupID=g", ("room",), "r"),
        ("roomID=r groupID=g", ("room", "group"), ""),
        ("groupID=g", ("room", "group"), "g"),
    ],
)
def test_the_place_is_of_the_kind_that_a_rule_is_about(line: str, kinds: tuple[str, ...], place: str) -> None:
    """Of a line that names a room and a group, nobody knows which one is meant."""
    assert place_of(line.encode(), kinds).decode() == place
