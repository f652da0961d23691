"""Read the catalogue's files and report the mistakes in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.catalogue import loader
from bot.catalogue.catalogue import CODES_FOLDER
from bot.errors import CatalogueError

LOGIN = CODES_FOLDER / "login.yaml"


def faults(tmp_path: Path, content: str | bytes) -> list[str]:
    """Return the faults that are reported for a file with this content."""
    path = tmp_path / "login.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(CatalogueError) as caught:
        loader.sections(tmp_path)
    return list(caught.value.faults)


def changed(old: str, new: str) -> str:
    """Return the login section with one replacement."""
    content = LOGIN.read_text(encoding="utf-8")
    assert old in content
    return content.replace(old, new, 1)


def line_of(text: str) -> int:
    """Return the number of the first line of the login section that contains *text*."""
    lines = LOGIN.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("actor: developer", "actor: developers", "'developer', 'end-user', 'operator', 'zego-support' or 'nobody'"),
        ("retry: no", "retry: maybe", "'after-backoff'"),
        ("severity: high", "severity: hgih", "'info', 'low', 'medium' or 'high'"),
        ("  actor: developer\n", "", "actor: is missing; add it"),
        ("  actor: developer\n", "  actor: developer\n  acter: x\n", "acter: is not a field"),
        ("- code: 6000101", "- code: sixty", "code"),
    ],
)
def test_a_mistake_is_reported_with_its_line_and_the_correction(tmp_path: Path, old: str, new: str, says: str) -> None:
    """A support engineer who does not know Python can correct it from this line alone."""
    (fault,) = faults(tmp_path, changed(old, new))
    assert fault.startswith("login.yaml:")
    assert says in fault
    if "missing" not in says and "not a field" not in says:
        assert fault.startswith(f"login.yaml:{line_of(old.strip())}:")


def test_a_server_code_belongs_to_one_code(tmp_path: Path) -> None:
    """The SDK turns a server code into exactly one of its own."""
    content = changed("  server_codes: [50111]", "  server_codes: [50012]")
    assert faults(tmp_path, content) == ["code 6000121: the server code 50012 also belongs to 6000103; keep it in one"]


def test_all_mistakes_are_reported_at_once(tmp_path: Path) -> None:
    """One run reports all faults, across files too."""
    (tmp_path / "room.yaml").write_text("section: room\n", encoding="utf-8")
    assert (
        len(faults(tmp_path, changed("actor: developer", "actor: x").replace("severity: high", "severity: y", 1))) > 3
    )


def test_a_code_in_two_files_is_refused(tmp_path: Path) -> None:
    """Otherwise chance decides which of them is answered."""
    (tmp_path / "other.yaml").write_text(LOGIN.read_text(encoding="utf-8"), encoding="utf-8")
    found = faults(tmp_path, LOGIN.read_text(encoding="utf-8"))
    assert found[0] == "other.yaml: code 6000101: appears twice (also in login.yaml); keep one"


def test_a_duplicate_key_is_refused(tmp_path: Path) -> None:
    """PyYAML would silently use the last."""
    (fault,) = faults(tmp_path, changed("  actor: developer\n", "  actor: developer\n  actor: nobody\n"))
    assert "'actor' appears twice" in fault


def test_broken_yaml_names_the_line(tmp_path: Path) -> None:
    """Finding an open bracket by reading is tedious."""
    (fault,) = faults(tmp_path, "section: login\nname: [\n")
    assert fault.startswith("login.yaml:")


def test_a_key_that_is_a_list_is_refused(tmp_path: Path) -> None:
    """Brackets around a placeholder make one."""
    (fault,) = faults(tmp_path, "section: login\n? [name]\n: x\n")
    assert fault == "login.yaml:2: found unhashable key"


def test_a_file_in_another_encoding_says_so(tmp_path: Path) -> None:
    """Editors on Windows still write GB18030."""
    (fault,) = faults(tmp_path, "section: 登录".encode("gb18030"))
    assert "UTF-8" in fault


def test_no_and_yes_are_words(tmp_path: Path) -> None:
    """YAML 1.1 reads `no` as false; editors and people do not."""
    path = tmp_path / "x.yaml"
    path.write_text("retry: no\nother: yes\nflag: true\n", encoding="utf-8")
    assert loader.read(path) == {"retry": "no", "other": "yes", "flag": True}
