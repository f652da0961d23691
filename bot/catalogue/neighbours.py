"""Find the codes that may have been mistyped as a number without an entry."""

from __future__ import annotations

from collections.abc import Container, Iterator

_FEWEST_DIGITS = 5  # of a number that can be a mistyped code
_TRANSPOSED, _DOUBLED, _WRONG_AT_END, _OTHER_SLIP, _SAME_FAMILY = range(5)  # the likeliest first


def nearest(number: int, known: Container[int], most: int = 3) -> tuple[int, ...]:
    """Return up to *most* of the *known* codes that may have been mistyped as *number*, the likeliest first.

    A code is near if one typing error turns it into the number, or if both are in the same hundred: the vendor numbers
    modules by hundreds. Transpositions rank first: a number has few of them, so a known code there is rarely a
    coincidence. Among equally likely codes, the numerically closest comes first.
    """
    digits = str(number)
    if len(digits) < _FEWEST_DIGITS:
        return ()
    ranks: dict[int, int] = {}
    for rank, text in _before_slip(digits):
        code = int(text)
        if len(str(code)) == len(text) and code in known:
            ranks[code] = min(rank, ranks.get(code, rank))
    hundred = number // 100 * 100
    for code in range(hundred, hundred + 100):
        if code in known:
            ranks.setdefault(code, _SAME_FAMILY)
    ranks.pop(number, None)
    return tuple(sorted(ranks, key=lambda code: (ranks[code], abs(code - number)))[:most])


def _before_slip(digits: str) -> Iterator[tuple[int, str]]:
    """Yield each number that one typing error turns into *digits*, with the rank of the error."""
    last = len(digits) - 1
    for at, digit in enumerate(digits):
        before, after = digits[:at], digits[at + 1 :]
        if after:
            yield _TRANSPOSED, before + after[0] + digit + after[1:]
        yield _DOUBLED if before[-1:] == digit else _OTHER_SLIP, before + after  # a digit too many
        rank = _WRONG_AT_END if last - at < 2 else _OTHER_SLIP
        for other in "0123456789":
            yield rank, before + other + after
            # A missing digit; the last one may be missing after *digits*, too.
            yield _DOUBLED if other == digit else _OTHER_SLIP, before + other + digit + after
            if not after:
                yield _DOUBLED if other == digit else _OTHER_SLIP, digits + other
