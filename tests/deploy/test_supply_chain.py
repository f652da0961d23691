"""Test that everything that zimerr installs is pinned, hashed and licensed for use."""

from __future__ import annotations

import re

import pytest

from tests.deploy import licences
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
    """Without extras, nothing binds whoever ships zimerr; psycopg, of the extra `postgres`, is under the LGPL."""
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
