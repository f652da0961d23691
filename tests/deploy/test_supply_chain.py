"""Test that everything that zimerr installs is pinned, hashed and licensed for use."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy import audit, distributions, licences
from tests.deploy.dependencies import DEPLOY, IMAGE_EXTRAS, build_requirements, closure, pins, runtime_requirements
from tests.deploy.locks import LOCKS

CONSTRAINTS = pins(DEPLOY / "constraints.txt")
WANTED = {"requirements.lock": runtime_requirements(IMAGE_EXTRAS), "build.lock": build_requirements()}


def test_the_constraints_work_with_a_local_project() -> None:
    """pip refuses to install a folder as soon as one constraint has a hash."""
    assert not any(pin.hashes for pin in CONSTRAINTS.values())


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_has_the_versions_that_were_tested(name: str) -> None:
    """The image must not run other versions than the tests did. `python -m tests.deploy.locks` writes the locks."""
    locked = pins(DEPLOY / name)
    assert {each.name: each.version for each in locked.values()} == {each: CONSTRAINTS[each].version for each in locked}
    assert closure(WANTED[name]) <= set(locked)


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_has_hashes_and_names_no_server(name: str) -> None:
    """A package that was replaced on the index is refused, and everybody may use an index of their own."""
    for pin in pins(DEPLOY / name).values():
        assert pin.hashes
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", each) for each in pin.hashes)
    assert "://" not in (DEPLOY / name).read_text(encoding="utf-8")
    assert "://" not in (DEPLOY / "constraints.txt").read_text(encoding="utf-8")


def test_a_lock_has_no_package_that_nothing_needs() -> None:
    """A dependency that was removed must leave the image. One is for Windows only."""
    for name, wanted in WANTED.items():
        assert set(pins(DEPLOY / name)) - closure(wanted) <= {"tzdata"}


def test_the_build_backend_is_pinned() -> None:
    """Constraints do not reach pip's isolated builds."""
    for requirement in build_requirements():
        name, _, version = requirement.partition("==")
        assert CONSTRAINTS[name].version == version


def test_every_dependency_of_any_extra_is_constrained() -> None:
    """The README installs extras with these constraints."""
    assert closure(runtime_requirements(licences.extras())) <= set(CONSTRAINTS)


def test_the_list_of_licences_is_up_to_date() -> None:
    """Lawyers ask. `python -m tests.deploy.licences > deploy/licences.txt` writes it."""
    assert (DEPLOY / "licences.txt").read_text(encoding="utf-8") == licences.listing()


def test_no_dependency_is_under_the_gpl() -> None:
    """Without extras, no licence restricts a redistribution; psycopg, of the extra `postgres`, is under the LGPL."""
    names = closure(runtime_requirements(licences.extras()))
    by_name = {name: licences.licence(name) for name in names}
    assert all(by_name.values())
    assert not [name for name, licence in by_name.items() if licences.is_gpl(licence)]
    lesser = {name for name, licence in by_name.items() if licences.is_lgpl(licence)}
    assert lesser <= closure(runtime_requirements(["postgres"])) - closure(runtime_requirements())


@pytest.mark.parametrize(
    ("licence", "is_gpl", "is_lgpl"),
    [
        ("GPL-3.0-only", True, False),
        ("GNU General Public License v3 (GPLv3)", True, False),
        ("AGPL-3.0-or-later", True, False),
        ("GNU Affero General Public License v3", True, False),
        ("MIT OR GPL-2.0-only", False, False),
        ("LGPL-3.0-only", False, True),
        ("GNU Lesser General Public License v3 (LGPLv3)", False, True),
        ("MPL-2.0 AND (Apache-2.0 OR MIT)", False, False),
    ],
)
def test_gpl_is_recognized(licence: str, is_gpl: bool, is_lgpl: bool) -> None:
    """Packages write their licence in many ways."""
    assert (licences.is_gpl(licence), licences.is_lgpl(licence)) == (is_gpl, is_lgpl)


_KNOWN = {"name": "aiohttp", "version": "3.8.0", "vulns": [{"id": "PYSEC-2024-24", "fix_versions": ["3.9.2"]}]}
_CLEAN = {"name": "yarl", "version": "1.25.1", "vulns": []}
_SKIPPED = {"name": "rich", "skip_reason": "Dependency not found"}


@pytest.mark.parametrize(
    ("report", "status", "line"),
    [
        (json.dumps({"dependencies": [_CLEAN]}), audit.CLEAN, "No vulnerability is known in 1 packages."),
        (
            json.dumps({"dependencies": [_CLEAN, _KNOWN, _SKIPPED]}),
            audit.VULNERABLE,
            "aiohttp 3.8.0: PYSEC-2024-24, repaired in 3.9.2",
        ),
        (
            json.dumps({"dependencies": [_CLEAN, _SKIPPED]}),
            audit.UNKNOWN,
            "NOT AUDITED: 1 of 2 packages, as the service gave no answer for:",
        ),
        ("", audit.UNKNOWN, "NOT AUDITED: pip-audit gave no report."),
    ],
)
def test_an_audit_without_an_answer_is_no_clean_one(report: str, status: int, line: str) -> None:
    """Behind a mirror, pip-audit may reach no advisory at all, and says so in a column only."""
    found, lines = audit.verdict(report, "")
    assert (found, lines[0]) == (status, line)


@pytest.mark.full
def test_the_sbom_has_each_locked_package_with_its_hashes(tmp_path: Path) -> None:
    """The tool of the CycloneDX project writes and validates it. Needs the network."""
    python = str(tmp_path / "tools" / "bin" / "python")
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "tools")], check=True)
    pip = [python, "-m", "pip", "install", "--quiet", "-c", str(DEPLOY / "constraints.txt"), "cyclonedx-bom"]
    subprocess.run(pip, check=True, env=distributions.clean_environment())
    audit.write_sbom(tmp_path / "sbom.json", python)
    sbom = json.loads((tmp_path / "sbom.json").read_text(encoding="utf-8"))
    assert sbom["metadata"]["component"]["name"] == "zimerr"
    locked = pins(DEPLOY / "requirements.lock")
    components = {each["name"]: each for each in sbom["components"]}
    assert {name: each["version"] for name, each in components.items()} == {
        name: pin.version for name, pin in locked.items()
    }
    for name, pin in locked.items():
        hashes = [each for reference in components[name]["externalReferences"] for each in reference["hashes"]]
        assert {f"sha256:{each['content']}" for each in hashes} == set(pin.hashes)
