"""Write the locks of `deploy/` from deploy/constraints.txt: ``python -m tests.deploy.locks``.

It needs the network and the dependency group `release`. To upgrade a package, change deploy/constraints.txt first.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.deploy.dependencies import DEPLOY, IMAGE_EXTRAS, build_requirements, runtime_requirements

_COMPILE = (
    *("-m", "uv", "pip", "compile", "-", "--quiet", "--universal", "--generate-hashes", "--python-version", "3.11"),
    *("--constraints", str(DEPLOY / "constraints.txt"), "--no-header", "--no-annotate"),
    *("--no-emit-index-url", "--no-emit-find-links"),
)
_HEADER = """\
# {purpose}
# For CPython 3.11 to 3.14 on Linux (x86-64, arm64) and macOS (arm64).
# Written by `python -m tests.deploy.locks`; do not edit.
# Used with: pip install --require-hashes -r deploy/{name}
"""
LOCKS = {
    "requirements.lock": f"Dependencies of zimerr with the extras {', '.join(IMAGE_EXTRAS)}, with hashes.",
    "build.lock": "Dependencies of the build backend, with hashes.",
}


def main() -> int:
    """Write both locks and return the exit status."""
    wanted = {"requirements.lock": runtime_requirements(IMAGE_EXTRAS), "build.lock": build_requirements()}
    for name, requirements in wanted.items():
        compiled = subprocess.run(
            [sys.executable, *_COMPILE], input="\n".join(requirements), text=True, capture_output=True, check=False
        )
        if compiled.returncode:
            print(compiled.stderr, file=sys.stderr)
            return 1
        _write(DEPLOY / name, compiled.stdout)
    return 0


def _write(path: Path, pins: str) -> None:
    path.write_text(_HEADER.format(purpose=LOCKS[path.name], name=path.name) + pins, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
