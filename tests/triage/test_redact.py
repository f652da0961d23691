"""Test which parts of a log are hidden, and which are not."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.triage.digest import SecretKind
from bot.triage.redact import _RULES, Redacted, live_secrets, redact

TOKEN = "04AAAAAGkLmNoPqRsTuVwXyZaBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789+/cdEFGH=="
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVPmB92K27uhbUJU1p1r"
KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\nabc=\n-----END RSA PRIVATE KEY-----"
TRUNCATED_KEY = "-----BEGIN PRIVATE KEY-----\nwas cut off before error 6000106 at 07:35:45.740"
HIDDEN = [
    (f'{{token:"{TOKEN}"}}', '{token:"‹zego-token›"}', SecretKind.ZEGO_TOKEN),
    ("appSign=" + "3b" * 32, "appSign=‹app-sign›", SecretKind.APP_SIGN),
    ("ServerSecret: " + "9f" * 16, "ServerSecret: ‹server-secret›", SecretKind.SERVER_SECRET),
    (f"jwt {JWT}", "jwt ‹jwt›", SecretKind.JWT),
    ("Authorization: Basic dXNlcjpwYXNzd29yZA==", "Authorization: Basic ‹bearer›", SecretKind.BEARER),
    ("bearer abc123def456", "bearer ‹bearer›", SecretKind.BEARER),
    ("AKIA" + "IOSFODNN7EXAMPLE", "‹cloud-key›", SecretKind.CLOUD_KEY),
    ("AIza" + "a1" * 17 + "b", "‹cloud-key›", SecretKind.CLOUD_KEY),
    ("xoxb-" + "123456789012-abc", "‹cloud-key›", SecretKind.CLOUD_KEY),
    ("xapp-" + "1-A012-345-abc", "‹cloud-key›", SecretKind.CLOUD_KEY),
    ("ghp_" + "a1" * 18, "‹cloud-key›", SecretKind.CLOUD_KEY),
    ("LTAI" + "4FabcdefghijKLMN", "‹cloud-key›", SecretKind.CLOUD_KEY),
    (f"a\n{KEY}\nb", "a\n‹cloud-key›\n\n\n\nb", SecretKind.CLOUD_KEY),
    ("邮箱b.chen@example.com。", "邮箱‹mail›。", SecretKind.MAIL),
    ("电话13912345678，", "电话‹phone›，", SecretKind.PHONE),
    ("call +1 (415) 555-0100", "call ‹phone›", SecretKind.PHONE),
    ("from 203.0.113.25:8080", "from ‹ip›:8080", SecretKind.IP),
    ("from 2001:db8::8a2e:370:7334 x", "from ‹ip› x", SecretKind.IP),
    ("/Users/lily/app /home/li", "/Users/‹home›/app /home/‹home›", SecretKind.HOME),
    (r"C:\Users\lily\app", r"C:\Users\‹home›\app", SecretKind.HOME),
    ('"appID": 1719238450', '"appID": 17…0', SecretKind.APP_ID),
]
SHOWN = [
    '{"code":6000106,"message":"Token expired."}',
    "[1122 07:35:45.740][Conv][API.sendMessage]:6000121",
    "2026-11-23 07:35:45.740396+0800 App[2611:50871] 6000104",
    '[23/Nov/2026:07:35:45 +0800] "GET"',
    "ZIM => 2.19.0.31 and SDK version: 2.19.0.31",
    "appID 6000003 is wrong",
    "traceId=" + "0f" * 16 + " sha256:" + "3b" * 32,
    "icon@2x.png zego-zim-web@2.18.1 Face::add std::vector 127.0.0.1",
    '{"ts":1732347345123,"msgID":"7320310928001239"}',
    TRUNCATED_KEY,
    "token 0x6000121 authorization: required",
]


@pytest.mark.parametrize(("text", "shown", "kind"), HIDDEN)
def test_secrets_and_personal_data_are_hidden(text: str, shown: str, kind: SecretKind) -> None:
    """A secret pasted in haste must not be repeated to the whole channel."""
    redacted = redact(text)
    assert redacted.text == shown
    assert {kind for kind, _ in redacted.secrets} == {kind}


@pytest.mark.parametrize("text", [text for text in SHOWN if text != TRUNCATED_KEY])
def test_codes_times_and_versions_stay(text: str) -> None:
    """A log without them explains nothing."""
    assert redact(text).text == text


def test_a_truncated_key_hides_nothing_else() -> None:
    """The error after the key is the reason for the paste."""
    assert redact(TRUNCATED_KEY).text == "‹cloud-key›\nwas cut off before error 6000106 at 07:35:45.740"


def test_every_kind_has_an_example() -> None:
    """A kind without an example may have stopped working."""
    assert {kind for _, _, kind in HIDDEN} == set(SecretKind)


@given(
    st.lists(st.sampled_from([*(text for text, _, _ in HIDDEN), *SHOWN, "‹", "/", "\n", " ", "é", "04"]), max_size=6)
)
def test_redacting_twice_changes_nothing(parts: list[str]) -> None:
    """Excerpts may be redacted again; lines keep their numbers."""
    once = redact("".join(parts))
    assert redact(once.text) == Redacted(once.text)
    assert once.text.count("\n") == "".join(parts).count("\n")


def test_live_secrets_are_found_with_their_line() -> None:
    """The author can revoke them; a mail address is no reason for a warning."""
    text = "\n".join(("ok", f"{TOKEN} {JWT}", "b@example.com 13912345678", KEY, "9f" * 16))
    found = [(each.kind, each.file, each.line) for each in live_secrets(text, file=2, first_line=10)]
    assert found == [
        (SecretKind.ZEGO_TOKEN, 2, 11),
        (SecretKind.JWT, 2, 11),
        (SecretKind.CLOUD_KEY, 2, 13),
        (SecretKind.SERVER_SECRET, 2, 17),
    ]


def test_no_result_contains_the_value_of_a_secret() -> None:
    """A `repr` may end up in the bot's own log."""
    assert TOKEN[5:40] not in repr((redact(TOKEN), list(live_secrets(TOKEN))))


@pytest.mark.parametrize(
    "part",
    ["04", "eyJ", "eyJaaaaaaaaa.", "a.", "a@", "a@b.", "1", "0f", "+1 ", "::", "1:", "1.", "%2B", "xox", "appid ",
     "-----BEGIN PRIVATE KEY-----", "authorization: ", "bearer ", "/Users/", "C:\\Users\\", "A", "-", "\n"],
)  # fmt: skip
def test_hostile_repetition_is_redacted(part: str) -> None:
    """A pattern that takes quadratic time would block the bot for minutes, and this test too."""
    text = part * (400_000 // len(part))
    assert redact(text).text.count("\n") == text.count("\n")


def test_no_pattern_repeats_without_a_bound() -> None:
    """Bounded repetition keeps every pattern linear for any input."""
    for rule in _RULES:
        plain = re.sub(r"\[(?:\\.|[^\]\\])+\]", "c", rule.pattern.pattern).replace("\\+", "")
        assert not re.search(r"[*+]|\{\d+,\}", plain), plain


def test_the_end_of_a_key_without_its_start_is_hidden() -> None:
    """An excerpt may begin within a key."""
    text = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nAoIBAQC7VJTUt9Us8cKB==\n-----END PRIVATE KEY-----\ncode 6000106"
    redacted = redact(text)
    assert "MIIE" not in redacted.text
    assert "AoIB" not in redacted.text
    assert redacted.text.endswith("\ncode 6000106")
    assert redacted.text.count("\n") == text.count("\n")
