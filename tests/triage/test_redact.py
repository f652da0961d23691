"""Test which parts of a log are hidden, and which are not.

`secret_lines.txt` has lines in which the part between « and » must be hidden, `harmless_lines.txt` lines in which
nothing may be. No real key is in them: ``~hex:32~`` stands for 32 random hexadecimal digits.
"""

from __future__ import annotations

import random
import re
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.triage.digest import Secret, SecretKind
from bot.triage.named_secrets import _NAMED, NamedSecrets
from bot.triage.personal_data import has_luhn, is_id_card
from bot.triage.redact import _RULES, Redacted, SecretCounter, live_secrets, redact
from bot.triage.secret_pattern import SecretPattern, is_random

ALPHABETS = {
    "hex": string.digits + "abcdef",
    "HEX": string.digits + "ABCDEF",
    "b64": string.ascii_letters + string.digits + "+/",
    "url64": string.ascii_letters + string.digits + "-_",
    "alnum": string.ascii_letters + string.digits,
    "upper": string.ascii_uppercase + string.digits,
    "lower": string.ascii_lowercase + string.digits,
    "digits": string.digits,
}
# Forms without a literal that is rare in logs; only lines that are shown are searched for them.
NOT_IN_LOGS = (
    *("«SK~hex:32~", "TWILIO: account ", "ZIM login(userInfo, ", "HUAWEI_AK=", "device token: <", "appId:17", "密 码"),
)
LONGEST_LEFT = 12  # characters of a secret


def lines(name: str) -> list[str]:
    """Return the lines of a file without its comments."""
    text = (Path(__file__).parent / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("# ")]


def filled(line: str) -> str:
    """Replace each placeholder by random letters, the same each time."""
    chance = random.Random(line)  # noqa: S311
    return re.sub(r"~(\w+):(\d+)~", lambda each: "".join(chance.choices(ALPHABETS[each[1]], k=int(each[2]))), line)


SECRET_LINES, HARMLESS_LINES = lines("secret_lines.txt"), lines("harmless_lines.txt")
BEFORE, AFTER = "[1122 07:35:45.740][Conv][API.login] ", ' {error:{code:6000106,message:"x"}}'
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
    (f"a\n{KEY}\nb", "a\n‹private-key›\n\n\n\nb", SecretKind.PRIVATE_KEY),
    ("api_key: Zx81kQ77pLm2", "api_key: ‹secret-key›", SecretKind.SECRET_KEY),
    ("密码：hunter2。", "密码：‹password›。", SecretKind.PASSWORD),
    ('"access_token":"q7Xk92LmVb31"', '"access_token":"‹token›"', SecretKind.TOKEN),
    ("Cookie: sid=a81bc81b; theme=dark", "Cookie: sid=‹cookie›; theme=dark", SecretKind.COOKIE),
    ("Signature=" + "9f" * 16, "Signature=‹signature›", SecretKind.SIGNATURE),
    ("邮箱b.chen@example.com。", "邮箱‹mail›。", SecretKind.MAIL),
    ("电话13912345678，", "电话‹phone›，", SecretKind.PHONE),
    ("call +1 (415) 555-0100", "call ‹phone›", SecretKind.PHONE),
    ("from 203.0.113.25:8080", "from ‹ip›:8080", SecretKind.IP),
    ("from 2001:db8::8a2e:370:7334 x", "from ‹ip› x", SecretKind.IP),
    ("/Users/lily/app /home/li", "/Users/‹home›/app /home/‹home›", SecretKind.HOME),
    (r"C:\Users\lily\app", r"C:\Users\‹home›\app", SecretKind.HOME),
    ("身份证11010519491231002X", "身份证‹id-number›", SecretKind.ID_NUMBER),
    ("card 4111 1111 1111 1111", "card ‹bank-card›", SecretKind.BANK_CARD),
    ("mac=00:1a:2b:3c:4d:5e", "mac=‹device›", SecretKind.DEVICE),
    ("lat=39.904211", "lat=‹location›", SecretKind.LOCATION),
    ('userName:"王小明"', 'userName:"‹name›"', SecretKind.NAME),
    ("验证码是482913，", "验证码是‹otp›，", SecretKind.OTP),
    ("ssh-ed25519 AAAA" + "C3NzaC1lZDI1NTE5" * 4, "ssh-ed25519 ‹public-key›", SecretKind.PUBLIC_KEY),
    ('"appID": 1719238450', '"appID": 17…0', SecretKind.APP_ID),
]
SHOWN = [
    '{"code":6000106,"message":"Token expired."}',
    "2026-11-23 07:35:45.740396+0800 App[2611:50871] 6000104",
    '{"ts":1732347345123,"msgID":"7320310928001239"}',
    TRUNCATED_KEY,
    "token 0x6000121 authorization: required",
]


@pytest.mark.parametrize("line", SECRET_LINES)
def test_the_secret_of_a_line_is_hidden_and_its_code_is_not(line: str) -> None:
    """A secret pasted in haste must not be repeated to the whole channel, nor part of it."""
    secret = filled(line).partition("«")[2].partition("»")[0]
    shown = redact(BEFORE + filled(line).replace("«", "").replace("»", "") + AFTER).text
    assert secret not in shown
    assert not any(secret[at : at + LONGEST_LEFT] in shown for at in range(len(secret) - LONGEST_LEFT + 1))
    assert shown.startswith(BEFORE)
    assert shown.endswith(AFTER)


@pytest.mark.parametrize("line", HARMLESS_LINES)
def test_a_harmless_line_stays_as_it_is(line: str) -> None:
    """A log without its codes, times, versions and ids explains nothing."""
    assert redact(line).text == line
    assert redact(BEFORE + line + AFTER).text == BEFORE + line + AFTER


@pytest.mark.parametrize(("text", "shown", "kind"), HIDDEN)
def test_each_kind_is_named(text: str, shown: str, kind: SecretKind) -> None:
    """The reader sees what was there."""
    redacted = redact(text)
    assert redacted.text == shown
    assert {kind for kind, _ in redacted.secrets} == {kind}


def test_every_kind_has_an_example() -> None:
    """A kind without an example may have stopped working."""
    assert {kind for _, _, kind in HIDDEN} == set(SecretKind)


def test_a_truncated_key_hides_nothing_else() -> None:
    """The error after the key is the reason for the paste."""
    assert redact(TRUNCATED_KEY).text == "‹private-key›\nwas cut off before error 6000106 at 07:35:45.740"


def test_the_end_of_a_key_without_its_start_is_hidden() -> None:
    """An excerpt may begin within a key."""
    text = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nAoIBAQC7VJTUt9Us8cKB==\n-----END PRIVATE KEY-----\ncode 6000106"
    redacted = redact(text)
    assert "MIIE" not in redacted.text
    assert "AoIB" not in redacted.text
    assert redacted.text.endswith("\ncode 6000106")
    assert redacted.text.count("\n") == text.count("\n")


SAMPLES = [*(text for text, _, _ in HIDDEN), *SHOWN, *(filled(line) for line in SECRET_LINES), *HARMLESS_LINES]


@given(st.lists(st.sampled_from([*SAMPLES, "‹", "/", "\n", " ", "é", "04", ":", "=", '"', "\\"]), max_size=6))
def test_redacting_twice_changes_nothing(parts: list[str]) -> None:
    """Excerpts may be redacted again; lines keep their numbers."""
    once = redact("".join(parts))
    assert redact(once.text) == Redacted(once.text)
    assert once.text.count("\n") == "".join(parts).count("\n")


@given(st.text(st.characters(codec="utf-8"), max_size=200))
def test_any_text_is_redacted(text: str) -> None:
    """Logs contain everything."""
    once = redact(text)
    assert redact(once.text).text == once.text
    assert once.text.count("\n") == text.count("\n")


def test_live_secrets_are_found_with_their_line() -> None:
    """The author can revoke them; a mail address is no reason for a warning."""
    text = "\n".join(("ok", f"{TOKEN} {JWT}", "b@example.com 13912345678 验证码：482913", KEY, "secret=" + "9f" * 16))
    assert {(each.kind, each.line) for each in live_secrets(text)} == {
        (SecretKind.ZEGO_TOKEN, 2),
        (SecretKind.JWT, 2),
        (SecretKind.PRIVATE_KEY, 4),
        (SecretKind.SECRET_KEY, 8),
    }


def test_a_secret_on_many_lines_counts_once() -> None:
    """One token on 60 lines is one thing to revoke."""
    other = TOKEN.replace("kLmN", "zYxW")
    text = "\n".join(["a", *[f"t {TOKEN} and {TOKEN}"] * 60, f"t {other}"])
    assert live_secrets(text) == (Secret(SecretKind.ZEGO_TOKEN, 0, 2, 60), Secret(SecretKind.ZEGO_TOKEN, 0, 62))
    assert dict(SecretCounter().hidden_in(text)) == {SecretKind.ZEGO_TOKEN: 2}


def test_a_log_yields_the_same_live_secrets_as_its_lines() -> None:
    """The literal search that selects lines of a log must not lose any, whatever surrounds them."""
    missed = []
    for line in SECRET_LINES:
        text = filled(line).replace("«", "").replace("»", "")
        counter = SecretCounter()
        counter.search(f"ok\n{BEFORE}{text}\nok\n".encode(), file=0, first_line=1)
        expected = [Secret(each.kind, 0, 2) for each in live_secrets(BEFORE + text)]
        if sorted(counter.secrets, key=str) != sorted(expected, key=str):
            missed.append(line)
    assert missed == [line for line in SECRET_LINES if line.startswith(NOT_IN_LOGS)]


def test_no_result_contains_the_value_of_a_secret() -> None:
    """A `repr` may end up in the bot's own log."""
    counter = SecretCounter()
    counter.add(TOKEN)
    assert TOKEN[5:40] not in repr((redact(TOKEN), live_secrets(TOKEN), counter, vars(counter)))


def test_hashes_of_secrets_differ_from_run_to_run() -> None:
    """A hash without a secret key can be tried against a list of passwords."""
    first, second = SecretCounter(), SecretCounter()
    first.add("password=hunter2")
    second.add("password=hunter2")
    assert vars(first)["_found"].keys() != vars(second)["_found"].keys()


@pytest.mark.parametrize(
    "part",
    ["04", "eyJ", "eyJaaaaaaaaa.", "a.", "a@", "a@b.", "1", "0f", "+1 ", "::", "1:", "1.", "%2B", "xox", "appid ",
     "-----BEGIN PRIVATE KEY-----", "authorization: ", "bearer ", "/Users/", "C:\\Users\\", "A", "-", "\n",
     "password=", 'password="', "token:token:", 'token("', "cookie: a=b; ", "a://b:c@", "mysql -p", "0x6f,", "\\x6f",
     "密码", "密码：", "secret_key", "key=", '"key":{"', "a1b2", "A1-", "Private-Lines: 1\\nAAAAAAAAAAAAAAAAAAAA"],
)  # fmt: skip
def test_hostile_repetition_is_redacted(part: str) -> None:
    """A pattern that takes quadratic time would block the bot for minutes, and this test too."""
    text = part * (200_000 // len(part))
    assert redact(text).text.count("\n") == text.count("\n")
    SecretCounter().search(text.encode(), file=0, first_line=1)


def test_no_pattern_repeats_without_a_bound() -> None:
    """Bounded repetition keeps every pattern linear for any input."""
    patterns = [rule.pattern.pattern for rule in _RULES if isinstance(rule, SecretPattern)]
    assert len(patterns) > 100
    for each in patterns:
        plain = re.sub(r"\[(?:\\.|[^\]\\])+\]", "c", re.sub(r"\\.", "c", each))
        plain = plain.replace("}+", "}")  # possessive, and bounded
        assert not re.search(r"[*+]|\{\d+,\}", plain), each


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\\n", "\\\\n"])
@pytest.mark.parametrize("last", ["Qw==", "Zx81kQ77pLm2aB9d"])
def test_an_end_of_a_key_in_json_is_hidden(line_break: str, last: str) -> None:
    """JSON writes line breaks as two characters, and the last line of a key may be short."""
    body = [filled("~b64:64~"), filled("~b64:064~"), last, "-----END PRIVATE KEY-----"]
    shown = redact(f'cut: {line_break.join(body)}"').text
    assert shown.replace("\n", "") == 'cut: ‹private-key›"'


@given(st.from_regex(_NAMED, fullmatch=True))
def test_each_name_contains_a_literal(name: str) -> None:
    """Texts without a literal are not searched for names."""
    assert any(literal in name.lower() for literal in NamedSecrets.literals)


@pytest.mark.parametrize(
    "text", ["error code: 6000121, message: login failed", "登录失败，错误码：6000121，请帮忙看一下"]
)
def test_a_usual_message_has_no_literal_of_names(text: str) -> None:
    """The search for names takes most of the time of redaction, and each message waits for it."""
    assert not any(literal in text for literal in NamedSecrets.literals)


@pytest.mark.parametrize(
    ("value", "is_generated"),
    [
        ("onTokenWillExpire2", False), ("user_token_2", False), ("com.zego.zim.Token", False), ("expired", False),
        ("zim-6000106-a1b2c3d4", False), ("kD83jfLq02mXv9Zs", True), ("9f86d081884c7d65", True),
        ("QpvsTnkIAeDfRrGsNrfS", True), ("a1b2", False),
    ],
)  # fmt: skip
def test_names_are_told_from_generated_values(value: str, is_generated: bool) -> None:
    """Logs are full of assignments to names such as `token`."""
    assert is_random(value, 8) is is_generated


def test_check_digits() -> None:
    """Numbers without a valid one are counters and ids."""
    assert has_luhn("4111111111111111")
    assert not has_luhn("4111111111111112")
    assert is_id_card("11010519491231002X")
    assert not is_id_card("110105194912310021")
    assert not is_id_card("11010519491331002X")
