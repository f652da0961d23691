"""Read deploy/Dockerfile, and carry out its first stage without a container engine."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.deploy.dependencies import DEPLOY, ROOT
from tests.deploy.distributions import clean_environment


@dataclass(frozen=True, slots=True)
class Instruction:
    """A line of a Dockerfile, its continuation lines joined."""

    name: str  # in upper case
    argument: str

    @property
    def words(self) -> list[str]:
        """The argument, split as a shell does, or as the JSON list that it is."""
        words = json.loads(self.argument) if self.argument.startswith("[") else shlex.split(self.argument)
        return [str(word) for word in words]


def stages() -> list[list[Instruction]]:
    """Return the instructions of each stage. Those before the first FROM are left out."""
    text = re.sub(r"^\s*#.*\n", "", (DEPLOY / "Dockerfile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    found: list[list[Instruction]] = []
    for line in text.replace("\\\n", " ").splitlines():
        name, _, argument = line.strip().partition(" ")
        if name == "FROM":
            found.append([])
        if name and found:
            found[-1].append(Instruction(name, argument.strip()))
    return found


def variables(stage: list[Instruction]) -> dict[str, str]:
    """Return the environment variables of a stage."""
    words = [word for each in stage if each.name == "ENV" for word in each.words]
    return {name: value for name, _, value in (word.partition("=") for word in words)}


def rehearse(stage: list[Instruction], folder: Path, python: str) -> None:
    """Carry out a stage with *folder* as the root of the image and *python* as the command `python`.

    Raises CalledProcessError with the output if a step fails.
    """
    binaries = folder / "bin"
    binaries.mkdir()
    (binaries / "python").symlink_to(python)
    environment = clean_environment() | variables(stage) | {"PATH": f"{binaries}:{os.environ['PATH']}"}
    workdir = folder
    for instruction in stage:
        if instruction.name == "WORKDIR":
            workdir = folder / instruction.argument.lstrip("/")
            workdir.mkdir(parents=True)
        elif instruction.name == "COPY":
            *sources, target = instruction.words
            _copy(sources, workdir / target)
        elif instruction.name == "RUN":
            command = re.sub(r"(?<![\w.])/(build|opt)\b", rf"{folder}/\1", instruction.argument)
            subprocess.run(["sh", "-ec", command], cwd=workdir, env=environment, check=True, capture_output=True)


def _copy(sources: list[str], target: Path) -> None:
    """Copy as COPY does: a folder's content, or files into a folder."""
    for source in (ROOT / each for each in sources):
        if source.is_dir():
            ignore = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, target, dirs_exist_ok=True, ignore=ignore)
        else:
            target.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
