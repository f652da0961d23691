"""Implement `zimerr check`: find all faults in settings, catalogue, database and Slack's setup in one run."""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

import click

from bot.catalogue.catalogue import open_catalogue
from bot.cli.check_port import check_ports
from bot.cli.check_result import CheckResult, Level, faults
from bot.cli.check_slack import check_slack, installed_scopes
from bot.cli.check_storage import check_storage
from bot.cli.output import columns
from bot.errors import CatalogueError, ConfigurationError
from bot.render.line_layout import hanging
from bot.settings import DatabaseSettings, Settings, unknown_names

_LOOKS = {
    Level.OK: ("✓", "green"),
    Level.WARNING: ("!", "yellow"),
    Level.FAULT: ("✗", "red"),
    Level.UNKNOWN: ("?", None),
}


async def run(
    overlay: Path | None = None, *, offline: bool, as_json: bool = False, clock: Callable[[], float] = time.time
) -> int:
    """Print the result of every check; return the exit status, 1 if there is a fault."""
    results = await check_all(overlay, offline=offline, clock=clock)
    passed = all(result.level is not Level.FAULT for result in results)
    if as_json:
        found = [{"level": result.level, "part": result.part, "text": result.text} for result in results]
        content = {"zimerr": version("zimerr"), "ok": passed, "results": found}
        click.echo(json.dumps(content, ensure_ascii=False, indent=2))
    else:
        _print(results)
    return 0 if passed else 1


async def check_all(overlay: Path | None, *, offline: bool, clock: Callable[[], float]) -> list[CheckResult]:
    """Run all checks; with faulty settings, only those that do not need them. *clock* is compared with Slack's."""
    results = [CheckResult(Level.OK, "zimerr", f"{version('zimerr')} on Python {platform.python_version()}")]
    settings = None
    try:
        settings = Settings.load()
        results.append(CheckResult(Level.OK, "settings", f"complete, to connect by {settings.transport}"))
        overlay = overlay or settings.zimerr_overlay
    except ConfigurationError as error:
        results += faults("settings", error.faults)
    if unknown := [name for name, meant in unknown_names().items() if not meant]:
        text = f"no setting is named {', '.join(unknown)}: remove it, unless Kubernetes sets it for a Service"
        results.append(CheckResult(Level.WARNING, "settings", text))
    results += _catalogue(overlay)
    try:
        url = DatabaseSettings.load().database_url
    except ConfigurationError:
        return results  # one of the faults of the settings
    found, installed = await check_storage(url, settings)
    results += found
    results += await check_ports(settings) if settings else []
    if not settings:
        text = "tokens and connection were not tried; correct the settings first"
        results.append(CheckResult(Level.UNKNOWN, "Slack", text))
    elif not offline:
        results += [result async for result in check_slack(settings, installed, clock)]
    else:
        results += installed_scopes(settings, installed)
    return results


def _catalogue(overlay: Path | None) -> list[CheckResult]:
    if overlay and not overlay.is_dir():
        return faults("catalogue", [f"{overlay} is not a folder; name the folder of your section files"])
    try:
        catalogue = open_catalogue(overlay)
    except CatalogueError as error:
        return faults("catalogue", error.faults)
    text = f"{len(catalogue)} codes" + (f", those of {overlay} included" if overlay else "")
    return [CheckResult(Level.OK, "catalogue", text)]


def _print(results: Sequence[CheckResult]) -> None:
    width = columns()
    for result in results:
        mark, colour = _LOOKS[result.level]
        lines = hanging(f"{result.part}: {result.text}", width and width - 2)
        click.secho(f"{mark} " + "\n  ".join(lines), fg=colour)
