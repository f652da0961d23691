"""Judge by its form whether the value after a name is the secret that the name promises.

A password may be any text; a token or key must look generated, because logs are full of sentences such as
"token: expired".
"""

from __future__ import annotations

import re
from enum import StrEnum

from bot.triage.digest import SecretKind
from bot.triage.secret_pattern import has_code, is_random


class SecretName(StrEnum):
    """The sort of name before a value."""

    OTP = "otp"
    APP_SIGN = "app_sign"
    SERVER_SECRET = "server_secret"  # noqa: S105 - a name, like the next ones
    PASSWORD = "password"  # noqa: S105
    TOKEN = "token"  # noqa: S105
    SECRET = "secret"  # noqa: S105
    SIGNATURE = "signature"
    KEY = "key"  # without another word, such as "secret key"

    @property
    def kind(self) -> SecretKind:
        """The kind of the secrets with such a name."""
        return _KINDS[self]


_KINDS = {
    SecretName.OTP: SecretKind.OTP,
    SecretName.APP_SIGN: SecretKind.APP_SIGN,
    SecretName.SERVER_SECRET: SecretKind.SERVER_SECRET,
    SecretName.PASSWORD: SecretKind.PASSWORD,
    SecretName.TOKEN: SecretKind.TOKEN,
    SecretName.SECRET: SecretKind.SECRET_KEY,
    SecretName.SIGNATURE: SecretKind.SIGNATURE,
    SecretName.KEY: SecretKind.SECRET_KEY,
}
# Characters of a generated value.
_SHORTEST = {
    SecretName.SERVER_SECRET: 8,
    SecretName.APP_SIGN: 16,
    SecretName.SECRET: 8,
    SecretName.TOKEN: 8,
    SecretName.SIGNATURE: 20,
    SecretName.KEY: 20,
}

# Values without a secret: words, placeholders, types, addresses in memory, calls and members.
_WORD_LIST = """
a an and any at auth bad be blank bool boolean bytes can cannot changed char check checking code correct could
default denied disabled does empty enabled encrypted enter entered error errors expire expired expires fail failed
failing failure false for from get got had has hash have header hidden if in incorrect input int invalid is it its
key length login long looks manager masked match matches may mismatch mismatched missing must n/a na nan new nil no
none not null nullptr number object of ok okay old omitted on only optional or password passwd please present
provided read redacted refresh refreshed reject rejected removed renew renewed required reset sent secret secrets
set should short signin stored str string success text that the this to token too true type undefined unknown unset
update updated use used final user using valid value varchar verified verify was were when will with without wrong x
yes you your
"""
_WORDS = frozenset(_WORD_LIST.split())
_PLACEHOLDER = re.compile(
    r"[*x•●.·#_?-]{2,}|\$.{0,100}|%[\w@({].{0,60}|\{.{0,100}|<.{0,100}|\[?redacted\]?|your[-_ ]?.{0,60}"
    r"|.{0,3}\*{3,}.{0,4}"
    r"|0x[0-9a-f]{1,16}|(?:this|self|process|config|settings|os|args|ctx|env)[.\[].{0,100}"
    r"|[a-z][a-z0-9+.-]{1,20}://.{0,4096}|/|(?:\w{1,60}[._])?(?:password|passwd|pwd|token|secret|key)",
    re.ASCII | re.IGNORECASE,
)
_PATH = re.compile(r"(?:[A-Za-z]:)?[\\/][\w.-]{1,40}[\\/].{0,200}", re.ASCII)
_OBJECT = re.compile(r"(?:[a-z]\w{0,20}\.)*[A-Z]\w{2,60}@[0-9a-f]{4,8}", re.ASCII)
_STAMP = re.compile(r"[A-Z]{2,10}-\d{1,10}|\d{4}[-/:]\d\d[-/:]\d\d.{0,40}|\d{1,4}(?:\.\d{1,6}){1,3}|-?\d{1,30}")
_MEMBER = re.compile(r"[A-Za-z_$][\w$]{0,60}(?:\.[A-Za-z_$][\w$]{0,60}){1,6}", re.ASCII)
# Chinese characters, then at least one digit among other characters. The first word must not be one of a sentence, such
# as 错误, 至少, 使用 or 校验.
_CHINESE_PASSWORD = re.compile(
    r"(?![错失无过不长至最已未为必正剩校请是有仍还超第共使采用加经由通版代码编状返响耗时])"
    r"[\u4e00-\u9fff]{1,8}(?=[!-~]{0,31}[0-9])[!#-.0-9:=?-Z^_a-z~]{3,32}(?![\w\u4e00-\u9fff])",
    re.ASCII,
)
_WORDY = re.compile(r"[a-z]{1,20}")


def means_nothing(value: str) -> bool:
    """Return whether *value* is a placeholder, an expression or an error code."""
    word = value.strip(" .,:;!?\"'").lower()
    return (
        word in _WORDS
        or has_code(value)
        or not value[0].isascii()
        or value[0] == "‹"
        or _PLACEHOLDER.fullmatch(value) is not None
        or (_PATH.fullmatch(value) is not None and not is_random(value, 24))
    )


def chinese_password(text: str, start: int = 0) -> str:
    """Return the password that begins with Chinese characters at *start*, such as ``你好123``, or an empty string."""
    match = _CHINESE_PASSWORD.match(text, start)
    return match[0] if match and not has_code(match[0]) else ""


def is_secret(value: str, name: SecretName, *, is_sentence: bool) -> bool:
    """Return whether *value* has the form that its *name* promises; *is_sentence* is True for ``token is expired``."""
    if name is SecretName.OTP:
        return re.fullmatch(r"\d{4,8}|(?=.*\d)[A-Za-z0-9]{4,8}", value) is not None
    if name is SecretName.PASSWORD:
        if is_sentence and _WORDY.fullmatch(value):
            return len(value) >= 6
        return len(value) >= 3 and not (len(value) < 4 and value.isdecimal())
    if (
        _STAMP.fullmatch(value)
        or _OBJECT.fullmatch(value)
        or (_MEMBER.fullmatch(value) and not re.search(r"\d", value))
    ):
        return False
    # These names leave no doubt. A value with `=` behind it is another name.
    if not is_sentence and not value.endswith("="):
        if name in (SecretName.APP_SIGN, SecretName.SERVER_SECRET, SecretName.SECRET) and len(value) >= 6:
            return True
        if name is SecretName.TOKEN and len(value) >= 8 and re.search(r"[0-9]", value):
            return True
    is_lenient = name in (SecretName.SECRET, SecretName.SERVER_SECRET) or len(value) >= 24
    return is_random(value, _SHORTEST[name], is_lenient=is_lenient)
