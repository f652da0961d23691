"""Find secrets by the name before them: ``password=…``, ``"token":"…"``, ``密码：…`` and the spellings of languages.

A name is a word such as ``token`` in an identifier. Between a name and its value come a sign, quotes (also escaped), a
type, the brackets of a call or a tag, as in programming languages, file formats and prose. `secret_value` judges the
value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import stringzilla as sz

from bot.triage.secret_pattern import SecretSpan, is_random, line_at
from bot.triage.secret_value import SecretName, chinese_password, is_secret, means_nothing

_LONGEST = 4096  # characters of a value

# `-`, `_`, `.` or a space may separate the parts of a name, written here as `~`.
_NAMES = {
    SecretName.OTP: (
        r"(?<![a-z])(?:otp|totp|mfa~?code|2fa~?code|pin~?code|captcha)|verif(?:y|ication)~?code|sms~?code|auth~?code"
        r"|security~?code|(?<![a-z])pin(?![a-z])|动态码|验\s?证\s?码|校验码|短信码|动态口令|安全码|登录码|提取码"
    ),
    SecretName.APP_SIGN: r"app~?signs?(?![a-z])",
    SecretName.SERVER_SECRET: r"(?:server|callback)~?secret",
    SecretName.PASSWORD: (
        r"pass~?w(?:or)?d|requirepass|masterauth|passwd|passwort|pwd|pass~?phrase|pass~?code|(?<![a-z])pass(?![a-z])|(?<![a-z])psw(?:d)?|"
        r"identified by|psk|密\s?码|口\s?令|密匙"
    ),
    SecretName.TOKEN: (
        r"token|credentials?|(?<![a-z])ticket|(?<![a-z])reg(?:istration|ister)?~?id|(?:(?<![a-z])|(?<=x-)|(?<=x_))auth(?![a-z])|j?sess(?:ion)?id(?<=jsessionid)"
        r"|phpsessid|sessdata|connect\.sid|asp\.net~?sessionid|(?<![a-z])jwt(?![a-z])|令牌|凭证|凭据|授权码|票据"
    ),
    SecretName.SECRET: (
        r"(?:api|access|secret|private|app|server|master|encrypt(?:ion)?|aes|des|hmac|sign(?:ing)?|signature|license|auth|"
        r"push|account|subscription|shared|shared~access|session|service|client|storage|ssh|jwt|security|deploy|admin|vault|"
        r"pre~?shared|wifi|pay|merchant|mch|cipher|crypt|data|root|host|primary|secondary|function|instrumentation)"
        r"~?key(?:~?id)?(?:~?secret)?|secret(?:~?access)?(?:~?(?:key|id))?|(?<![a-z])(?:ak|sk|aes)(?![a-z])"
        r"|app~?certificate|密钥|秘钥|私钥"
    ),
    SecretName.SIGNATURE: (
        r"signature|(?<![a-z])user~?sig(?![a-z])|(?<![a-z])sig(?![a-z])|(?<![a-z])sign(?![a-z])|hmac|签名"
    ),
    SecretName.KEY: r"(?<![a-z])key(?![a-z])",
}
# A part of each name. It is not a word of most messages, such as "code" or 码.
_STEMS = (
    "pass", "pwd", "psw", "otp", "mfa", "2fa", "pin", "captcha", "verif", "sms", "security", "sig", "hmac", "secret",
    "token", "key", "credential", "ticket", "reg", "auth", "sess", "connect.sid", "jwt", "certificate",
    "identified by", "aes", "ak", "sk", "psk", "密", "验", "口", "令牌", "凭证", "凭据", "授权码", "票据", "秘钥",
    "私钥", "签名", "动态", "短信码", "安全码", "登录码", "提取码",
)  # fmt: skip
# Those that are rare in a log. One-time codes are no live secrets.
_HINTS = (
    "passw", "passphrase", "passcode", "pwd", "pass=", "pass:", 'pass"', "token", "key", "secret", "sign", "auth",
    "credential", "ticket", "regid", "registration", "registerid", "sessionid", "sessid", "sessdata", "connect.sid",
    "jwt", "certificate", "identified by", "requirepass", "masterauth",
    "psk", "hmac", "usersig", "sig=", 'sig"', "sk=", "sk:", 'sk"', "密码", "口令",
    "密匙", "令牌", "凭证", "凭据", "授权码", "票据", "密钥", "秘钥", "私钥", "签名",
)  # fmt: skip

_QUOTE = r"(?:\\{0,16}[\"'`]|%(?:25)?2[27]|&quot;|&\#3[49];|\\{1,8}u002[27])"
_SIGN = r"(?:=>|->|:=|={1,3}|::?|：|＝|→|\||%(?:25)?3[aAdD]|是|为)"
_TYPE = (
    r"(?:\[\d{0,3}\]|:?\s{0,2}(?:&(?:'static )?|const )?(?:string|str|char|bytes?|text|varchar|any|object|nsstring|"
    r"nsdata|data|uint8_t|byte\[\]|\[u8;\s?\d{1,3}\]|uint8list)[?!]?(?:\[\d{0,3}\])?"
    r"|\{ ?get; ?(?:(?:private )?set; ?)?\})"
)
_SUFFIX = (
    r"(?:[-_. ]?(?:value|val|string|str|text|raw|hex|base64|b64|bytes|md5|plain|plaintext|new|old|env|header|\d{1,2}))?"
)
_BLANK = r"\]?(?:[ \t]|\\{1,2}t){1,4}"


def _bridge(blank: str) -> str:
    """Return the pattern of the text between a name and its value; *blank* is that of white space alone."""
    return (
        rf"(?:{_QUOTE}?[)\]]{{0,2}}(?: (?:for|of) [\w'.@-]{{1,40}})?\s{{0,4}}(?:{_TYPE}\s{{0,3}}(?==))?{_SIGN}"
        rf"(?:\s{{0,4}}(?:：|:)(?!:))?\s{{0,4}}"
        rf"(?:\{{\s{{0,3}}{_QUOTE}?(?:value|data)(?:{_QUOTE})?\s{{0,2}}[:=]\s{{0,2}})?"
        r"(?:new\s[\w\[\]]{1,20}\s{0,2}(?=\{))?"
        rf"|{_QUOTE}?\s{{0,2}}[,(]\s{{0,3}}(?=@?{_QUOTE})"  # a call or a list
        rf"|{_QUOTE}?\s{{0,2}}/?>\s{{0,4}}(?:</\w{{1,10}}>\s{{0,8}}<\w{{1,10}}>)?(?:<!\[CDATA\[)?"  # a tag
        rf"|{_QUOTE}?,?\s{{1,4}}(?:\w{{1,10}}:)?{_QUOTE}?value{_QUOTE}?\s{{0,2}}[=:]\s{{0,2}}"  # a name and a value
        r"|\s(?:is|was)\s"
        rf"|(?=[「『【“（])|{blank})"
    )


_FLAGS = re.ASCII | re.IGNORECASE
_NAMED = re.compile(
    "|".join(f"(?P<{name}>{pattern})" for name, pattern in _NAMES.items()).replace("~", "[-_. ]"), _FLAGS
)
_AFTER_NAME = re.compile(rf"{_SUFFIX}(?![A-Za-z0-9_])" + _bridge(f"(?P<blank>{_BLANK})"), _FLAGS)
_OPENER = re.compile(rf"(?:[@bBrRfFuUL]{{0,2}}(?P<quote>{_QUOTE})|[\[({{（「『【“‘])\s{{0,2}}")
_BARE = re.compile(r"[!#$%*+./0-9:=?@A-Z^_a-z~\u00c0-\u024f-]{1,4096}")
_BARE_TOKEN = re.compile(r"[\w+/.~%!@$*^\\-]{1,4096}(?::[\w+/.~%-]{1,1024})?={0,2}", re.ASCII)
_BYTES = re.compile(r"-?\d{1,3}(?:\s{0,4},\s{0,4}-?\d{1,3}){15,127}")
_ENCODED = re.compile(r"[%&\\]")
_ENCODED_END = re.compile(r"%2[26]|%7D|&quot;|\\", re.IGNORECASE)
_CALL = re.compile(r"\(\s?[\"']\w*$")
_SENTENCE = re.compile(r"\s(?:is|was)\s$|:\s")

# In the bytes of a log, right behind a hint: the rest of the name, then a value that is long enough.
_VALUE_BYTE = r"[^\s\"'<>{}()]"
_STRONG = rf"(?:.{{0,2}}{_QUOTE})?[\[({{]?\s{{0,2}}{_VALUE_BYTE}{{3}}"
_WEAK = (
    rf"(?:.{{0,2}}{_QUOTE})?[\[({{]?\s{{0,2}}(?={_VALUE_BYTE}{{0,64}}[0-9]|{_VALUE_BYTE}{{16}})"
    rf"{_VALUE_BYTE}{{3}}(?:{_VALUE_BYTE}{{5}}|\s?,)"
)


def _likely(value: str, shortest: int) -> re.Pattern[bytes]:
    """Compile a pattern for lowercase text; values have *shortest* bytes or more if only a space is before them."""
    bridge = _bridge(rf"{_BLANK}(?={_QUOTE}|{_VALUE_BYTE}{{{shortest}}})")
    return re.compile(rf"[\w.-]{{0,16}}+{bridge.replace('CDATA', 'cdata')}(?:{value})".encode())


# A cheaper check, which most lines do not pass: a sign after the name, or a space and a long word or a quote.
_NEXT = re.compile(rb"[\w.-]{0,16}+(?:[^\w\s]| {1,4}(?:\S{6}|[^\w\s]|(?:is|was|for|of)\s))")
_PASSWORD_HINT = re.compile("pass|pwd|psk|密码|口令|密匙|identified by".encode(), re.IGNORECASE)
_LIKELY_PASSWORD, _LIKELY_TOKEN = _likely(_STRONG, 6), _likely(_WEAK, 16)


class NamedSecrets:
    """Find the values that a name calls a secret."""

    literals = _STEMS
    hints = _HINTS

    def find(self, text: str) -> Iterator[SecretSpan]:
        """Yield the secrets in *text*."""
        position = 0
        while found := _NAMED.search(text, position):
            position = found.end()
            name = SecretName(str(found.lastgroup))
            value = _value_after(text, position, name)
            if value and _is_secret_after(text, position, name, value):
                yield SecretSpan(value.start, value.end, name.kind)
                position = value.end

    def likely_lines(self, data: bytes, lower: bytes, hint: bytes) -> Iterator[tuple[int, int]]:
        """Yield the lines in which something like a value comes after *hint*."""
        likely = _LIKELY_PASSWORD if _PASSWORD_HINT.search(hint) else _LIKELY_TOKEN
        length = len(hint.rstrip(b'=:"'))
        offset = sz.find(lower, hint)
        while offset >= 0:
            after = offset + length
            if _NEXT.match(lower, after) and likely.match(lower, after):
                begin, after = line_at(data, offset)
                yield begin, after
            offset = sz.find(lower, hint, after)


class _Value(NamedTuple):
    """A value after a name, and how it is connected with the name."""

    start: int
    end: int
    bridge: str  # the text between them; empty if the value touches a Chinese name
    is_blank: bool  # there is only white space between them
    quote: str  # before the value
    is_bytes: bool = False  # a list of numbers


def _value_after(text: str, position: int, name: SecretName) -> _Value | None:
    """Return the value after the name that ends at *position*, or None if there is none."""
    match = _AFTER_NAME.match(text, position)
    if match is None and text[position - 1].isascii():
        return None
    start = match.end() if match else position
    bridge = match[0] if match else ""
    is_blank = match is None or match["blank"] is not None
    quote = ""
    for _ in range(3):
        opener = _OPENER.match(text, start)
        if opener is None:
            break
        if quote and opener["quote"] == quote:
            return None  # an empty value
        start, quote = opener.end(), opener["quote"] or quote
        if numbers := _BYTES.match(text, start):
            return _Value(*numbers.span(), bridge, is_blank, quote, is_bytes=True)
    end = _quoted_end(text, start, quote) if quote else None
    if end is None:
        end = _bare_end(text, start, name, is_encoded=_ENCODED.search(bridge) is not None)
    return _Value(start, end, bridge, is_blank, quote) if end > start else None


def _is_secret_after(text: str, position: int, name: SecretName, value: _Value) -> bool:
    """Return whether *value* is the secret of the name that ends at *position*."""
    if value.is_bytes:
        return name not in (SecretName.KEY, SecretName.OTP)
    written = text[value.start : value.end]
    is_chinese = name is SecretName.PASSWORD and chinese_password(written) == written
    if text.startswith(("(", "["), value.end) or (means_nothing(written) and not is_chinese):
        return False
    if value.is_blank and not value.quote and not _is_certain(text, position, written, name):
        return False
    # In a list of names, such as ["login", "password", "port"], the next name is no value.
    before = text[max(0, position - 32) : position]
    if value.bridge.rstrip().endswith(",") and not _CALL.search(before) and not is_random(written, 6):
        return False
    is_sentence = not value.quote and _SENTENCE.search(value.bridge) is not None
    return is_secret(written, name, is_sentence=is_sentence)


def _quoted_end(text: str, start: int, quote: str) -> int | None:
    """Return the offset of the quote that closes *quote*, without its backslashes; None if there is none."""
    slashes = len(quote) - len(quote.lstrip("\\"))
    mark = quote.lstrip("\\")
    position = start
    while (end := text.find(mark, position, start + _LONGEST)) >= 0:
        found = len(text[start:end]) - len(text[start:end].rstrip("\\"))
        if found <= slashes:
            line_end = text.find("\n", start, end)
            return end - found if line_end < 0 else None
        position = end + len(mark)
    return None


def _bare_end(text: str, start: int, name: SecretName, *, is_encoded: bool) -> int:
    """Return the end of the value without quotes at *start*. In an encoded URL or JSON, a quote or ``&`` ends it."""
    match = (_BARE if name in (SecretName.PASSWORD, SecretName.OTP) else _BARE_TOKEN).match(text, start)
    if match is None:
        return start + len(chinese_password(text, start) if name is SecretName.PASSWORD else "")
    encoded = _ENCODED_END.search(match[0]) if is_encoded else None
    return start + encoded.start() if encoded else match.end()


def _is_certain(text: str, position: int, value: str, name: SecretName) -> bool:
    """Return whether *value* is a secret although only a space, or nothing, is between it and its name."""
    is_chinese = not text[position - 1].isascii()
    if name is SecretName.OTP:
        return is_chinese and re.fullmatch(r"\d{4,8}", value) is not None
    if _is_option(text, position) and name is not SecretName.KEY:
        return len(value) >= 6 and (name is SecretName.PASSWORD or re.search(r"[0-9]", value) is not None)
    if name in (SecretName.PASSWORD, SecretName.SERVER_SECRET, SecretName.APP_SIGN) and is_chinese:
        return is_random(value, 6)
    return is_random(value, 20 if name is not SecretName.PASSWORD else 8) and name is not SecretName.KEY


def _is_option(text: str, position: int) -> bool:
    """Return whether the name that ends at *position* is an option of a command such as ``--db-password``."""
    return re.search(r"(?:^|\s)--?[\w-]{1,40}$", text[max(0, position - 48) : position]) is not None
