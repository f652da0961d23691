"""Open a YAML file of ``data/`` whose content is one dataclass: in compiled form, so that a start reads no YAML."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from bot import resources
from bot.catalogue.shape import FORMAT, Built, from_plain


def open_file(name: str, kind: type[Built]) -> Built:
    """Return the content of ``data/<name>.yaml`` as *kind*. Raises CatalogueError with all faults in the file."""
    module = Path(str(sys.modules[kind.__module__].__file__))  # a change of *kind* makes cached files out of date
    content = resources.compiled(f"{name}.json", (_path(name), module, *FORMAT), lambda: compile_file(name, kind))
    return from_plain(kind, json.loads(content))


def compile_file(name: str, kind: type[Built]) -> bytes:
    """Validate ``data/<name>.yaml`` as *kind* and compile it. Raises CatalogueError with all faults in the file."""
    from bot.catalogue import loader

    return loader.compiled(loader.validated(_path(name), kind))


def _path(name: str) -> Path:
    return resources.DATA / f"{name}.yaml"
