"""Locate the files that ship with the bot, and store their compiled form."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from zlib import crc32

_PACKAGE = Path(__file__).resolve().parent
_KEPT = 16  # cached versions of one file; an overlay and each branch of a checkout have their own


def _folder(name: str) -> Path:
    """Return a shipped folder."""
    # The wheel carries data/ and deploy/ inside the package (see pyproject.toml); a checkout has them beside it.
    inside = _PACKAGE / f"_{name}"
    return inside if inside.is_dir() else _PACKAGE.parent / name


DATA = _folder("data")  # the catalogue and the translations
DEPLOY = _folder("deploy")  # the app manifests


def scopes() -> tuple[str, ...]:
    """Return the scopes that the bot needs, from the manifest that admins install."""
    import yaml  # not at the top: most commands start without it

    manifest = yaml.safe_load((DEPLOY / "manifest-http.yaml").read_text(encoding="utf-8"))
    return tuple(manifest["oauth_config"]["scopes"]["bot"])


def compiled(name: str, sources: Sequence[Path], build: Callable[[], bytes], *, is_shipped: bool = True) -> bytes:
    """Return the compiled form of *sources*: from the wheel, else from the user's cache, else from *build*.

    The wheel's file is used if *is_shipped*. The key of the cache is the content of *sources*, which include the
    modules that define the format. A cached file that is missing, damaged or another user's is ignored. If the folder
    can't be written, nothing is cached. The result must be data that cannot run code when it is read (JSON or a gettext
    catalogue, not a pickle), because XDG_CACHE_HOME may be a folder that others can write to.
    """
    shipped = DATA / "compiled" / name
    if is_shipped and shipped.is_file():
        return shipped.read_bytes()
    from platformdirs import user_cache_path

    key = _key(sources)
    stem, _, suffix = name.partition(".")
    cached = user_cache_path("zimerr", appauthor=False) / f"{stem}-{key}.{suffix}"
    try:
        with cached.open("rb") as file:
            is_own = sys.platform == "win32" or os.fstat(file.fileno()).st_uid == os.geteuid()
            checksum, _, content = file.read().partition(b"\n")
        if is_own and checksum == b"%08x" % crc32(content):
            return content
    except OSError:
        pass
    content = build()
    with contextlib.suppress(OSError):
        if _key(sources) == key:  # else a file changed during the build, and the result may not belong to the key
            _store(cached, b"%08x\n" % crc32(content) + content)
    return content


def _key(sources: Sequence[Path]) -> str:
    """Return a checksum of the names and contents of *sources*, and their size."""
    # CRC-32 tells versions apart and finds damage. Neither needs a cryptographic digest, and hashlib is slow to import.
    checksum = size = 0
    for path in sources:
        content = path.read_bytes()
        size += len(content)
        checksum = crc32(content, crc32(path.name.encode(), checksum))
    return f"{checksum:08x}-{size}"


def _store(path: Path, content: bytes) -> None:
    """Write a cache file atomically, and remove the oldest versions of it. Raises OSError if the folder forbids it."""
    import tempfile

    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = tempfile.NamedTemporaryFile(dir=path.parent, delete=False)  # noqa: SIM115 - closed before it is renamed
    try:
        with file:
            file.write(content)
        Path(file.name).replace(path)
    finally:
        Path(file.name).unlink(missing_ok=True)
    versions = path.parent.glob(f"{path.stem.partition('-')[0]}-*{path.suffix}")
    for old in sorted(versions, key=lambda each: each.stat().st_mtime, reverse=True)[_KEPT:]:
        old.unlink()
