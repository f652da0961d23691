"""How fast a log is scanned, beside ripgrep: ``python -m tests.triage.bench [MB]``.

Makes a sparse log (a code in one of 200 lines) and a dense one (a code in each) and times, in turn and several times:
``rg``, the bare search, and `zimerr scan` as a program. Of each the fastest counts. Last comes the memory that
`zimerr scan` needs for a log four times as large.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bot.triage.prefilter import count_clean

_ROUNDS = 5
_PEAK = (
    "import resource, sys; from bot.cli.main import commands\n"
    "try: commands(['scan', '--json', sys.argv[1]])\n"
    "except SystemExit: print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
)


def made(path: Path, size: int, every: int) -> Path:
    """A log of *size* bytes with a code in one of *every* lines; the same each time."""
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
    """Codes that ripgrep counts."""
    done = subprocess.run(["rg", "-a", "-o", "-c", "600[0-9]{4}", str(path)], capture_output=True, check=True)
    return int(done.stdout)


def search(path: Path) -> int:
    """Codes that the bare search counts."""
    with path.open("rb", buffering=0) as file:
        return count_clean(file)


def scan(path: Path) -> int:
    """Occurrences that `zimerr scan` tells of."""
    done = subprocess.run([sys.executable, "-m", "bot", "scan", "--json", str(path)], capture_output=True, check=True)
    return sum(row["count"] for row in json.loads(done.stdout)["codes"])


def fastest(runs: dict[str, Callable[[Path], int]], path: Path) -> dict[str, tuple[float, int]]:
    """The least time that each needed, in seconds, and what it counted; they run in turn."""
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
            path = made(Path(folder) / f"{kind}.log", size, every)
            best = fastest(runs, path)
            for name, (taken, count) in best.items():
                beside = f"{best['rg'][0] / taken:8.2f} x rg" if "rg" in best else ""
                print(f"{kind:8}{name:14}{taken:9.3f} s {size / taken / 1e6:8.0f} MB/s {count:10,} codes{beside}")
            path.unlink()
        for times in (0.01, 4):
            path = made(Path(folder) / "large.log", int(size * times), 200)
            done = subprocess.run([sys.executable, "-c", _PEAK, str(path)], capture_output=True, check=True)
            print(f"peak memory for {size * times / 1e6:7,.0f} MB: {int(done.stderr.split()[-1]) / 1024:.0f} MB")


if __name__ == "__main__":
    main(int(float(sys.argv[1]) * 1e6) if len(sys.argv) > 1 else 500_000_000)
