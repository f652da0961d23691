"""List the licences of zimerr's dependencies: ``python -m tests.deploy.licences > deploy/licences.txt``."""

from __future__ import annotations

import re
import sys
from importlib import metadata

from tests.deploy.dependencies import closure, project, runtime_requirements

HEADER = """\
# Licences of the packages that zimerr needs at runtime, as their metadata names them. Those of one extra name it.
# Written by `python -m tests.deploy.licences`; do not edit.
"""
_GPL = re.compile(r"\b(A?GPL|(Affero )?General Public License)", re.IGNORECASE)
_LGPL = re.compile(r"\bLGPL|Lesser General Public License", re.IGNORECASE)


def listing() -> str:
    """Return the content of deploy/licences.txt."""
    always = closure(runtime_requirements())
    lines = [f"{name}: {licence(name)}" for name in sorted(always)]
    for extra in extras():
        added = closure(runtime_requirements([extra])) - always
        lines += [f"{name} (extra {extra}): {licence(name)}" for name in sorted(added)]
    return HEADER + "\n".join(lines) + "\n"


def extras() -> list[str]:
    """Return the names of zimerr's extras."""
    return list(project()["project"].get("optional-dependencies", {}))


def licence(name: str) -> str:
    """Return the licence of an installed package, as an SPDX expression if its metadata has one."""
    described = metadata.metadata(name)
    for text in (*described.get_all("License-Expression", []), *described.get_all("License", [])):
        if "\n" not in text:  # some packages have the whole text there
            return str(text)
    classifiers = [each for each in described.get_all("Classifier", []) if each.startswith("License ::")]
    return " OR ".join(each.split(" :: ")[-1] for each in classifiers)


def is_gpl(licence: str) -> bool:
    """Return whether *licence* is the GPL or the AGPL, or offers no other choice than those."""
    return all(_GPL.search(each) and not is_lgpl(each) for each in licence.split(" OR "))


def is_lgpl(licence: str) -> bool:
    """Return whether *licence* is the LGPL."""
    return bool(_LGPL.search(licence))


if __name__ == "__main__":
    sys.stdout.write(listing())
