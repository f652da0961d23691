"""Test deploy/Dockerfile: its rules, and by a rehearsal of its steps without a container engine."""

from __future__ import annotations

import asyncio
import fnmatch
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from bot.sandbox.http_server import Sandbox
from bot.settings import Settings
from tests.deploy import distributions, dockerfile
from tests.deploy.dependencies import DEPLOY, ROOT
from tests.scenarios.conftest import free_port

BUILD, FINAL = dockerfile.stages()
VARIABLES = dockerfile.variables(FINAL)


def arguments(name: str) -> list[str]:
    """Return the arguments of an instruction in the final stage."""
    return [each.argument for each in FINAL if each.name == name]


def test_the_base_image_is_pinned() -> None:
    """A rebuild must not change Python by itself."""
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    bases = re.findall(r"^ARG BASE=(.*)$", text, re.MULTILINE)
    assert len(bases) == 1
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-[a-z]+", bases[0])
    assert re.findall(r"^FROM (\S+)", text, re.MULTILINE) == ["${BASE}", "${BASE}"]


def test_only_locked_packages_are_installed() -> None:
    """Each installation is of a lock with hashes, or of a wheel that was built here."""
    commands = [part for each in BUILD if each.name == "RUN" for part in each.argument.split("&&") if "pip" in part]
    installations = [part for part in commands if "pip install" in part]
    assert len(installations) == 3
    assert all("--require-hashes" in part or "--no-index" in part for part in installations)
    assert "--no-build-isolation" in next(part for part in commands if "pip wheel" in part)
    assert not [each for each in FINAL if each.name == "RUN" and "pip" in each.argument]


def test_it_runs_as_a_numbered_user_who_owns_the_data_only() -> None:
    """Kubernetes can tell only of a number that it is not root (runAsNonRoot)."""
    assert arguments("USER") == ["10001:10001"]
    assert arguments("VOLUME") == ["/var/lib/zimerr"]
    assert "-o 10001 -g 10001 -m 0700 /var/lib/zimerr" in arguments("RUN")[0]
    assert arguments("COPY") == ["--from=build /opt/zimerr /opt/zimerr"]


def test_its_variables_are_settings() -> None:
    """A misspelt one would be ignored in silence."""
    own = {"PATH", "PYTHONDONTWRITEBYTECODE"}
    settings = {name for name in VARIABLES if name.lower() in Settings.model_fields}
    assert set(VARIABLES) - settings == own
    assert VARIABLES["DATABASE_URL"] == "sqlite:///" + "/var/lib/zimerr" + "/zimerr.db"
    assert arguments("EXPOSE") == [f"3000 {VARIABLES['HEALTH_PORT']}"]


def test_the_context_has_what_is_copied_and_no_secret() -> None:
    """A context that holds `.env` ends in somebody's image sooner or later."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    patterns = [line for line in lines if line and not line.startswith("#")]
    assert patterns[0] == "*"
    allowed = {line.removeprefix("!") for line in patterns if line.startswith("!")}
    copied = {word.partition("/")[0] for each in BUILD if each.name == "COPY" for word in each.words[:-1]}
    assert copied == allowed
    refused = [line for line in patterns[1:] if not line.startswith("!")]
    for secret in ("deploy/postgres.env", "deploy/zimerr.env"):
        assert any(fnmatch.fnmatch(secret, pattern) for pattern in refused)


def test_the_linter_finds_no_fault() -> None:
    """hadolint is under the GPL, so the project does not install it; the rules that matter have tests of their own."""
    hadolint = shutil.which("hadolint")
    if hadolint:
        run = subprocess.run([hadolint, str(DEPLOY / "Dockerfile")], capture_output=True, text=True, check=False)
        assert run.stdout == ""


def files_in(folder: Path) -> list[str]:
    """Return the names of the files in a folder."""
    return [each.name for each in folder.iterdir()]


async def check_service(zimerr: Path, state: Path) -> None:
    """Run `zimerr serve` as the image does, on a read-only system, until its health check passes; then stop it."""
    manifest = yaml.safe_load((DEPLOY / "manifest-socket.yaml").read_text(encoding="utf-8"))
    (health,) = (each for each in FINAL if each.name == "HEALTHCHECK")
    check = dockerfile.Instruction("CMD", health.argument.partition("CMD ")[2]).words
    async with Sandbox(manifest, transport="socket") as sandbox:
        environment = VARIABLES | {
            "PATH": f"{zimerr.parent}:/usr/bin:/bin:/usr/sbin:/sbin",
            "HOME": "/nonexistent",
            "DATABASE_URL": f"sqlite:///{state}/zimerr.db",
            "HOST": "127.0.0.1",
            "HEALTH_PORT": str(free_port()),
            "SLACK_API_URL": sandbox.api_url,
            "SLACK_BOT_TOKEN": sandbox.app.bot_token,
            "SLACK_APP_TOKEN": sandbox.app.app_token,
        }
        command = distributions.on_read_only_system([str(zimerr), "serve"], state)
        bot = await asyncio.create_subprocess_exec(*command, env=environment, stderr=subprocess.PIPE)
        try:
            assert bot.stderr
            output = b""
            while b"ready" not in output:
                line = await asyncio.wait_for(bot.stderr.readline(), 60)
                assert line, output.decode()
                output += line
            environment["http_proxy"] = "http://127.0.0.1:9"  # must not lead the health check astray
            probe = await asyncio.create_subprocess_exec(*check, env=environment)
            assert await probe.wait() == 0
            bot.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(bot.wait(), 60) == 0
            refused = await asyncio.create_subprocess_exec(*check, env=environment, stderr=subprocess.DEVNULL)
            assert await refused.wait() != 0
        finally:
            if bot.returncode is None:
                bot.kill()
            await bot.communicate()


async def test_the_service_runs_and_is_healthy_on_a_read_only_system(
    built: tuple[Path, Path], tmp_path: Path, state: Path
) -> None:
    """Run the image's command from a wheel that was built here, with the image's own health check."""
    await check_service(distributions.install_quickly(built[1], tmp_path / "installed"), state)
    assert files_in(state) == ["zimerr.db"]


@pytest.mark.full
async def test_the_steps_of_the_image_work(tmp_path: Path, state: Path) -> None:
    """The commands of the Dockerfile itself, for another root folder, and then the service. Needs the network."""
    version = re.search(r"BASE=python:(3\.\d+)", (DEPLOY / "Dockerfile").read_text(encoding="utf-8"))
    assert version
    python = distributions.find_python(version[1]) or sys.executable
    root = tmp_path / "root"
    root.mkdir()
    await asyncio.to_thread(dockerfile.rehearse, BUILD, root, python)
    zimerr = root / "opt" / "zimerr" / "bin" / "zimerr"
    assert not (zimerr.parent / "pip").exists()
    await check_service(zimerr, state)
