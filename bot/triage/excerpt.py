"""The lines of a log that are shown: redacted first, then cut to a length that can be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from bot.triage.digest import Excerpt, Secret, SecretKind
from bot.triage.redact import redact

WIDTH = 400  # characters of a line; of a longer one, those round the code


def shown(
    windows: Sequence[tuple[Excerpt, Sequence[bytes]]], warned: Sequence[Secret]
) -> tuple[tuple[Excerpt, ...], Counter[SecretKind]]:
    """*windows* with their lines, and how many secrets of each kind were hidden: there, or *warned* of."""
    hidden = Counter(secret.kind for secret in warned)
    counted = {(secret.kind, secret.file, secret.line) for secret in warned}
    done: list[Excerpt] = []
    seen: set[tuple[int, int]] = set()  # windows may overlap
    for window, raw in windows:
        text = "\n".join(line.decode("utf-8", "replace") for line in raw)
        lines = redact(text).text.split("\n")
        done.append(replace(window, lines=tuple(_cut(line, window.code) for line in lines)))
        for number, line in enumerate(raw, window.first_line):
            if (window.file, number) not in seen:
                seen.add((window.file, number))
                for kind, count in redact(line.decode("utf-8", "replace")).secrets:
                    hidden[kind] += 0 if (kind, window.file, number) in counted else count
    return tuple(done), hidden


def _cut(line: str, code: int) -> str:
    """*line*, or `WIDTH` characters of it with the code among them."""
    line = line.rstrip()
    if len(line) <= WIDTH:
        return line
    start = min(max(0, line.find(str(code)) - WIDTH // 2), len(line) - WIDTH)
    return ("…" if start else "") + line[start : start + WIDTH] + ("…" if start + WIDTH < len(line) else "")
