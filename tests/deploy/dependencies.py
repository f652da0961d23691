"""Read which packages zimerr needs, from pyproject.toml, constraints, locks and the metadata of installed packages."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent.parent
DEPLOY = ROOT / "deploy"
IMAGE_EXTRAS = ("otel", "postgres", "sentry", "traditional")  # of deploy/requirements.lock
_HASH = re.compile(r"--hash=(\S+)")


@dataclass(frozen=True, slots=True)
class Pin:
    """A requirement of one version, in constraints or in a lock."""

    name: str  # canonical
    version: str
    hashes: tuple[str, ...]  # as "sha256:…"; none in constraints


def project() -> dict[str, Any]:
    """Return pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def pins(path: Path) -> dict[str, Pin]:
    """Read constraints or a lock. Raises ValueError if a line is not a pin."""
    text = re.sub(r"^#.*\n", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE).replace("\\\n", " ")
    found = [_pin(line) for line in text.splitlines() if line.strip()]
    return {pin.name: pin for pin in found}


def _pin(line: str) -> Pin:
    requirement = Requirement(line.partition("--hash")[0].strip())
    (specifier,) = requirement.specifier
    if specifier.operator != "==" or specifier.version.endswith("*"):
        raise ValueError(f"not a pin: {line}")
    return Pin(canonicalize_name(requirement.name), specifier.version, tuple(_HASH.findall(line)))


def build_requirements() -> list[str]:
    """Return the requirements of the build backend."""
    required: list[str] = project()["build-system"]["requires"]
    return required


def runtime_requirements(extras: Iterable[str] = ()) -> list[str]:
    """Return the direct dependencies of zimerr with those *extras*."""
    described = project()["project"]
    optional = described.get("optional-dependencies", {})
    return [*described["dependencies"], *(each for extra in extras for each in optional[extra])]


def closure(requirements: Iterable[str]) -> set[str]:
    """Return the names of *requirements* and of their dependencies on this platform, by installed metadata.

    Raises importlib.metadata.PackageNotFoundError if one is not installed.
    """
    found: set[str] = set()
    seen: set[tuple[str, str]] = set()
    waiting = [(Requirement(each), "") for each in requirements]
    while waiting:
        requirement, extra = waiting.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        name = canonicalize_name(requirement.name)
        for each in ("", *requirement.extras):
            if (name, each) not in seen:
                seen.add((name, each))
                waiting += [(Requirement(needed), each) for needed in metadata.requires(name) or ()]
        found.add(name)
    return found
