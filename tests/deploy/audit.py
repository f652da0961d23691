"""Audit the packages of the image: ``python -m tests --audit``. Needs the dependency group `release`.

1. Write an SBOM (CycloneDX 1.6) of deploy/requirements.lock to dist/zimerr.cdx.json. Needs no network.
2. Ask the Python Packaging Advisory Database for known vulnerabilities of each locked package, by pip-audit.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.deploy.dependencies import DEPLOY, ROOT

CLEAN, VULNERABLE, UNKNOWN = 0, 1, 3  # exit statuses; 2 is a wrong command line
LOCK = DEPLOY / "requirements.lock"


def main() -> int:
    """Print the results, and return 0 if no vulnerability is known, 1 if one is, 3 without an answer."""
    target = ROOT / "dist" / "zimerr.cdx.json"
    target.parent.mkdir(exist_ok=True)
    try:
        write_sbom(target)
        print(f"The SBOM is {target}.")
        command = [sys.executable, "-m", "pip_audit", "--requirement", str(LOCK)]
        options = ["--require-hashes", "--disable-pip", "--format", "json", "--progress-spinner", "off"]
        audit = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    except subprocess.CalledProcessError as error:
        print(f"NOT AUDITED: {error.stderr.strip()}")
        print("Install the tools: pip install -c deploy/constraints.txt --group release")
        return UNKNOWN
    status, lines = verdict(audit.stdout, audit.stderr)
    print(*lines, sep="\n")
    return status


def write_sbom(target: Path, python: str = sys.executable) -> None:
    """Write the SBOM, validated. Raises CalledProcessError if *python* has no cyclonedx-bom."""
    described = ["--pyproject", str(ROOT / "pyproject.toml"), "--output-reproducible", "--output-file", str(target)]
    command = [python, "-m", "cyclonedx_py", "requirements", *described, str(LOCK)]
    subprocess.run(command, check=True, capture_output=True, text=True)


def verdict(report: str, errors: str) -> tuple[int, list[str]]:
    """Return the exit status and the lines to print for a JSON report of pip-audit."""
    try:
        packages = json.loads(report)["dependencies"]
    except ValueError:
        return UNKNOWN, ["NOT AUDITED: pip-audit gave no report.", *errors.strip().splitlines()[-3:]]
    skipped = [each["name"] for each in packages if "skip_reason" in each]
    faults = [_fault(each["name"], each["version"], fault) for each in packages for fault in each.get("vulns", ())]
    if faults:
        return VULNERABLE, faults
    if skipped:
        heading = f"NOT AUDITED: {len(skipped)} of {len(packages)} packages, as the service gave no answer for:"
        return UNKNOWN, [heading, ", ".join(skipped)]
    return CLEAN, [f"No vulnerability is known in {len(packages)} packages."]


def _fault(name: str, version: str, fault: dict[str, list[str]]) -> str:
    repaired = ", ".join(fault["fix_versions"]) or "no version yet"
    return f"{name} {version}: {fault['id']}, repaired in {repaired}"
