"""Run every check that must pass before code lands: `python -m tests [--full | --audit]`.

The checks are format, lint, types, layers and tests. ``--full`` adds coverage, runs every scenario over both transports
and runs the whole chaos matrix. ``--audit`` does nothing but `tests.deploy.audit`.
"""

from __future__ import annotations

import subprocess
import sys
import time

from tests import chromium
from tests.deploy import audit

_LINT_IMPORTS = "from importlinter.cli import lint_imports_command as lint; lint(['--no-logo', '--no-cache'])"
CHECKS = (
    ("format", ("-m", "ruff", "format", "--check", "--quiet", ".")),
    ("lint", ("-m", "ruff", "check", "--quiet", ".")),
    ("types", ("-m", "mypy", "--no-error-summary")),
    ("layers", ("-c", _LINT_IMPORTS)),
)
TESTS = ("-m", "pytest", "--numprocesses=logical", "--dist=worksteal", "--durations=15")
FULL = ("--full", "--cov", "--cov-report=term:skip-covered")


def main(arguments: list[str]) -> int:
    """Run every check, even after a failure; return 0 if all passed."""
    if arguments == ["--audit"]:
        return audit.main()
    if arguments not in ([], ["--full"]):
        print(__doc__, file=sys.stderr)
        return 2
    chromium.provide()
    failed = []
    for name, command in (*CHECKS, ("tests", TESTS + (FULL if arguments else ()))):
        started = time.monotonic()
        print(f"== {name}", flush=True)
        if subprocess.run([sys.executable, *command], check=False).returncode:
            failed.append(name)
        print(f"   {time.monotonic() - started:.0f} s", flush=True)
    print(f"FAILED: {', '.join(failed)}" if failed else "all passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
