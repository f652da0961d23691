"""Find secrets by the name before them: ``password=…``, ``"token":"…"``, ``密码：…`` and the spellings of languages.

A name is a word such as ``token`` in an identifier. Between it and the value is what programming languages, file
formats and people write there: a sign, quotes (also escaped), a type, the brackets of a call, a tag. A password may be
any text; a token or key must look generated, because logs are full of sentences such as "token: expired".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import stringzilla as sz

from bot.triage.digest import SecretKind
from bot.triage.secret_pattern import SecretSpan, has_code, is_random, line_at, matching_lines

_LONGEST = 4096  # characters of a value

# By kind: names. `-`, `_`, `.` or a space may separate the parts of a name, written here as `~`.
_NAMES = {
    "otp": (
        r"(?<![a-z])(?:otp|totp|mfa~?code|2fa~?code|pin~?code|captcha)|verif(?:y|ication)~?code|sms~?code|auth~?code"
        r"|security~?code|(?<![a-z])pin(?![a-z])|动态码|验\s?证\s?码|校验码|短信码|动态口令|安全码|登录码|提取码"
    ),
    "app_sign": r"app~?signs?(?![a-z])",
    "server_secret": r"(?:server|callback)~?secret",
    "password": (
        r"pass~?w(?:or)?d|requirepass|masterauth|passwd|passwort|pwd|pass~?phrase|pass~?code|(?<![a-z])pass(?![a-z])|(?<![a-z])psw(?:d)?|"
        r"identified by|psk|密\s?码|口\s?令|密匙"
    ),
    "token": (
        r"token|credentials?|(?<![a-z])ticket|(?<![a-z])reg(?:istration|ister)?~?id|(?:(?<![a-z])|(?<=x-)|(?<=x_))auth(?![a-z])|j?sess(?:ion)?id(?<=jsessionid)"
        r"|phpsessid|sessdata|connect\.sid|asp\.net~?sessionid|(?<![a-z])jwt(?![a-z])|令牌|凭证|凭据|授权码|票据"
    ),
    "secret": (
        r"(?:api|access|secret|private|app|server|master|encrypt(?:ion)?|aes|des|hmac|sign(?:ing)?|signature|license|auth|"
        r"push|account|subscription|shared|shared~access|session|service|client|storage|ssh|jwt|security|deploy|admin|vault|"
        r"pre~?shared|wifi|pay|merchant|mch|cipher|crypt|data|root|host|primary|secondary|function|instrumentation)"
        r"~?key(?:~?id)?(?:~?secret)?|secret(?:~?access)?(?:~?(?:key|id))?|(?<![a-z])(?:ak|sk|aes)(?![a-z])"
        r"|app~?certificate|密钥|秘钥|私钥"
    ),
    "signature": r"signature|(?<![a-z])user~?sig(?![a-z])|(?<![a-z])sig(?![a-z])|(?<![a-z])sign(?![a-z])|hmac|签名",
    "key": r"(?<![a-z])key(?![a-z])",
}
_KINDS = {
    "otp": SecretKind.OTP,
    "app_sign": SecretKind.APP_SIGN,
    "server_secret": SecretKind.SERVER_SECRET,
    "password": SecretKind.PASSWORD,
    "token": SecretKind.TOKEN,
    "secret": SecretKind.SECRET_KEY,
    "signature": SecretKind.SIGNATURE,
    "key": SecretKind.SECRET_KEY,
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
_BRIDGE = (
    rf"(?:{_QUOTE}?[)\]]{{0,2}}(?: (?:for|of) [\w'.@-]{{1,40}})?\s{{0,4}}(?:{_TYPE}\s{{0,3}}(?==))?{_SIGN}"
    rf"(?:\s{{0,4}}(?:：|:)(?!:))?\s{{0,4}}"
    rf"(?:\{{\s{{0,3}}{_QUOTE}?(?:value|data)(?:{_QUOTE})?\s{{0,2}}[:=]\s{{0,2}})?"
    r"(?:new\s[\w\[\]]{1,20}\s{0,2}(?=\{))?"
    rf"|{_QUOTE}?\s{{0,2}}[,(]\s{{0,3}}(?=@?{_QUOTE})"  # a call or a list
    rf"|{_QUOTE}?\s{{0,2}}/?>\s{{0,4}}(?:</\w{{1,10}}>\s{{0,8}}<\w{{1,10}}>)?(?:<!\[CDATA\[)?"  # a tag
    rf"|{_QUOTE}?,?\s{{1,4}}(?:\w{{1,10}}:)?{_QUOTE}?value{_QUOTE}?\s{{0,2}}[=:]\s{{0,2}}"  # a name and a value
    r"|\s(?:is|was)\s"
    r"|(?=[「『【“（])|(?P<blank>\]?(?:[ \t]|\\{1,2}t){1,4}))"
)
_FLAGS = re.ASCII | re.IGNORECASE
_NAMED = re.compile("|".join(f"(?P<{group}>{names})" for group, names in _NAMES.items()).replace("~", "[-_. ]"), _FLAGS)
_AFTER_NAME = re.compile(rf"{_SUFFIX}(?![A-Za-z0-9_]){_BRIDGE}", _FLAGS)
_OPENER = re.compile(rf"(?:[@bBrRfFuUL]{{0,2}}(?P<quote>{_QUOTE})|[\[({{（「『【“‘])\s{{0,2}}")
_BARE = re.compile(r"[!#$%*+./0-9:=?@A-Z^_a-z~\u00c0-\u024f-]{1,4096}")
_BARE_TOKEN = re.compile(r"[\w+/.~%!@$*^\\-]{1,4096}(?::[\w+/.~%-]{1,1024})?={0,2}", re.ASCII)
_BYTES = re.compile(r"-?\d{1,3}(?:\s{0,4},\s{0,4}-?\d{1,3}){15,127}")
_ENCODED_END = re.compile(r"%2[26]|%7D|&quot;|\\", re.IGNORECASE)

# Values that stand for none: words, placeholders, types, addresses in memory, calls and members.
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
    _FLAGS,
)
_PATH = re.compile(r"(?:[A-Za-z]:)?[\\/][\w.-]{1,40}[\\/].{0,200}", re.ASCII)
_OBJECT = re.compile(r"(?:[a-z]\w{0,20}\.)*[A-Z]\w{2,60}@[0-9a-f]{4,8}", re.ASCII)
_STAMP = re.compile(r"[A-Z]{2,10}-\d{1,10}|\d{4}[-/:]\d\d[-/:]\d\d.{0,40}|\d{1,4}(?:\.\d{1,6}){1,3}|-?\d{1,30}")
_MEMBER = re.compile(r"[A-Za-z_$][\w$]{0,60}(?:\.[A-Za-z_$][\w$]{0,60}){1,6}", re.ASCII)
_WORDY = re.compile(r"[a-z]{1,20}")


# In the bytes of a log, right behind a hint: the rest of the name, then a value that is long enough.
_VALUE_BYTE = r"[^\s\"'<>{}()]"
_STRONG = rf"(?:.{{0,2}}{_QUOTE})?[\[({{]?\s{{0,2}}{_VALUE_BYTE}{{3}}"
_WEAK = (
    rf"(?:.{{0,2}}{_QUOTE})?[\[({{]?\s{{0,2}}(?={_VALUE_BYTE}{{0,64}}[0-9]|{_VALUE_BYTE}{{16}})"
    rf"{_VALUE_BYTE}{{3}}(?:{_VALUE_BYTE}{{5}}|\s?,)"
)


def _likely(value: str, shortest: int) -> re.Pattern[bytes]:
    """Compile a pattern for lowercase text; values have *shortest* bytes or more if only a space is before them."""
    bridge = _BRIDGE.replace(
        r"(?P<blank>\]?(?:[ \t]|\\{1,2}t){1,4})",
        rf"\]?(?:[ \t]|\\{{1,2}}t){{1,4}}(?={_QUOTE}|{_VALUE_BYTE}{{{shortest}}})",
    )
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
        while name := _NAMED.search(text, position):
            position = name.end()
            group = str(name.lastgroup)
            if span := _value(text, position, group):
                yield SecretSpan(*span, _KINDS[group])
                position = span[1]

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


def _value(text: str, position: int, group: str) -> tuple[int, int] | None:
    """Return the span of the secret after the name that ends at *position*, or None if there is none."""
    bridge = _AFTER_NAME.match(text, position)
    is_chinese = not text[position - 1].isascii()
    if bridge is None and not is_chinese:
        return None
    start = bridge.end() if bridge else position
    is_blank = bridge is None or bridge["blank"] is not None
    quote = ""
    for _ in range(3):
        opener = _OPENER.match(text, start)
        if opener is None:
            break
        if quote and opener["quote"] == quote:
            return None  # an empty value
        start, quote = opener.end(), opener["quote"] or quote
        if numbers := _BYTES.match(text, start):
            return numbers.span() if group not in ("key", "otp") else None
    end = _quoted_end(text, start, quote) if quote else None
    if end is None:
        end = _bare_end(
            text, start, group, is_encoded=bridge is not None and re.search(r"[%&\\]", bridge[0]) is not None
        )
    value = text[start:end]
    if not value or text.startswith(("(", "["), end) or _means_nothing(value):
        return None
    if is_blank and not quote and not _is_certain(text, position, value, group, is_chinese=is_chinese):
        return None
    # In a list of names, such as ["login", "password", "port"], the next name is no value.
    is_list = (
        bridge is not None
        and bridge[0].rstrip().endswith(",")
        and not re.search(r"\(\s?[\"']\w*$", text[max(0, position - 32) : position])
    )
    if is_list and not is_random(value, 6):
        return None
    is_sentence = bridge is not None and not quote and re.search(r"\s(?:is|was)\s$|:\s", bridge[0]) is not None
    return (start, end) if _is_secret(value, group, is_sentence=is_sentence) else None


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


def _bare_end(text: str, start: int, group: str, *, is_encoded: bool) -> int:
    """Return the end of the value without quotes at *start*. In an encoded URL or JSON, a quote or ``&`` ends it."""
    match = (_BARE if group in ("password", "otp") else _BARE_TOKEN).match(text, start)
    if match is None:
        return start
    encoded = _ENCODED_END.search(match[0]) if is_encoded else None
    return start + encoded.start() if encoded else match.end()


def _means_nothing(value: str) -> bool:
    """Return whether *value* is empty, a placeholder, an expression or an error code."""
    word = value.strip(" .,:;!?\"'").lower()
    return (
        word in _WORDS
        or has_code(value)
        or not value[0].isascii()
        or value[0] == "‹"
        or _PLACEHOLDER.fullmatch(value) is not None
        or (_PATH.fullmatch(value) is not None and not is_random(value, 24))
    )


def _is_certain(text: str, position: int, value: str, group: str, *, is_chinese: bool) -> bool:
    """Return whether *value* is a secret although only a space, or nothing, is between it and its name."""
    if group == "otp":
        return is_chinese and re.fullmatch(r"\d{4,8}", value) is not None
    if _is_option(text, position) and group != "key":
        return len(value) >= 6 and (group == "password" or re.search(r"[0-9]", value) is not None)
    if group in ("password", "server_secret", "app_sign") and is_chinese:
        return is_random(value, 6)
    return is_random(value, 20 if group != "password" else 8) and group != "key"


def _is_option(text: str, position: int) -> bool:
    """Return whether the name that ends at *position* is an option of a command such as ``--db-password``."""
    return re.search(r"(?:^|\s)--?[\w-]{1,40}$", text[max(0, position - 48) : position]) is not None


def _is_secret(value: str, group: str, *, is_sentence: bool) -> bool:
    """Return whether *value* may be what a name of *group* calls it."""
    if group == "otp":
        return re.fullmatch(r"\d{4,8}|(?=.*\d)[A-Za-z0-9]{4,8}", value) is not None
    if group == "password":
        if is_sentence and _WORDY.fullmatch(value):
            return len(value) >= 6 and " " not in value
        return len(value) >= 3 and not (len(value) < 4 and value.isdecimal())
    if (
        _STAMP.fullmatch(value)
        or _OBJECT.fullmatch(value)
        or (_MEMBER.fullmatch(value) and not re.search(r"\d", value))
    ):
        return False
    # These names leave no doubt. A value with `=` behind it is another name.
    if not is_sentence and not value.endswith("="):
        if group in ("app_sign", "server_secret", "secret") and len(value) >= 6:
            return True
        if group == "token" and len(value) >= 8 and re.search(r"[0-9]", value):
            return True
    shortest = {"server_secret": 8, "app_sign": 16, "secret": 8, "token": 8, "signature": 20, "key": 20}[group]
    return is_random(value, shortest, is_lenient=group in ("secret", "server_secret") or len(value) >= 24)


# Attributes of a cookie, which are no secrets.
_ATTRIBUTES = frozenset(
    ("path", "domain", "expires", "max-age", "samesite", "priority", "version", "comment", "lang", "locale", "theme")
)
_COOKIE = re.compile(r"(?<![a-z])(?:set-?)?cookies?2?[\"'`\\]{0,8}\s{0,3}(?:=>|[:=])\s{0,3}[\"'`\\\[{]{0,8}", _FLAGS)
_PAIR = re.compile(
    r"[\"'`\\\s]{0,6}(?P<name>[\w.$-]{1,80})(?:=|[\"'`\\]{1,6}\s?[:=]\s?[\"'`\\]{1,6})"
    r"(?P<value>[^\s;,\"'`\\<>(){}‹›]{0,4096})[\"'`\\]{0,6}(?:;|,|\s(?=[\w.$-]{1,80}=))?"
)
_OPAQUE = re.compile(r"[\w+/.~%=-]{8,4096}", re.ASCII)


class CookieSecrets:
    """Find the values of cookies."""

    literals = hints = ("cookie",)

    def find(self, text: str) -> Iterator[SecretSpan]:
        """Yield the secrets in *text*."""
        position = 0
        while header := _COOKIE.search(text, position):
            start = position = header.end()
            while pair := _PAIR.match(text, position):
                value = pair["value"]
                if pair["name"].lower() not in _ATTRIBUTES and len(value) >= 6 and not _means_nothing(value):
                    yield SecretSpan(*pair.span("value"), SecretKind.COOKIE)
                position = pair.end()
            if position == start and (opaque := _OPAQUE.match(text, start)):
                position = opaque.end()
                if is_random(opaque[0], 8):
                    yield SecretSpan(*opaque.span(), SecretKind.COOKIE)

    def likely_lines(self, data: bytes, lower: bytes, hint: bytes) -> Iterator[tuple[int, int]]:
        """Yield the lines with a header or variable for cookies."""
        return matching_lines(data, lower, hint, _COOKIE)
