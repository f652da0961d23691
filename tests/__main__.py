"""Everything that must hold before code lands: format, lint, types, layers, tests. `python -m tests`."""

from __future__ import annotations

import subprocess
import sys
import time

from tests import chromium

CHECKS = (
    ("format", ("ruff", "format", "--check", "--quiet", ".")),
    ("lint", ("ruff", "check", "--quiet", ".")),
    ("types", ("mypy", "--no-error-summary")),
    ("layers", ("importlinter.cli", "lint")),
    ("tests", ("pytest", "--cov", "--cov-report=term:skip-covered")),
)


def main() -> int:
    """Run every check, also after one has failed; return 0 if all passed."""
    chromium.provide()
    failed = []
    for name, command in CHECKS:
        started = time.monotonic()
        print(f"== {name}", flush=True)
        if subprocess.run([sys.executable, "-m", *command], check=False).returncode:
            failed.append(name)
        print(f"   {time.monotonic() - started:.0f} s", flush=True)
    print(f"FAILED: {', '.join(failed)}" if failed else "all passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
