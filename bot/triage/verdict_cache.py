"""Cache detection's verdict on a number by the text that it depends on, so that a log full of codes is cheap.

`detector.judge` returns how many characters on either side of a number a verdict depends on, because every rule reads
the text through a `NumberContext`, which records how far it was read. A verdict is stored under the bytes within that
reach and applies to each number with the same bytes around it: the rules would read the same and decide the same. The
ids, hashes and words elsewhere on the line make no difference.
"""

from __future__ import annotations

from typing import NamedTuple

from bot.detection.detector import judge
from bot.detection.folding import fold
from bot.detection.result import Known, LookAlikeReason

_MAX_ENTRIES = 16_384
_MAX_WINDOWS = 8  # tried at a site
_MAX_REACH = 200  # bytes on one side; verdicts that depend on more are not stored
_NEAR = 512  # bytes that have all characters that `NumberContext` reads

# The bytes before and after a number that a verdict depends on, and the verdicts by these bytes.
_Window = tuple[int, int, dict[bytes, LookAlikeReason | None]]


class _Number(NamedTuple):
    code: int
    is_known: bool
    # Equal for numbers on which the verdict is the same in the same text.
    group: bytes
    group_with_urls: bytes  # on a line that may have a URL


class VerdictCache:
    """Judge numbers as `detector.find` does, but faster."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._numbers: dict[bytes, _Number] = {}
        # By the bytes that touch a number: they select the windows that are tried, and do not decide.
        self._windows: dict[bytes, list[_Window]] = {}
        self._entries = 0

    def of(self, data: bytes, at: int, *, has_urls: bool) -> tuple[int, bool, LookAlikeReason | None]:
        """Return the number of seven digits at *at*, whether it is known, and the reason why it is no code, or None.

        *data* consists of lines in UTF-8 without escape sequences, see `fold_escapes`. A line feed is before and after
        each line. *has_urls* is True if the number's line has ``://`` or ``www.``.
        """
        end = at + 7
        number = self._numbers.get(data[at:end]) or self._number(data[at:end])
        site = data[at - 3 : at] + (number.group_with_urls if has_urls else number.group) + data[end : end + 2]
        for left, right, reasons in self._windows.get(site, ()):
            if left <= at:
                near = data[at - left : at] + data[end : end + right]
                if near in reasons:
                    return number.code, number.is_known, reasons[near]
        return number.code, number.is_known, self._judge(data, at, site, has_urls=has_urls)

    def _number(self, digits: bytes) -> _Number:
        """Return the properties of a number that its verdict depends on."""
        code = int(digits)
        is_known = self._known.has_code(code)
        group = b"%d%d" % (is_known, digits.endswith(b"000"))
        number = self._numbers[digits] = _Number(code, is_known, group, group + b"u")
        return number

    def _judge(self, data: bytes, at: int, site: bytes, *, has_urls: bool) -> LookAlikeReason | None:
        """Judge the number at *at*, and store the verdict if it does not depend on too much text."""
        begin, end = data.rfind(b"\n", 0, at) + 1, data.find(b"\n", at)
        if not has_urls and end - begin > 2 * _NEAR:
            begin, end = max(begin, at - _NEAR), min(end, at + _NEAR)
        before, rest = data[begin:at].decode("utf-8", "replace"), data[at:end].decode("utf-8", "replace")
        verdict = judge(fold(before + rest), len(before), self._known, has_urls=has_urls)
        text_before, text_after = f"\n{before}"[-verdict.left :], f"{rest}\n"[7 : 7 + verdict.right]
        left, right = len(text_before.encode()), len(text_after.encode())
        # In invalid UTF-8, a character may depend on the bytes before it.
        if max(left, right) <= _MAX_REACH and "\ufffd" not in text_before + text_after:
            if self._entries >= _MAX_ENTRIES:
                self._windows.clear()
                self._entries = 0
            self._entries += 1
            self._window(site, left, right)[data[at - left : at] + data[at + 7 : at + 7 + right]] = verdict.reason
        return verdict.reason

    def _window(self, site: bytes, left: int, right: int) -> dict[bytes, LookAlikeReason | None]:
        """Return the verdicts at *site* that depend on so many bytes on either side."""
        windows = self._windows.setdefault(site, [])
        for window in windows:
            if window[:2] == (left, right):
                return window[2]
        if len(windows) >= _MAX_WINDOWS:
            del windows[0]
        windows.append((left, right, {}))
        return windows[-1][2]
