"""Find the browser for the tests of the page, or install one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Chromium's sandbox fails for root in containers; its background requests hang without a network.
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
    """Return the path of the browser, or None if only Playwright may have one."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)


def provide() -> None:
    """Install a browser if there is none: Debian's for root, otherwise Playwright's; exit if neither works."""
    if path():
        return
    print("== browser: not found, installing one", flush=True)
    if shutil.which("apt-get") and os.geteuid() == 0:
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        for command in (("update", "-qq"), ("install", "-y", "-qq", "chromium")):
            subprocess.run(["apt-get", *command], check=False, stdout=subprocess.DEVNULL, env=environment)
    if (
        not path()
        and subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False).returncode
    ):
        sys.exit("The tests of the page need Chromium: install it, or set CHROMIUM to its path.")
