"""Compile the data files and the translations for the wheel."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompileData(BuildHookInterface):  # type: ignore[type-arg]  # the builder's configuration is not used
    """Add ``bot/_data/compiled`` to the wheel, so that an installed bot starts without reading YAML."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the compiled files to a temporary folder. Raises CatalogueError if the data is faulty."""
        if version == "editable":
            return  # the data may change; `bot.resources` caches it
        sys.path.insert(0, self.root)
        from bot.catalogue.catalogue import compile_catalogue
        from bot.catalogue.data_file import compile_file
        from bot.catalogue.glossary import Glossary
        from bot.catalogue.numbers import KnownNumbers
        from bot.catalogue.platforms import Platforms
        from bot.i18n import compile_words
        from bot.triage.cascades import Cascades

        self._folder = tempfile.TemporaryDirectory()
        contents = {
            "catalogue.jsonl": compile_catalogue(),
            "cascades.json": compile_file("cascades", Cascades),
            "glossary.json": compile_file("glossary", Glossary),
            "numbers.json": compile_file("numbers", KnownNumbers),
            "platforms.json": compile_file("platforms", Platforms),
            "en.mo": compile_words("en"),
            "zh.mo": compile_words("zh"),
        }
        for name, content in contents.items():
            (Path(self._folder.name) / name).write_bytes(content)
        build_data["force_include"][self._folder.name] = "bot/_data/compiled"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove the temporary folder."""
        if version != "editable":
            self._folder.cleanup()
