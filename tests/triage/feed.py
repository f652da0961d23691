"""Hand logs to a tally line by line, as the scan does with the bytes of a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from bot.catalogue.catalogue import Catalogue
from bot.detect.find import find
from bot.detect.finding import Reason
from bot.triage.cascades import Cascades
from bot.triage.digest import Digest, FileRead
from bot.triage.redact import live_secrets
from bot.triage.tally import Tally


@dataclass(slots=True)
class Seen:
    code: int
    known: bool
    file: int
    line: int
    text: bytes


def feed(logs: Mapping[str, str], catalogue: Catalogue, cascades: Cascades) -> Digest:
    """The digest of logs by name."""
    tally = Tally(cascades, catalogue)
    lookalikes: Counter[Reason] = Counter()
    files, secrets = [], []
    for file, (name, text) in enumerate(logs.items()):
        raw = text.encode()
        lines = raw.splitlines()
        tally.begin(file, raw[:65536])
        shown: set[int] = set()
        for number, line in enumerate(lines, 1):
            detection = find(line.decode(), catalogue)
            lookalikes.update(each.reason for each in detection.lookalikes)
            for finding in detection.findings:
                tally.hit(Seen(finding.code, finding.known, file, number, line))
                if finding.code not in shown:
                    shown.add(finding.code)
                    first = max(1, number - 2)
                    tally.window(finding.code, file, first, number, lines[first - 1 : number + 2])
        tally.end(file, raw[-65536:])
        secrets += live_secrets(lines, file=file)
        files.append(FileRead(name, len(lines), len(raw), "utf-8", None, 0))
    return tally.digest(files, (), lookalikes, 0.0, secrets)
