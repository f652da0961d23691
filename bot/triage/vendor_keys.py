"""Find secrets by their own form: tokens of ZEGO, keys of well-known services, private keys, headers and URLs.

The prefixes are those that each service documents for its keys.
"""

from __future__ import annotations

import base64
import binascii
import re

from bot.triage.digest import SecretKind
from bot.triage.secret_pattern import SecretPattern, has_code, is_random, pattern

_UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"

# Prefix and rest of a key. A key has neither a letter, a digit nor a hyphen on either side.
_KEYS = (
    # AWS, Google, Azure
    *((prefix, r"[0-9A-Z]{16}") for prefix in ("AKIA", "ASIA", "ABIA", "ACCA")),
    ("AIza", r"[\w-]{35}"),
    ("ya29.", r"[\w-]{20,2000}"),
    ("GOCSPX-", r"[\w-]{20,60}"),
    ("1//0", r"[\w-]{30,200}"),
    # Alibaba, Tencent, Volcengine
    ("LTAI", r"[0-9A-Za-z]{12,26}"),
    ("STS.N", r"[0-9A-Za-z]{16,60}"),
    ("AKID", r"[0-9A-Za-z]{13,40}"),
    ("AKLT", r"[0-9A-Za-z]{30,60}"),
    # GitHub, GitLab, Bitbucket, Atlassian
    *((f"gh{kind}_", r"\w{36,255}") for kind in "pousr"),
    ("github_pat_", r"\w{22,255}"),
    *((f"gl{kind}-", r"[\w-]{20,300}") for kind in ("pat", "dt", "rt", "ptt", "cbt", "soat", "ft", "agent", "imt")),
    ("ATATT3", r"[\w=-]{50,300}"),
    ("ATBB", r"[0-9A-Za-z]{28,60}"),
    # Slack, Discord, Telegram
    ("xox", r"[abdeoprs][-.][\w.-]{10,500}"),
    ("xapp-", r"[\w-]{10,500}"),
    # Payment
    *((f"{kind}_{mode}_", r"[0-9A-Za-z]{16,250}") for kind in ("sk", "rk", "pk") for mode in ("live", "test")),
    ("whsec_", r"[0-9A-Za-z+/=]{24,100}"),
    ("sq0", r"(?:atp|csp|idp)-[\w-]{22,60}"),
    ("access_token$", r"(?:production|sandbox)\$[0-9a-z]{16}\$[0-9a-f]{32}"),
    *((f"shp{kind}_", r"[0-9a-fA-F]{32}") for kind in ("at", "ss", "ca", "pa")),
    # Models
    ("sk-ant-", r"[\w-]{20,200}"),
    ("sk-", r"(?:[a-z]{2,8}-){0,3}[0-9A-Za-z_-]{20,250}"),
    ("hf_", r"[0-9A-Za-z]{30,60}"),
    ("gsk_", r"[0-9A-Za-z]{40,80}"),
    ("xai-", r"[0-9A-Za-z]{60,120}"),
    ("pplx-", r"[0-9A-Za-z]{40,80}"),
    ("r8_", r"[0-9A-Za-z]{30,60}"),
    # Mail, telephony, push
    ("SG.", r"[\w-]{16,32}\.[\w-]{30,64}"),
    ("key-", r"[0-9a-f]{32}"),
    ("xkeysib-", r"[0-9a-f]{64}-\w{16}"),
    ("SK", r"[0-9a-f]{32}"),
    ("AC", r"[0-9a-f]{32}"),
    ("YWMt", r"[\w-]{40,300}"),
    # Package registries, hosts, tools
    ("npm_", r"[0-9A-Za-z]{30,50}"),
    ("pypi-", r"[\w-]{50,1000}"),
    ("rubygems_", r"[0-9a-f]{48}"),
    ("dckr_pat_", r"[\w-]{20,60}"),
    *((f"do{kind}_v1_", r"[0-9a-f]{64}") for kind in "opr"),
    ("HRKU-", r"[\w-]{30,80}"),
    ("dapi", r"[0-9a-f]{32}"),
    ("lin_api_", r"[0-9A-Za-z]{32,60}"),
    ("ntn_", r"[0-9A-Za-z]{40,60}"),
    ("secret_", r"[0-9A-Za-z]{43}"),
    ("figd_", r"[\w-]{30,60}"),
    ("PMAK-", r"[0-9a-f]{24}-[0-9a-f]{34}"),
    ("glsa_", r"[0-9A-Za-z]{32}_[0-9A-Fa-f]{8}"),
    ("glc_", r"[0-9A-Za-z+/=]{32,400}"),
    ("hvs.", r"[\w-]{24,300}"),
    ("dp.", r"(?:pt|st|ct|sa)\.[\w.-]{30,80}"),
    ("pul-", r"[0-9a-f]{40}"),
    ("sntrys_", r"[\w+/=-]{40,400}"),
    ("sntryu_", r"[0-9a-f]{64}"),
    ("NRAK-", r"[0-9A-Z]{27}"),
    ("EAA", r"[0-9A-Za-z]{60,400}"),
    ("SCT", r"\d{3,8}T[0-9A-Za-z]{20,40}"),
    ("AGE-SECRET-KEY-1", r"[0-9A-Z]{58}"),
)
_BASE64 = r"(?:[A-Za-z0-9+/_-]|%2[BbFf]|\\/)"
_PEM = r"-{4,5} ?BEGIN (?:[A-Z0-9 ]{0,24} )?PRIVATE KEY(?: BLOCK)? ?-{4,5}"
_BREAKS = r"(?:\s|\\{1,4}[nr]){1,4}+"  # between two lines
_PEM_END = r"-{4,5} ?END (?:[A-Z0-9 ]{0,24} )?PRIVATE KEY(?: BLOCK)? ?-{4,5}"
# Words that follow an authorization header or its scheme in prose.
_PROSE_LIST = """
access auth authentication authorization bearer denied empty error expired fail failed failure false header ignored
information invalid is missing none not null ok realm rejected required scheme success token true undefined was with
"""
_PROSE = frozenset(_PROSE_LIST.split())


def _is_zego_token(match: re.Match[str]) -> bool:
    """Exclude paths, checksums and names with hyphens; a token mixes capitals, small letters and digits."""
    value = re.sub(r"%2[BbFf]|\\/", "+", match["secret"])
    return (
        is_random(value, 40)
        and re.search(r"[A-Z]", value) is not None
        and re.search(r"[a-z]", value) is not None
        and max(map(len, re.split(r"[/-]", value))) >= 16
    )


_HASH_BEFORE = re.compile(
    r"(?:\b|_)(?:\w{0,16}(?:id|uuid|sha\d{0,3}|hash|sum)|md5|digest|etag|docker|image|layer|container|commit|revision|blob|"
    r"build|trace|span|checksum|fingerprint|block|tx|root|git|pod|cache|nonce|object|content)[\"'\])]{0,2}"
    r"\s{0,2}[:=@/#\s]?\s{0,2}[\"'\[(]{0,2}$",
    re.IGNORECASE | re.ASCII,
)


def _is_app_sign(match: re.Match[str]) -> bool:
    """Exclude checksums, by the word before them or the file name after them, and decimal numbers."""
    if match["secret"].removeprefix("0x").isdecimal():
        return False
    after = match.string[match.end() : match.end() + 24]
    before = match.string[max(0, match.start() - 32) : match.start()]
    return not (_HASH_BEFORE.search(before) or re.match(r" [ *]?[\w./-]{0,20}\.\w", after) or before.endswith("["))


def _is_basic(match: re.Match[str]) -> bool:
    """Return whether the value is a user and a password in Base64."""
    try:
        user, colon, _ = base64.b64decode(match["secret"] + "==").decode().partition(":")
    except (binascii.Error, ValueError):
        return False
    return bool(colon) and user.isprintable()


def _is_credential(match: re.Match[str]) -> bool:
    """Exclude words of prose and codes after the name of a header."""
    value = match["secret"]
    if value.endswith("=") and match.string.startswith('"', match.end()):
        return False  # a parameter, which has a name of its own
    if re.search(r"600\d{4}", value) or value.lower().strip(".,:;") in _PROSE:
        return False
    return bool(match["scheme"]) or is_random(value, 8)


def _is_bearer(match: re.Match[str]) -> bool:
    """Exclude words after ``bearer`` outside of a header."""
    return is_random(match["secret"], 8) and not re.search(r"600\d{4}", match["secret"])


def _is_key(match: re.Match[str]) -> bool:
    """Exclude names of several words, such as ``sk-list-item-of-the-first-row``."""
    value = match[0]
    if "_" in value[:12] and re.search(r"[A-Z][^A-Z]*[A-Z]", value):
        return True
    return is_random(value, 16) or (value.isupper() and re.search(r"\d", value) is not None)


def _is_url_secret(match: re.Match[str]) -> bool:
    """Exclude placeholders and the port of a host."""
    value = match["secret"]
    return not (has_code(value) or re.fullmatch(r"[*x.]{1,20}|\$?\{.{0,80}\}|<.{0,80}>|%s", value))


def _vendor_rules() -> tuple[SecretPattern, ...]:
    """Compile a rule for each prefix."""
    return tuple(
        pattern(
            SecretKind.CLOUD_KEY,
            rf"(?<![A-Za-z0-9_-]){re.escape(prefix)}{rest}(?![A-Za-z0-9])",
            prefix.lower(),
            hints=(prefix.lower(),) if len(prefix) > 2 else (),
            is_secret=_is_key,
        )
        for prefix, rest in _KEYS
    )


# Applied in this order: a rule does not see a secret that an earlier one has hidden.
VENDOR_RULES = (
    pattern(
        SecretKind.PRIVATE_KEY,
        # Up to the end marker; if that is missing, over the lines that can only be part of the key.
        rf"{_PEM}(?:(?:[\w+/=\s\\:,.()@]|-(?!-)){{0,12000}}{_PEM_END}"
        r"|(?:(?:\s|\\{1,4}[nr]){1,8}[A-Za-z0-9+/]{40,8000}={0,2}){0,100})",
        "private key",
    ),
    pattern(
        SecretKind.PRIVATE_KEY,
        # An excerpt may begin within a key, whose last line may be short.
        rf"(?:(?<![A-Za-z0-9+/=])(?:[A-Za-z0-9+/=]{{16,8000}}+{_BREAKS}){{1,200}}+(?:[A-Za-z0-9+/=]{{1,15}}{_BREAKS})?)?"
        rf"{_PEM_END}",
        "private key",
    ),
    pattern(
        SecretKind.PRIVATE_KEY,
        r"Private-Lines: ?\d{1,3}(?P<secret>(?:(?:\s|\\{1,4}[nr]){1,4}[A-Za-z0-9+/=]{16,8000}){1,100})",
        "private-lines:",
    ),
    pattern(
        # The start of an RSA or EC key in DER, which some platforms write without markers.
        SecretKind.PRIVATE_KEY,
        r"(?<![A-Za-z0-9+/])(?:MII[A-Za-z0-9+/]{2,5}(?:IBAAK|IBADANB)[A-Za-z0-9+/]{100,8000}"
        r"|(?:MHcCAQ|MHQCAQ|MIGHAgEAMB|MC4CAQ)[A-Za-z0-9+/]{50,400})={0,2}",
        "mii",
        "mhccaq",
        "mhqcaq",
        "mighageamb",
        "mc4caq",
    ),
    pattern(
        SecretKind.ZEGO_TOKEN,
        rf"(?P<secret>0[34](?<![A-Za-z0-9+_.-]0[34]){_BASE64}{{40,8000}}(?:={{1,2}}|(?:%3[Dd]){{1,2}})?)",
        "03",
        "04",
        hints=("03aaaaa", "04aaaaa"),  # the usual start; two digits alone are in every other line
        is_secret=_is_zego_token,
    ),
    *_vendor_rules(),
    pattern(
        SecretKind.JWT,
        r"(?:[ps]k\.)?eyJ(?<![A-Za-z0-9_-]eyJ)[\w-]{8,8000}\.[\w-]{4,8000}(?:\.[\w-]{0,2000}){0,3}",
        "eyj",
        is_secret=lambda match: is_random(match[0], 24),
    ),
    pattern(SecretKind.CLOUD_KEY, r"(?<![\w-])[\w-]{11,24}:APA91b[\w-]{100,300}", ":apa91b"),
    pattern(
        SecretKind.CLOUD_KEY,
        r"(?<![A-Za-z0-9])\d{8,10}:AA[\w-]{32,36}(?![\w-])|(?<=/bot)\d{8,10}:[\w-]{30,40}",
        ":aa",
        "/bot",
    ),
    pattern(SecretKind.CLOUD_KEY, r"(?<![\w-])[\w.~]{3}8Q~[\w.~-]{31,36}", "8q~"),
    pattern(SecretKind.CLOUD_KEY, r"(?<![\w-])[0-9a-f]{32}-us\d{1,2}(?!\w)", "-us"),
    # Addresses that let everybody post
    pattern(
        SecretKind.CLOUD_KEY,
        r"hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/(?P<secret>[\w/-]{10,200})",
        "hooks.slack",
    ),
    pattern(
        SecretKind.CLOUD_KEY,
        r"(?:discord(?:app)?\.com/api/webhooks/|webhook\.office\.com/webhookb2/|hooks\.zapier\.com/hooks/catch/"
        r"|/open-apis/bot/(?:v2/)?hook/|maker\.ifttt\.com/trigger/\w{1,60}/with/key/|api\.day\.app/)"
        r"(?P<secret>[\w/@-]{8,300})",
        "webhooks/",
        "webhookb2/",
        "hooks.zapier",
        "/open-apis/bot",
        "maker.ifttt",
        "api.day.app",
        flags=re.IGNORECASE,
    ),
    pattern(
        SecretKind.CLOUD_KEY,
        rf"webhook/(?:send|upload_media)\?(?:\w{{1,20}}=\w{{1,20}}&){{0,3}}key=(?P<secret>{_UUID})",
        "webhook/",
    ),
    # Headers
    pattern(
        SecretKind.BEARER,
        r"\bauthorization[\"'`\\]{0,6}\s{0,3}(?:=>|[:=,]|%3[aAdD])\s{0,3}[\"'`\\]{0,6}\s?(?P<scheme>"
        r"(?:basic|bearer|token|apikey|api-key|negotiate|ntlm|jwt|key|hmac|oauth|oss|qbox|qiniu|ucloud|cos|sso)"
        r"(?:\s{1,3}|%20|\+|=)|)(?P<secret>[\w.~+/=:%-]{2,4000})",
        "authorization",
        is_secret=_is_credential,
        flags=re.IGNORECASE,
    ),
    pattern(
        SecretKind.BEARER,
        r"\bdigest\s(?:[^\n]{0,600}?[\s,])?response=\\{0,4}[\"']?(?P<secret>[0-9a-f]{32})",
        "response=",
        flags=re.IGNORECASE,
    ),
    pattern(
        SecretKind.BEARER,
        r"\bbasic\s{1,3}(?P<secret>[A-Za-z0-9+/]{6,400}={0,2})",
        "basic",
        is_secret=_is_basic,
        flags=re.IGNORECASE,
    ),
    pattern(
        SecretKind.BEARER,
        r"\bbearer(?:\s{1,3}|%20)(?P<secret>[\w.~+/=-]{8,4000})",
        "bearer",
        is_secret=_is_bearer,
        flags=re.IGNORECASE,
    ),
    # Credentials in URLs and on command lines
    pattern(
        SecretKind.PASSWORD,
        r"[A-Za-z][A-Za-z0-9+.-]{1,30}://[^\s/@:\"'<>‹›?#]{0,80}:(?P<secret>[^\s/\"'<>‹›?#]{1,200})@(?=[\w\[‹])",
        "@",
        is_secret=_is_url_secret,
    ),
    pattern(
        SecretKind.CLOUD_KEY,
        r"://(?P<secret>[\w-]{20,200})(?::[^\s/@\"'<>]{0,100})?@(?=[\w\[‹])",
        "@",
        is_secret=lambda match: is_random(match["secret"], 20),
    ),
    pattern(
        SecretKind.PASSWORD,
        r"(?<![\w.-])[\w.-]{1,40}:(?P<secret>[^\s/@:\"'<>‹›]{1,100})@(?:tcp|unix|udp)\(",
        "@tcp(",
        "@unix(",
        "@udp(",
    ),
    pattern(SecretKind.PASSWORD, r"\bthin:[\w.-]{1,40}/(?P<secret>[^\s/@\"'<>‹›]{1,100})@", "thin:"),
    pattern(
        SecretKind.PASSWORD,
        r"\bcurl\b[^\n]{0,300}?\s(?:-u|--user|--proxy-user|-U)[\s=]{0,2}[\"']?[\w.@+-]{1,60}:(?P<secret>[^\s\"'‹›]{1,100})",
        "curl",
    ),
    pattern(
        SecretKind.PASSWORD,
        r"\b(?:mysql(?:dump|admin)?|sshpass|mongo(?:sh)?|mariadb|docker login|podman login)\b"
        r"[^\n]{0,200}?\s-p\s?[\"']?(?P<secret>[^\s\"'‹›-][^\s\"'‹›]{2,100})",
        "mysql",
        "sshpass",
        "mongo",
        "mariadb",
        "docker login",
        "podman login",
    ),
    pattern(SecretKind.PASSWORD, r"\bpasswd -p [\"']?(?P<secret>[^\s\"'‹›-][^\s\"'‹›]{2,100})", "passwd -p"),
    pattern(
        SecretKind.PASSWORD, r"\bredis-cli\b[^\n]{0,200}?\s-a\s{1,2}[\"']?(?P<secret>[^\s\"'‹›]{3,100})", "redis-cli"
    ),
    # AppSign and ServerSecret by their form
    pattern(
        SecretKind.APP_SIGN,
        r"(?:\(byte\)\s?)?0x[0-9a-f]{1,2}(?:\s{0,16},\s{0,16}(?:\(byte\)\s?)?0x[0-9a-f]{1,2}){15,127}|(?:\\{1,4}x[0-9a-f]{2}){16,128}",
        "0x",
        "\\x",
        hints=(",0x", ", 0x", ",(byte)0x", ", (byte)0x", "\\x"),
        flags=re.IGNORECASE,
    ),
    pattern(
        SecretKind.APP_SIGN,
        r"(?<![0-9A-Za-z+/_])(?P<secret>(?:0x)?(?:[0-9a-f]{64}|[0-9A-F]{64}))(?![0-9A-Za-z+/=_])",
        is_secret=_is_app_sign,
    ),
    pattern(
        # Behind an AppID, as in ``init(1234567890, "…")``
        SecretKind.SERVER_SECRET,
        r"(?<![\w.])(?:(?<=[aA]pp[iI][dD]\W)|(?!1[67]\d{8}\D))\d{8,10}[\"']?\s{0,2}[,:/|]\s{0,2}[\"']?(?P<secret>[0-9a-f]{32})(?![0-9A-Za-z+/=_])",
    ),
    pattern(
        # An argument of ``generateToken04(appId, "user", "…", 3600)`` and the like
        SecretKind.SERVER_SECRET,
        r"\b\w{0,30}(?:token|sign|secret|zego|zim|engine|init|create)\w{0,20}\("
        r"[^()\n]{0,120}?[\"'](?P<secret>[0-9a-f]{32})[\"']",
        "token",
        "sign",
        "secret",
        "zego",
        "zim",
        "engine",
        "init",
        "create",
        hints=("token04(", "signature("),
        flags=re.IGNORECASE,
    ),
    pattern(
        SecretKind.PRIVATE_KEY,
        r"[\"']d\\{0,8}[\"']\s?:\s?\\{0,8}[\"'](?P<secret>[\w-]{40,700})[\"'\\]",
        'd"',
        "d'",
        hints=('"d"',),
    ),
    pattern(
        SecretKind.PASSWORD,
        r"(?<![\w/.@-])[\w.-]{2,40}:(?P<secret>[^\s/@:\"'<>‹›]{6,100})@(?=[\w-]{1,63}\.[\w-]|‹)",
        "@",
        is_secret=lambda match: is_random(match["secret"], 6),
    ),
    pattern(SecretKind.PASSWORD, r"/user:[\w.\\@-]{1,60}\s(?P<secret>[^\s\"'<>‹›{}/]{4,100})", "/user:"),
    pattern(SecretKind.TOKEN, r"<(?P<secret>[0-9a-f]{8}(?: [0-9a-f]{8}){7})>"),
)
