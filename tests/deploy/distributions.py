"""Build the distributions, install them outside the checkout, and run them on a read-only system."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

from tests.deploy.dependencies import DEPLOY, ROOT

# Mounts all of the system read-only, but one folder. User namespaces let everybody do that, not root only.
_READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,bind,ro / && cd / && exec setpriv --no-new-privs "$@"'


def build(folder: Path) -> tuple[Path, Path]:
    """Build the source distribution and, from it, the wheel; return both."""
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    subprocess.run([*command, "-t", "sdist"], cwd=ROOT, check=True, capture_output=True)
    (sdist,) = folder.glob("*.tar.gz")
    shutil.unpack_archive(sdist, folder, filter="data")
    unpacked = folder / sdist.name.removesuffix(".tar.gz")
    subprocess.run([*command, "-t", "wheel"], cwd=unpacked, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    shutil.rmtree(unpacked)
    return sdist, wheel


def install_quickly(wheel: Path, folder: Path) -> Path:
    """Install *wheel* in a new virtual environment that borrows this one's other packages; return its `zimerr`."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    pip = [sys.executable, "-m", "pip", "--python", str(folder), "install", "--quiet"]
    subprocess.run([*pip, "--no-deps", "--no-index", str(wheel)], check=True, capture_output=True)
    site = sysconfig.get_path("purelib", "venv", {"base": str(folder)})
    (Path(site) / "borrowed.pth").write_text(sysconfig.get_path("purelib"))
    return folder / "bin" / "zimerr"


def install_locked(distribution: Path, folder: Path, python: str) -> Path:
    """Install *distribution* for *python* with the locked dependencies, from the network; return its `zimerr`."""
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    locks = [each for name in ("requirements.lock", "build.lock") for each in ("-r", str(DEPLOY / name))]
    for command in (
        [python, "-m", "venv", str(folder)],
        [*pip, "--require-hashes", "--only-binary=:all:", *locks],
        [*pip, "--no-deps", "--no-index", "--no-build-isolation", str(distribution)],
    ):
        run = subprocess.run(command, env=clean_environment(), capture_output=True, text=True, check=False)
        if run.returncode:
            raise RuntimeError(f"{shlex.join(command)}: {run.stderr[-3000:]}")
    return folder / "bin" / "zimerr"


def clean_environment() -> dict[str, str]:
    """Return the environment without PYTHONPATH, which would lead another Python to the checkout."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def find_python(version: str) -> str | None:
    """Return the path of Python *version*, such as ``3.12``, on this machine, or None."""
    installed = sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python3"))
    running = sys.executable if version == f"{sys.version_info.major}.{sys.version_info.minor}" else None
    for path in (*map(str, installed), shutil.which(f"python{version}"), running):
        # Debian has Pythons that can't make virtual environments, and pyenv has commands that start nothing.
        if path and not subprocess.run([path, "-c", "import ensurepip"], capture_output=True, check=False).returncode:
            return path
    return None


def on_read_only_system(command: Sequence[str], writable: Path) -> list[str]:
    """Return *command*, made to run on a read-only system with one *writable* folder.

    Where namespaces are not available, all files of the command's installation lose their write permission instead.
    """
    user = [] if os.geteuid() == 0 else ["--map-root-user"]
    prefix = ["unshare", "--mount", *user, "sh", "-c", _READ_ONLY, str(writable)]
    if shutil.which("unshare") and not subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode:
        return [*prefix, *command]
    for path in Path(command[0]).parent.parent.rglob("*"):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & ~0o222)
    return list(command)
