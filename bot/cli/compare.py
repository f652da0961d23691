"""Implement `zimerr check --sdk`: compare the codes that an SDK publishes with the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from bot.catalogue.catalogue import open_catalogue
from bot.catalogue.sdk_enum import compare, named_codes
from bot.triage.encoding import Decoder, is_binary

_MAX_BYTES = 16_000_000
_HEAD = 4096  # bytes that tell text from binary files
_WHERE = (
    "The codes of a ZIM SDK are in a file such as ZIMErrorCode.d.ts, ZIMErrorCode.java, ZIMErrorCode.h, "
    "zim_error_code.h, zim_error_code.dart or ZIMErrorCode.cs. Unpack the SDK's package first."
)
_SDKS = {"web": "Web", "rn": "React Native", "objc": "iOS and macOS", "java": "Android", "cpp": "C++"}
_SDKS |= {"dart": "Flutter", "csharp": "Unity"}


def run(path: Path, overlay: Path | None = None) -> int:
    """Print how the file's codes differ from the catalogue's; return the exit status.

    It is 0 if they do not differ, 1 if they do, 2 if the file can't be read or defines no codes.
    """
    source = _read(path)
    if source is None:
        return 2
    found = compare(named_codes(source), open_catalogue(overlay))
    if not found.codes:
        click.echo(f"{path} defines no ZIM error codes (NAME = 6000101, NAME(6000101) …). {_WHERE}", err=True)
        return 2
    if not found.named:
        click.echo(f"{path} contains ZIM error codes, but none of their names: it may be compiled. {_WHERE}", err=True)
        return 2
    sdk = f", named as in the SDK for {_SDKS[found.sdk]}" if found.sdk else ""
    click.echo(f"{path.name}: {found.codes} codes{sdk}")
    _list("New, not in the catalogue", found.new)
    _list("In the catalogue, but not in the file", found.missing)
    other = {
        code: f"{name}, in the catalogue {', '.join(own) or 'none'}" for code, (name, *own) in found.renamed.items()
    }
    _list("Other names", other)
    if found.is_equal:
        click.echo("The catalogue has all of them, with these names.")
    return 0 if found.is_equal else 1


def _list(title: str, lines: Mapping[int, str]) -> None:
    if lines:
        click.echo(f"{title}: {len(lines)}")
    for code, text in lines.items():
        click.echo(f"  {code}  {text}")


def _read(path: Path) -> str | None:
    """Return the text of a file; if it can't be read, report why and return None."""
    try:
        if not path.is_file():
            reason = "is a folder" if path.is_dir() else "is not a file" if path.exists() else "does not exist"
        elif path.stat().st_size > _MAX_BYTES:
            reason = f"is larger than {_MAX_BYTES // 1_000_000} MB"
        else:
            with path.open("rb") as file:
                content = file.read(_MAX_BYTES)
            if not is_binary(content[:_HEAD]):
                return Decoder(content[:_HEAD]).feed(content, final=True).decode("utf-8", "replace")
            reason = "is a binary file or an archive"
    except (OSError, ValueError) as error:
        reason = f"can't be read: {getattr(error, 'strerror', None) or error}"
    click.echo(f"{path} {reason}. {_WHERE}", err=True)
    return None
