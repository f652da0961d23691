"""The browser for the tests of the page: the one on this machine, or one that is installed now."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Without a sandbox (containers run as root), without calls home (a closed network makes them hang).
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def path() -> str | None:
    """Where the browser is, or None: Playwright then uses the one that it has downloaded itself."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)


def provide() -> None:
    """Install a browser where there is none: Debian's for root, else Playwright's. Exits where neither works."""
    if path():
        return
    print("== browser: none here, installing one", flush=True)
    if shutil.which("apt-get") and os.geteuid() == 0:
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        for command in (("update", "-qq"), ("install", "-y", "-qq", "chromium")):
            subprocess.run(["apt-get", *command], check=False, stdout=subprocess.DEVNULL, env=environment)
    if (
        not path()
        and subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False).returncode
    ):
        sys.exit("The tests of the page need Chromium: install it, or set CHROMIUM to its path.")
