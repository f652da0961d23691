"""Test the structure of the code: unique names, no import circles, few modules at the root."""

from __future__ import annotations

from tests.structure import circles, modules, names_used_twice

MODULES = modules()


def test_no_class_or_module_name_means_two_things() -> None:
    """A reader who knows a name from one package must not have to learn it again in the next."""
    assert names_used_twice(MODULES) == {}


def test_modules_import_each_other_without_circles() -> None:
    """Import Linter looks at packages and their children; this looks at modules, imports for type checking included."""
    assert circles(MODULES) == []


def test_few_modules_are_at_the_root() -> None:
    """The folder tree is the table of contents."""
    assert len([module for module in MODULES if module.name.count(".") == 1 and module.package == "root"]) <= 12
