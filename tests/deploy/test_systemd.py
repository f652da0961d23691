"""Test deploy/zimerr.service: its options, and by systemd's own tools where they are installed."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bot.settings import Settings
from tests.deploy import dockerfile
from tests.deploy.dependencies import DEPLOY

UNIT = DEPLOY / "zimerr.service"
TEXT = UNIT.read_text(encoding="utf-8")
_MOST_EXPOSED = 1.5  # of 10, by systemd-analyze security; a service without options has 9.6
_REPEATABLE = {"Wants", "After", "Environment", "SystemCallFilter"}  # may be given several times


def options() -> dict[str, list[str]]:
    """Return the values of each option, whatever its section."""
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r"^(\w+)=(.*)$", TEXT, re.MULTILINE):
        found.setdefault(name, []).append(value)
    return found


OPTIONS = options()


def test_no_option_is_given_twice() -> None:
    """The later one would win in silence."""
    assert {name for name, values in OPTIONS.items() if len(values) > 1} <= _REPEATABLE


@pytest.mark.parametrize(
    "option",
    [
        "CapabilityBoundingSet=",
        "DynamicUser=yes",
        "LockPersonality=yes",
        "MemoryDenyWriteExecute=yes",
        "NoNewPrivileges=yes",
        "PrivateDevices=yes",
        "PrivateTmp=yes",
        "PrivateUsers=yes",
        "ProtectControlGroups=yes",
        "ProtectHome=yes",
        "ProtectKernelModules=yes",
        "ProtectKernelTunables=yes",
        "ProtectSystem=strict",
        "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX",
        "RestrictNamespaces=yes",
        "RestrictSUIDSGID=yes",
        "SystemCallArchitectures=native",
        "SystemCallFilter=@system-service",
        "SystemCallFilter=~@privileged @resources",
        "UMask=0077",
        "Restart=on-failure",
    ],
)
def test_it_is_hardened(option: str) -> None:
    """Each option takes something away that the bot does not need. The rest of the machine stays as it is."""
    name, _, value = option.partition("=")
    assert value in OPTIONS[name]


def test_paths_and_variables_are_those_of_the_image_and_the_settings() -> None:
    """A move between the two changes no path."""
    image = dockerfile.variables(dockerfile.stages()[-1])
    variables = dict(each.split("=", 1) for each in OPTIONS["Environment"][0].split())
    assert variables["DATABASE_URL"] == image["DATABASE_URL"]
    assert {each.lower() for each in variables} - set(Settings.model_fields) == {
        "pythondontwritebytecode",
        "xdg_cache_home",
    }
    assert image["DATABASE_URL"].startswith(f"sqlite:////var/lib/{OPTIONS['StateDirectory'][0]}/")
    assert OPTIONS["ExecStart"] == ["/opt/zimerr/bin/zimerr serve"]
    assert OPTIONS["EnvironmentFile"] == ["/etc/zimerr/zimerr.env"]
    assert not re.search("(TOKEN|SECRET|KEYS)=", TEXT)


def test_there_is_no_watchdog() -> None:
    """The bot sends systemd no keep-alive, so a watchdog would kill it. Its `Type` does not wait for one either."""
    assert "WatchdogSec" not in OPTIONS
    assert OPTIONS["Type"] == ["exec"]


def test_systemd_accepts_it(tmp_path: Path) -> None:
    """systemd knows all options, and rates the service as little exposed. The tests above hold without systemd, too."""
    if not shutil.which("systemd-analyze"):
        return
    unit = tmp_path / "zimerr.service"
    unit.write_text(TEXT.replace("/opt/zimerr/bin/zimerr", sys.executable))  # which exists
    verified = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    assert (verified.returncode, verified.stderr) == (0, "")
    command = ["systemd-analyze", "security", "--offline=true", str(unit)]
    rated = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    level = re.search(r"exposure level for zimerr.service: ([\d.]+)", rated)
    assert level, rated
    assert float(level[1]) <= _MOST_EXPOSED
