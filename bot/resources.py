"""Where the files that ship beside the code lie: in the wheel, or in a checkout."""

from __future__ import annotations

from pathlib import Path

import yaml

_PACKAGE = Path(__file__).resolve().parent


def _shipped(name: str) -> Path:
    # The wheel carries data/ and deploy/ inside the package (see pyproject.toml); a checkout has them beside it.
    inside = _PACKAGE / f"_{name}"
    return inside if inside.is_dir() else _PACKAGE.parent / name


def data() -> Path:
    """The folder of the catalogue and of the bot's words."""
    return _shipped("data")


def deploy() -> Path:
    """The folder of the app manifests."""
    return _shipped("deploy")


def scopes() -> tuple[str, ...]:
    """The scopes that the bot needs, from the manifest that admins install."""
    manifest = yaml.safe_load((deploy() / "manifest-http.yaml").read_text(encoding="utf-8"))
    return tuple(manifest["oauth_config"]["scopes"]["bot"])
