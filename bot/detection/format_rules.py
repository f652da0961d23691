"""Reject look-alikes by the format of their line: SQL, stack traces, binlogs, Git, maps of other things, figures.

A rule looks at the characters next to the number first: few lines have such a format, and a verdict that depends on
little text is found in the cache more often (see `bot.triage.verdict_cache`).
"""

from __future__ import annotations

import re

from bot.detection import vocabulary
from bot.detection.number_context import NumberContext
from bot.detection.number_name import parts
from bot.detection.result import LookAlikeReason

_OPENS = re.compile(r"(?i)\b(?:in|values)\s?\([ '\"]{0,3}$")
_IN = re.compile(r"(?i)([\w.]+)[\"'`]?\s+(?:not\s+)?in\s?\([^()]*$")
_STATEMENT = re.compile(r"(?i)\b(?:if|elif|assert|return|when|while|case|for)\b")  # of a programming language
_VALUES = re.compile(r"(?i)(?:\binto\s+([\w.`\"]+)\s*(\([^()]*\))?\s*)?\bvalues\s*(?:\([^()]*\)\s*,\s*)*\([^()]*$")
_ROW = re.compile(r"^\W{0,8}\((?:\s*(?!600[0-9]{4}\s*,)-?[0-9.]+\s*,){2,}\s*['\"]?$")
_ASSIGNED = re.compile(r"(?i)\b(?:set|where|and|or)\s+[\w.`\"]+\s?(?:=|<>|!=|like)\s?'?$")
_VERB = re.compile(r"(?i)\b(?:select|update|delete from|insert into|replace into)\s")


def sql(number: NumberContext) -> LookAlikeReason | None:
    """Reject a value in SQL; not ``where error_code in (6000104, 6000106)``."""
    signs = number.run_before(" '\"(,=")
    if signs in ("", " ") or not any(map(signs.__contains__, "(,=")) or number.has_code_key:
        return None
    if signs.rstrip(" '\"").endswith("(") and not _OPENS.search(number.left(12)):
        return None
    left = number.left()
    found = _IN.search(left)
    if found:
        return None if _is_error(found[1]) or _STATEMENT.search(left) else LookAlikeReason.IDENTIFIER
    found = _VALUES.search(left)
    if found:
        return None if _is_error(f"{found[1] or ''} {found[2] or ''}") else LookAlikeReason.FIGURES
    if _ROW.search(left):
        return LookAlikeReason.FIGURES
    return LookAlikeReason.IDENTIFIER if _ASSIGNED.search(left) and _VERB.search(left) else None


def _is_error(name: str) -> bool:
    """Return whether the name of a table or column is about errors: ``error_code``, ``zim_errors``."""
    return any(part.removesuffix("s") in vocabulary.CODE_KEYS or part == "zim" for part in parts(name))


_KEYS = ("dup", "duplicate", "foreign", "primary", "unique", "with")


def database_key(number: NumberContext) -> LookAlikeReason | None:
    """Reject the key in a database's error: ``Duplicate entry '6000204' for key``, ``Key (id)=(6000106)``."""
    if number.left(4).endswith((")=(", ")=('")):
        return LookAlikeReason.IDENTIFIER
    name = number.name
    is_key = name and name.last in ("key", "entry") and name.word_before in _KEYS
    return LookAlikeReason.IDENTIFIER if is_key else None


# index.android.bundle:1:6000106, main.js?v=3:1:6000106, <anonymous>:1:6000106
_COLUMN = re.compile(r"(?:\.([A-Za-z]{1,8})(?:\?[^\s:]{0,20})?|>|\beval|\bnative):[0-9]{1,7}:$")


def column(number: NumberContext) -> LookAlikeReason | None:
    """Reject a column in a minified file, as stack traces name it: ``at o (main.3f2c.js:1:6000204)``."""
    if number.before != ":" or not number.left(2)[:1].isdigit():
        return None
    found = _COLUMN.search(number.left(40))
    is_column = found and (found[1] is None or found[1].lower() in vocabulary.FILE_ENDINGS)
    return LookAlikeReason.POSITION if is_column else None


_AT = re.compile(r"(?:#|['\"]|\b(?:binlog|checkpoint|event|log|offset|read|snapshot|truncated)[.0-9'\"]{0,9}) at $")


def stream_position(number: NumberContext) -> LookAlikeReason | None:
    """Reject a position in a binlog: ``# at 6000106``, ``the last event read at 6000204``."""
    is_at = number.left(3) == "at " and _AT.search(number.left(24))
    return LookAlikeReason.POSITION if is_at else None


_GIT = ("bisect", "diff", "log", "rebase", "reset", "show", "switch")
_GRAPH = " *|\\/_"
_COMMIT = re.compile(
    r" (?:\((?:HEAD|origin/|tag: |upstream/)|"
    r"(?:feat|fix|chore|docs|refactor|test|ci|build|perf|style|revert)(?:\([\w./, -]{1,20}\))?!?: |"
    r"(?i:add|allow|bump|change|clean|delete|disable|enable|fix|handle|implement|improve|make|merge|move|prevent|"
    r"refactor|release|remove|rename|replace|revert|support|update|upgrade|use) "
    r"(?!(?:please|pls|plz|this|it|help|how)\b)\S+ \S)|"
    r" is the first bad commit"
)
_QUESTION = re.compile(r"[?？]|\b(?:please|pls|plz|how|why)\b", re.IGNORECASE)
_RANGE = re.compile(r"\.\.\.?(?=[0-9a-f]{7,12}\b)(?=[0-9]*[a-f])|\.\.[0-9a-f]{7,12} +\S+ -> |\.\.\. [A-Z]")
_RANGE_BEFORE = re.compile(r"(?<![0-9A-Za-z])(?=[0-9]*[a-f])[0-9a-f]{7,12}\.\.\.?$")


def commit(number: NumberContext) -> LookAlikeReason | None:
    """Reject a short commit hash: ``6000204 fix login error (HEAD -> main)``, ``a1b2c3d..6000204``."""
    if number.after == "." and number.right(2) == ".." and _RANGE.match(number.right()):
        return LookAlikeReason.TICKET
    if number.before not in ("", *_GRAPH):
        is_range = number.left(2) == ".." and _RANGE_BEFORE.search(number.left())
        return LookAlikeReason.TICKET if is_range else None
    is_named = number.name and number.name.word in _GIT and number.name.word_before == "git"
    if is_named or (number.left(4) == " at " and number.left(7) == "now at "):
        return LookAlikeReason.TICKET
    if number.after != " ":
        return None
    graph = number.run_before(_GRAPH)
    is_first = len(number.left(len(graph) + 1)) == len(graph)
    is_subject = is_first and _COMMIT.match(number.right()) and not _QUESTION.search(number.right())
    return LookAlikeReason.TICKET if is_subject else None


_TEXT_VALUE = re.compile(r"[\"'`]?\]?\s{0,2}(?::|=>?)\s{0,2}(?:[\"'`]|\{\s?\w+\s?[=:]\s?[\"'])(.*)")
_TITLE = re.compile(r"(?:^|[-*|/:,.] ?)((?:[A-Z][\w'’]+ ){2,5})[(\[]$")
# Hangul, kana, Cyrillic, Thai, Arabic and Hebrew.
_OTHER_SCRIPT = re.compile(r"[\u0400-\u06ff\u0e00-\u0e7f\u3040-\u30ff\uac00-\ud7af] ?[(\[]$")
# Words about the SDK's functions and failures.
_TOPIC = re.compile(
    r"(?i)\b(?:already|android|auth|block|bus[iy]|call|can(?:not|'t)|client|conn|conversation|den[iy]|disconn|duplicat|"
    r"empty|err|exceed|exist|expire|fail|file|flutter|frequen|group|illegal|init|invalid|invit|ios\b|kick|limit|"
    r"log(?:ged|in|out)?\b|member|messag|mismatch|missing|network|not?\b|offline|param|permi|push|reach|regist|reject|"
    r"request|revoke|room|sdk|send|server|service|sign|timed?\s?out|timeout|token|too\b|unable|unity|unknown|unregist|"
    r"unsupport|upload|user|version|web\b|wrong|zego|zim)|[不未无無超错錯失限已被]|过期|重复|登录|网络|房间|群|消息|用户|"
    r"로그인|토큰|네트워크|ログイン|トークン|ネットワーク|токен|вход|сет"
)


def entry(number: NumberContext) -> LookAlikeReason | None:
    """Reject the key or the number of something else: ``'6000281': 'Modern security'``, ``Iron Golem (6000204)``."""
    if number.before and number.before in "([":
        is_other = _OTHER_SCRIPT.search(number.left(3)) and not _TOPIC.search(number.left())
        title = _TITLE.search(number.left()) if number.left(2)[:1] == " " else None
        if (is_other and not number.has_error_word) or (title and not _TOPIC.search(title[1])):
            return LookAlikeReason.IDENTIFIER
    if number.after_space not in (":", "=") and number.after not in ("'", '"', "`", "]"):
        return None
    signs = number.run_before(" \t\"'`[")
    if number.left(len(signs) + 1)[:1] not in ("", "{", ",", "/", *signs[:1]):
        return None
    text = _TEXT_VALUE.match(number.right())
    is_other = text and not _TOPIC.search(text[1]) and not number.has_error_word
    return LookAlikeReason.IDENTIFIER if is_other else None


_SENDS = ("call", "deliver", "delivered", "forward", "forwarded", "invite", "message", "msg", "push", "send", "sent")
_KICKED = ("ban", "kick", "mute", "remove", "unban", "unmute")
_FROM_BEFORE = re.compile(r"\bfrom 600[0-9]{4} to $")
_TO_AFTER = re.compile(r" to 600[0-9]{4}\b")
_CODES = re.compile(r"(?i)cod|error|chang|switch|instead|between|range")


def person(number: NumberContext) -> LookAlikeReason | None:
    """Reject a person's number: ``push to 6000121 failed``, ``from 6000011 to 6000121``."""
    name, before = number.name, number.left(5)
    if name and not name.has_sign:
        word = (*name.parts, "")[0]  # sendMessage to
        is_kicked = word in _KICKED and number.right(5).startswith((" out", " from"))
        if is_kicked or (word in _SENDS and before.endswith(" to ")):
            return LookAlikeReason.IDENTIFIER
    is_from = before == "from " and _TO_AFTER.match(number.right(12))
    if is_from or (before.endswith(" to ") and _FROM_BEFORE.search(number.left(17))):
        is_change = _CODES.search(number.left()) or _CODES.search(number.right())
        return None if is_change else LookAlikeReason.IDENTIFIER
    return None


# Products whose errors have numbers of their own. Those of ZEGO's other SDKs overlap with ZIM's.
_VENDOR = re.compile(
    r"vmware|vsphere|esxi|vcenter|virtualbox|citrix|agora|trtc|twilio|sendbird|cometchat|easemob|rongcloud|vonage|"
    r"opentok|paypal|stripe|alipay|oracle|\bsap\b|salesforce|quickbooks|环信|融云|声网|支付宝|微信支付|腾讯云|网易云信"
)
_OTHER_SDK = re.compile(r"zego ?(?:avatar|effects|superboard|whiteboard|docs)")


def vendor(number: NumberContext) -> LookAlikeReason | None:
    """Reject another vendor's code: ``VMware Authorization Service error 6000009``; not "Agora works, but ZIM …"."""
    clause = number.clause_before.lower()
    if "zim" in clause:
        return None
    is_other = (_OTHER_SDK if "zego" in clause else _VENDOR).search(clause)
    return LookAlikeReason.OTHER_CODE if is_other else None


# A field that is only a number of four digits or more, in a row of fields.
_FIGURE = re.compile(r"(?:^|[,;|\t(\[])\s*['\"]?(-?[0-9]{4,12}(?:\.[0-9]+)?)['\"]?\s*(?=$|[,;|\t)\]])")
_CODE_OR_TIME = re.compile(r"600[0-9]{4}|1[0-9]{9}|1[0-9]{12}")  # times are seconds or milliseconds since 1970
_WORD = re.compile(r"[A-Za-z]{2,}|[\u3400-\u9fff]{2,4}")
_DATABASE = re.compile(r"(?i:\binsert into\b|\bvalues\s*\(|\bupdate \w+ set\b|\bdelete from\b)")


def figures(number: NumberContext) -> LookAlikeReason | None:
    """Reject a field between other figures or in a database row, on a line without an error word.

    Other codes do not count as figures, nor do times, which logs print beside codes.
    """
    if number.has_code_key or number.has_error_word or number.has_product_word:
        return None
    left, right = number.left(), number.right()
    if _DATABASE.search(left):
        return LookAlikeReason.FIGURES
    if len(_WORD.findall(f"{left} {right}")) > 2:
        return None
    found = (*_FIGURE.findall(left), *_FIGURE.findall(right))
    return None if all(_CODE_OR_TIME.fullmatch(figure) for figure in found) else LookAlikeReason.FIGURES


RULES = (sql, database_key, column, stream_position, commit, entry, person, vendor, figures)
