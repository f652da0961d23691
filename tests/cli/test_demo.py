"""Tests for `zimerr demo`."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

from cryptography.fernet import Fernet


def test_the_demo_starts_serves_its_page_and_ends() -> None:
    """It is the first command of the README, and ends without a traceback. A deployed bot's settings do not matter."""
    deployed = {"SLACK_CLIENT_ID": "1.2", "ZIMERR_ENCRYPTION_KEYS": Fernet.generate_key().decode()}
    environment = os.environ | deployed | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "demo", "--no-browser", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=Path(__file__).parents[2],
    ) as process:
        assert process.stdout
        address = re.search(r"http://[\d.:]+", process.stdout.readline())
        assert address
        with urllib.request.urlopen(address[0]) as page:  # noqa: S310 - http, from the line above
            assert b"<html" in page.read()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0
        assert process.stderr
        assert process.stderr.read() == ""
