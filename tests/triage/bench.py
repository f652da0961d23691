"""Compare the speed of a log scan with ripgrep: ``python -m tests.triage.bench [MB]``.

Makes a sparse log (a code in one of 200 lines) and a dense one (a code in each line), then times ``rg``, the bare
search and `zimerr scan` as a process, in turn, and prints the fastest run of each. Finally prints the peak memory of
`zimerr scan` for a log four times as large.
"""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from io import RawIOBase
from pathlib import Path
from typing import BinaryIO, cast

import stringzilla as sz

_ROUNDS = 5
_BUFFER = 262_144  # bytes that fit a processor's cache
_DENSE = 1000  # bytes per code; below this, one pass of the pattern is faster than many literal searches
# The look-behind comes after the literal, so that the literal is searched for first. With the empty group, all matches
# are one object.
_CLEAN = re.compile(rb"600(?<![0-9A-Za-z_]600)[0-9]{4}(?![0-9A-Za-z_])()")
_PEAK = (
    "import resource, sys; from bot.cli.main import commands\n"
    "try: commands(['scan', '--json', sys.argv[1]])\n"
    "except SystemExit: print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
)


def count_clean(file: BinaryIO) -> int:
    """Count the codes in an unbuffered file that have no letter or digit next to them.

    This is the bare search: no scan can be faster.
    """
    buffer = bytearray(_BUFFER)
    view, kept, total, count = memoryview(buffer), 0, 0, 0
    while size := cast("RawIOBase", file).readinto(view[kept:]):
        size += kept
        # Keep the text after the last line end for the next round, unless it fills the buffer.
        end = buffer.rfind(b"\n", 0, size) + 1 or size
        # Most buffers are as dense as the one before.
        count = _count_dense(buffer, end) if count * _DENSE > _BUFFER else _count_sparse(buffer, end)
        total += count
        kept = size - end
        buffer[:kept] = buffer[end:size]
    return total + _count_sparse(buffer, kept)


def _count_dense(buffer: bytearray, end: int) -> int:
    return len(_CLEAN.findall(buffer, 0, end))


def _count_sparse(buffer: bytearray, end: int) -> int:
    count, offset = 0, sz.find(buffer, b"600", 0, end)
    while offset >= 0:
        if _CLEAN.match(buffer, offset, end):
            count += 1
        offset = sz.find(buffer, b"600", offset + 3, end)
    return count


def make_log(path: Path, size: int, every: int) -> Path:
    """Write the same log of *size* bytes each time, with a code in one of *every* lines."""
    chance = random.Random(6000106)  # noqa: S311
    lines = "".join(_line(chance, has_code=number % every == 0) for number in range(200_000)).encode()
    with path.open("wb") as file:
        for start in range(0, size, len(lines)):
            file.write(lines[: size - start])
    return path


def _line(chance: random.Random, *, has_code: bool) -> str:
    number = chance.randrange
    stamp = f"2026-11-23 {number(24):02}:{number(60):02}:{number(60):02}.{number(1000):03} 1234-{number(9999)}"
    if has_code:
        code = chance.choice((6000106, 6000121, 6000104))
        return f"{stamp} E/ZIM: [API.sendMessage] failed, error code: {code}, message: user {number(10**6)} not found\n"
    return f"{stamp} I/ZIM: [Net.heartbeat] ok rtt={number(300)}ms conn={number(10**9)} trace={number(16**8):08x}\n"


def ripgrep(path: Path) -> int:
    """Count codes with ripgrep."""
    done = subprocess.run(["rg", "-a", "-o", "-c", "600[0-9]{4}", str(path)], capture_output=True, check=True)
    return int(done.stdout)


def search(path: Path) -> int:
    """Count codes with the bare search."""
    with path.open("rb", buffering=0) as file:
        return count_clean(file)


def scan(path: Path) -> int:
    """Count the occurrences that `zimerr scan` reports."""
    done = subprocess.run([sys.executable, "-m", "bot", "scan", "--json", str(path)], capture_output=True, check=True)
    return sum(row["count"] for row in json.loads(done.stdout)["codes"])


def fastest(runs: dict[str, Callable[[Path], int]], path: Path) -> dict[str, tuple[float, int]]:
    """Run each in turn; return its shortest time in seconds and its count."""
    best: dict[str, tuple[float, int]] = {}
    for number in range(_ROUNDS):
        for name, counted in runs.items():
            if name == "zimerr scan" and number > 1 and best[name][0] > 5:
                continue
            begin = time.perf_counter()
            count = counted(path)
            taken = time.perf_counter() - begin
            best[name] = (min(taken, best.get(name, (taken, 0))[0]), count)
    return best


def main(size: int) -> None:
    """Print the table."""
    runs: dict[str, Callable[[Path], int]] = {"rg": ripgrep, "bare search": search, "zimerr scan": scan}
    if not shutil.which("rg"):
        print("rg is not installed: nothing to compare with.")
        del runs["rg"]
    with tempfile.TemporaryDirectory() as folder:
        for kind, every in (("sparse", 200), ("dense", 1)):
            path = make_log(Path(folder) / f"{kind}.log", size, every)
            best = fastest(runs, path)
            for name, (taken, count) in best.items():
                beside = f"{best['rg'][0] / taken:8.2f} x rg" if "rg" in best else ""
                print(f"{kind:8}{name:14}{taken:9.3f} s {size / taken / 1e6:8.0f} MB/s {count:10,} codes{beside}")
            path.unlink()
        for times in (0.01, 4):
            path = make_log(Path(folder) / "large.log", int(size * times), 200)
            done = subprocess.run([sys.executable, "-c", _PEAK, str(path)], capture_output=True, check=True)
            print(f"peak memory for {size * times / 1e6:7,.0f} MB: {int(done.stderr.split()[-1]) / 1024:.0f} MB")


if __name__ == "__main__":
    main(int(float(sys.argv[1]) * 1e6) if len(sys.argv) > 1 else 500_000_000)
