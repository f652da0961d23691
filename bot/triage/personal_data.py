"""Find personal data: mail addresses, numbers of people, cards and devices, network addresses, places and names.

Ids of users and rooms stay visible, because they are evidence. A number is personal only in the form that its issuer
gives it, with a valid check digit, or after a word that says so: logs are full of other numbers.
"""

from __future__ import annotations

import re
from datetime import date

from bot.triage.digest import SecretKind
from bot.triage.secret_pattern import JOIN, before, has_code, pattern

# `\b` in ASCII, because Chinese text has no space before the word.
APP_ID = re.compile(
    r"(?P<kept>\bapp[ _-]?id\b[\"'）)]{0,2}\s{0,3}(?:[:=：]|is\b|为|是)?\s{0,3}[\"'(（]?)(?P<id>\d{8,12})(?!\d)",
    re.ASCII | re.IGNORECASE,
)


def mask(number: str) -> str:
    """Mask an AppID except for its first two digits and its last one, by which its owner recognizes it."""
    return f"{number[:2]}…{number[-1]}"


_AT = r"(?:@|%(?:25)?40|&\#64;|\\{1,4}u0040)"
# Before a number: the name of a counter, an id or a time. Not of a user, whose id may be a phone number.
_COUNTER_BEFORE = re.compile(
    r"(?:(?<!u)(?<!user)(?<!user[_-])id|uuid|seq(?:uence)?(?:[_-]?(?:id|no|num))?|ts|time|stamp|date|no|num|number|count|"
    r"total|size|len|length|offset|index|pos|bytes|version|ver|order|trace|span|session|hash|addr|ptr|code|port|delta|depth|"
    r"utc|gmt|zone|retry|ver|build|duration|cost|expire[sd]?|expiry|at|nonce|token|sum|max|min|limit|progress|msg|message|free|used|"
    r"avail(?:able)?|remain(?:ing)?|thread|epoch|speed|rate|capacity|heap|mem(?:ory)?|rss|crc|random|seed)"
    r"s?[\"'\\]{0,4}\s{0,2}[:=#（(\[\s]{0,2}\s{0,2}[\"'\\+]{0,4}$",
    re.ASCII | re.IGNORECASE,
)
_UNIT_AFTER = re.compile(
    r"\s?(?:bytes?|[kmg]?b|[mun]?s|ms|sec(?:onds?)?|px|%|times|次|条|字节|毫秒|秒)(?![a-z])", re.IGNORECASE | re.ASCII
)
_SERVICE_USER_LIST = """
admin administrator all-users app appuser azureuser build builder centos ci circleci codespace coder default deploy
dev docker ec2-user feed git gitlab-runner guest hadoop home index jenkins jovyan nginx node opc oracle pi postgres
public root runner runneradmin server service shared test tomcat travis ubuntu user vagrant vscode vsts web work www
www-data zego zim
"""
_SERVICE_USERS = frozenset(_SERVICE_USER_LIST.split())


def _digits(text: str) -> str:
    """Return the digits of *text*."""
    return re.sub(r"\D", "", text)


def has_luhn(number: str) -> bool:
    """Return whether the last digit of *number* is its check digit by ISO/IEC 7812-1, Annex B."""
    doubled = [int(digit) * 2 for digit in number[-2::-2]]
    total = sum(map(int, number[::-2])) + sum(each - 9 if each > 9 else each for each in doubled)
    return total % 10 == 0


def is_id_card(number: str) -> bool:
    """Return whether *number* is a Chinese id card number: birthday and check digit as GB 11643-1999 defines them."""
    try:
        birthday = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    total = sum(int(digit) * (2 ** (17 - place) % 11) for place, digit in enumerate(number[:17]))
    return birthday.year >= 1800 and "10X98765432"[total % 11] == number[17].upper()


def _is_mail(match: re.Match[str]) -> bool:
    """Exclude image files such as ``icon@2x.png``, Git hosts, labels of Kotlin, and codes."""
    name, domain = re.split(_AT, match[0], maxsplit=1)
    return not (
        re.match(r"[1-4]x\.", domain)
        or name in ("git", "this", "super", "return", "break", "continue")
        or has_code(name)
        or re.search(r"600\d{4}|\.(?:service|socket|timer|target|mount|slice)$", domain)
    )


def _is_mobile(match: re.Match[str]) -> bool:
    """Exclude counters, ids and times, which have their name before them or a unit after them, and ranges."""
    context = before(match)
    return not (
        _COUNTER_BEFORE.search(context)
        or re.search(r"\d\s?(?:->|[-/~]|\.\.|to)\s?$", context)
        or _UNIT_AFTER.match(match.string, match.end())
        or re.match(r"\s?(?:->|[/~]|\.\.)\s?\d{5}", match.string[match.end() : match.end() + 10])
    )


def _is_international(match: re.Match[str]) -> bool:
    """Exclude codes, offsets of time zones and numbers of another length."""
    digits = _digits(match[0])
    is_written_as_phone = bool(re.search(r"[ ()-]", match[0])) or len(digits) >= 10
    return 8 <= len(digits) <= 15 and is_written_as_phone and not has_code(match[0]) and _is_mobile(match)


def _is_named_phone(match: re.Match[str]) -> bool:
    """Exclude codes and short numbers."""
    return 7 <= len(_digits(match["secret"])) <= 15 and not re.search(r"600\d{4}", match["secret"])


def _is_card(match: re.Match[str]) -> bool:
    """Return whether the number is that of a bank card: by its issuer, its check digit and the words before it."""
    number, context = _digits(match[0]), before(match)
    is_named = (
        re.search(r"(?:card|卡号?|银行|账号|pan)\W{0,4}(?:no|num(?:ber)?|号码?)?\W{0,6}$", context, re.IGNORECASE)
        is not None
    )
    if is_named and len(number) >= 15:
        return True
    is_issued = re.match(r"62|4|5[1-5]|2[2-7]|3[47]|35|6011|65", number) is not None
    return is_issued and has_luhn(number) and not _COUNTER_BEFORE.search(context)


def _is_id_number(match: re.Match[str]) -> bool:
    """Return whether the number is valid, or is called an id card number."""
    number = re.sub(r"[ -]", "", match[0])
    return (
        is_id_card(number) or re.search(r"(?:身份证|证件|id_?-? ?card)", before(match, 16), re.IGNORECASE) is not None
    )


def _is_home(match: re.Match[str]) -> bool:
    """Exclude accounts of services, and pages of a web site."""
    if match["secret"].lower() in _SERVICE_USERS:
        return False
    return re.search(r"(?:[\w)]|(?:GET|POST|PUT|DELETE|HEAD|PATCH) )$", match.string[: match.start()][-8:]) is None


def _is_name(match: re.Match[str]) -> bool:
    """Exclude sentences such as "姓名：不能为空"."""
    return re.match(r"[不未无空非为已请是没错长有格]|用户|名称|匿名|未知", match["secret"]) is None


_CARD = (
    r"(?<![\w.+-])(?:\d{13,19}|\d{4}[ -]\d{6}[ -]\d{5}"
    r"|\d{4}(?P<gap>[ -])\d{4}(?P=gap)\d{4}(?P=gap)\d{1,7}(?:(?P=gap)\d{1,3})?)(?![\w]|[.-]\d)"
)
PERSONAL_RULES = (
    pattern(
        SecretKind.MAIL,
        rf"(?<![\w.+-])(?:[\w.+-]|%(?:25)?2[BDEbde]){{1,64}}{_AT}(?:[A-Za-z0-9-]{{1,63}}\.){{1,5}}[A-Za-z]{{2,24}}(?![\w-])",
        "@",
        "%40",
        "%2540",
        "&#64;",
        "u0040",
        is_secret=_is_mail,
    ),
    pattern(
        SecretKind.ID_NUMBER,
        r"(?<![\w.])[1-9]\d{5}[ -]?(?:18|19|20)\d{6}[ -]?\d{3}[\dXx](?![\w]|\.\d)",
        is_secret=_is_id_number,
    ),
    pattern(
        SecretKind.ID_NUMBER,
        rf"(?:身份证(?:号码?)?|证件号码?|(?<![a-z])id[_ -]?card(?:[_ -]?n(?:o|um(?:ber)?))?){JOIN}"
        r"(?P<secret>\d{15}|\d{17}[\dXx])(?!\w)",
        "身份证",
        "证件",
        "card",
        flags=re.IGNORECASE,
    ),
    pattern(
        SecretKind.ID_NUMBER,
        rf"(?:passport|护照|通行证|驾驶证|驾照|签证)(?:[_ -]?(?:n(?:o|um(?:ber)?)\.?|号码?))?{JOIN}"
        r"(?P<secret>(?=[A-Z0-9]{0,4}\d)[A-Z0-9]{7,12})(?!\w)",
        "passport",
        "护照",
        "通行证",
        "驾驶证",
        "驾照",
        "签证",
        is_secret=lambda match: not has_code(match["secret"]),
        flags=re.IGNORECASE,
    ),
    pattern(
        SecretKind.ID_NUMBER,
        rf"(?<![a-z])(?:ssn|social security(?: number)?){JOIN}(?P<secret>\d{{3}}-?\d{{2}}-?\d{{4}})(?!\w)",
        "ssn",
        "social security",
        flags=re.IGNORECASE,
    ),
    pattern(
        SecretKind.DEVICE,
        rf"(?<![a-z])(?:imei\d?|meid|imsi|iccid|esn)(?:[_ -]?\d)?{JOIN}"
        r"(?P<secret>\d{2}[ -]?\d{6}[ -]?\d{6}[ -]?\d|[0-9A-F]{14,20})(?!\w)",
        "imei",
        "meid",
        "imsi",
        "iccid",
        "esn",
        flags=re.IGNORECASE,
    ),
    pattern(
        SecretKind.DEVICE,
        rf"(?<![a-z])(?:android[_ -]?id|oaid|aaid|vaid|gaid|idfa|idfv|udid|advertising[_ -]?id|"
        rf"serial[_ -]?n(?:o|umber))"
        rf"{JOIN}(?P<secret>(?=[A-Z-]{{0,12}}\d)[0-9A-Z-]{{8,64}})(?!\w)",
        "android",
        "oaid",
        "aaid",
        "vaid",
        "gaid",
        "idf",
        "udid",
        "advertising",
        "serial",
        is_secret=lambda match: not has_code(match["secret"]),
        flags=re.IGNORECASE,
    ),
    pattern(SecretKind.BANK_CARD, _CARD, is_secret=_is_card),
    pattern(
        SecretKind.BANK_CARD,
        rf"\biban{JOIN}(?P<secret>[A-Z]{{2}}\d{{2}}(?: ?[A-Z0-9]{{4}}){{2,7}}(?: ?[A-Z0-9]{{1,3}})?)(?!\w)",
        "iban",
        flags=re.IGNORECASE,
    ),
    pattern(
        SecretKind.PHONE,
        r"(?<![\w.+-])(?:(?:\(?\+|00)?86\)?[ -]?)?1[3-9]\d(?P<gap>[ -]?)\d{4}(?P=gap)\d{4}(?![\w]|[.-]\d)",
        is_secret=_is_mobile,
    ),
    pattern(
        SecretKind.PHONE,
        r"(?<![\w+])(?:\+|%2B)(?:[1-9]\d{7,14}|[1-9]\d{0,2}(?:[ -]?\(?\d{1,5}\)?){2,6})(?![\w]|[:.]\d)",
        "+",
        "%2b",
        is_secret=_is_international,
        flags=re.IGNORECASE,
    ),
    pattern(
        SecretKind.PHONE, r"(?<![\w(.-])(?:\(\d{3}\) ?|\d{3}-)\d{3}-\d{4}(?![\w]|[.-]\d)", "-", is_secret=_is_mobile
    ),
    pattern(
        SecretKind.PHONE,
        rf"(?:(?<![a-z])(?:(?:user|login|contact|cell|mobile)?[_-]?phone|mobile|tel(?:ephone)?|msisdn)"
        rf"(?:[_ -]?(?:no\.?|num(?:ber)?))?"
        rf"|手机号?码?|电话(?:号码)?|座机|固话|联系方式){JOIN}(?P<secret>[+(]?\d[\d ()-]{{5,20}}\d)(?![\w]|[.-]\d)",
        "phone",
        "mobile",
        "tel",
        "msisdn",
        "手机",
        "电话",
        "座机",
        "固话",
        "联系方式",
        is_secret=_is_named_phone,
        flags=re.IGNORECASE,
    ),
    pattern(
        SecretKind.HOME, r"/(?:Users|home)/(?P<secret>(?!‹)[\w.@-]{1,64})", "/users/", "/home/", is_secret=_is_home
    ),
    pattern(
        SecretKind.HOME,
        r"(?:\b[A-Za-z](?::|%3A)(?:[\\/]{1,4}|%5C|%2F))Users(?:[\\/]{1,4}|%5C|%2F)(?P<secret>[^\\/:*?\"<>|\s‹%]{1,64})",
        "users",
        is_secret=lambda match: match["secret"].lower() not in _SERVICE_USERS,
        flags=re.IGNORECASE,
    ),
    pattern(
        SecretKind.LOCATION,
        rf"(?:(?<![a-z])(?:lat(?:itude)?|lng|lon(?:g(?:itude)?)?)|经度|纬度){JOIN}(?P<secret>-?\d{{1,3}}\.\d{{3,12}})(?![\w.]|\s?ms\b)",
        "lat",
        "lng",
        "lon",
        "经度",
        "纬度",
        flags=re.IGNORECASE,
    ),
    pattern(
        SecretKind.LOCATION,
        rf"(?:(?<![a-z])(?:gps|geo|location|loc|coord(?:s|inates?)?|position|latlng|point)|坐标|定位|位置){JOIN}"
        r"(?P<secret>-?\d{1,3}\.\d{3,12}\s{0,2}[,，;/ ]\s{0,2}-?\d{1,3}\.\d{3,12})(?![\w.])",
        "gps",
        "geo",
        "loc",
        "coord",
        "position",
        "latlng",
        "point",
        "坐标",
        "定位",
        "位置",
        flags=re.IGNORECASE,
    ),
    pattern(
        SecretKind.LOCATION,
        rf"(?:地址|住址|address|addr){JOIN}(?P<secret>[\u4e00-\u9fff]{{2,12}}[省市区县州][\u4e00-\u9fff\w-]{{1,40}})",
        "地址",
        "住址",
        "addr",
        flags=re.IGNORECASE,
    ),
    pattern(
        SecretKind.NAME,
        rf"(?:(?<![a-z])(?:user|nick|real|full|display|true|contact|receiver|sender)[_-]?name|姓名|昵称|真实姓名|联系人|收件人){JOIN}"
        r"(?P<secret>[\u4e00-\u9fff·]{2,8})(?![\u4e00-\u9fff])",
        "name",
        "姓名",
        "昵称",
        "联系人",
        "收件人",
        is_secret=_is_name,
        flags=re.IGNORECASE,
    ),
    pattern(
        SecretKind.PUBLIC_KEY,
        r"\b(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-nistp\d{3}) (?P<secret>AAAA[A-Za-z0-9+/]{40,2000}={0,2})",
        "ssh-",
        "ecdsa-",
    ),
)
