"""Test the wheel and the source distribution as a stranger uses them: installed outside the checkout."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import tarfile
import urllib.request
import zipfile
from pathlib import Path

import pytest

from tests.deploy import dependencies, distributions
from tests.deploy.dependencies import DEPLOY

PYTHONS = ("3.11", "3.12", "3.13", "3.14")
_EMPTY = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "HOME": "/nonexistent", "PYTHONDONTWRITEBYTECODE": "1"}


def run(*command: str, folder: Path, status: int = 0) -> str:
    """Run a command outside the checkout without settings; return its output."""
    done = subprocess.run(command, cwd=folder, env=_EMPTY, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout


def check_installation(zimerr: Path, folder: Path) -> None:
    """Run an installed `zimerr` on a read-only system with one writable *folder*."""
    prefix = distributions.on_read_only_system([str(zimerr)], folder)
    assert "settings: SLACK_BOT_TOKEN is missing" in run(*prefix, "check", "--offline", folder=folder, status=1)
    assert json.loads(run(*prefix, "explain", "6000106", "--json", folder=folder))[0]["code"] == 6000106
    assert "Token" in run(*prefix, "explain", "6000106", "--lang", "zh", folder=folder)
    with subprocess.Popen(
        [*prefix, "demo", "--no-browser", "--port", "0"],
        env=_EMPTY | {"TMPDIR": str(folder), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as demo:
        assert demo.stdout
        assert demo.stderr
        address = re.search(r"http://[\d.:]+", demo.stdout.readline())
        assert address, demo.stderr.read()
        with urllib.request.urlopen(address[0]) as page:  # noqa: S310 - http, from the line above
            assert b"<html" in page.read()
        demo.send_signal(signal.SIGINT)
        assert demo.wait(timeout=60) == 0
        assert demo.stderr.read() == ""


def test_the_distributions_contain_the_product_and_no_more(built: tuple[Path, Path]) -> None:
    """Tests and secrets stay in the checkout; the manifests and the compiled data are there."""
    sdist, wheel = built
    with tarfile.open(sdist) as archive:
        names = {each.partition("/")[2] for each in archive.getnames()}
    assert {"README.md", "pyproject.toml", "deploy/Dockerfile", "deploy/requirements.lock", "bot/__main__.py"} <= names
    assert not [each for each in names if each.startswith("tests/") or each.endswith((".env", ".db", ".pyc"))]
    with zipfile.ZipFile(wheel) as content:
        files = set(content.namelist())
    assert {"bot/_data/compiled/catalogue.jsonl", "bot/_deploy/manifest-http.yaml"} <= files
    assert {each.partition("/")[0] for each in files} == {
        "bot",
        f"{wheel.name.removesuffix('-py3-none-any.whl')}.dist-info",
    }


def test_both_distributions_contain_the_licence(built: tuple[Path, Path]) -> None:
    """Nobody may use a copy without it. It is declared as PEP 639 says, so that tools find it."""
    sdist, wheel = built
    licence = (DEPLOY / "LICENSE").read_bytes()
    about = wheel.name.replace("-py3-none-any.whl", ".dist-info")
    with zipfile.ZipFile(wheel) as content:
        headers = content.read(f"{about}/METADATA").decode().splitlines()
        assert content.read(f"{about}/licenses/deploy/LICENSE") == licence
    assert {"License-Expression: MIT", "License-File: deploy/LICENSE"} <= {*headers}
    with tarfile.open(sdist) as archive:
        copy = archive.extractfile(f"{sdist.name.removesuffix('.tar.gz')}/deploy/LICENSE")
        assert copy
        assert copy.read() == licence


def test_two_builds_are_the_same_bytes(built: tuple[Path, Path], tmp_path: Path) -> None:
    """A published wheel can be verified: build it again and compare."""
    for before, after in zip(built, distributions.build(tmp_path), strict=True):
        assert before.read_bytes() == after.read_bytes()


def test_the_wheel_runs_on_a_read_only_system(built: tuple[Path, Path], tmp_path: Path, state: Path) -> None:
    """Containers have a read-only file system, and a home that does not exist."""
    zimerr = distributions.install_quickly(built[1], tmp_path / "installed")
    where = run(str(zimerr.with_name("python")), "-c", "import bot; print(bot.__file__)", folder=tmp_path)
    assert Path(where).is_relative_to(tmp_path)
    check_installation(zimerr, state)


@pytest.mark.full
@pytest.mark.parametrize("kind", ["sdist", "wheel"])
def test_every_python_of_this_machine_installs_it_with_hashes(
    kind: str, built: tuple[Path, Path], tmp_path: Path, state: Path
) -> None:
    """The locks must have a wheel of each dependency for each Python. Needs the network."""
    found = {version: distributions.find_python(version) for version in PYTHONS}
    assert found[f"{sys.version_info.major}.{sys.version_info.minor}"]
    for version, python in found.items():
        if python:
            zimerr = distributions.install_locked(built[kind == "wheel"], tmp_path / version, python)
            check_installation(zimerr, state)


def test_the_supported_pythons_are_those_that_are_tried() -> None:
    """A new one must be added to the locks' platforms, too."""
    project = dependencies.project()["project"]
    assert project["requires-python"] == f">={PYTHONS[0]}"
    assert f"For CPython {PYTHONS[0]} to {PYTHONS[-1]}" in (DEPLOY / "requirements.lock").read_text(encoding="utf-8")
    assert distributions.find_python(f"{sys.version_info.major}.{sys.version_info.minor}")
