"""Files that one process leaves for the next: where they are, and how they get there whole."""
from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import pathlib
import shutil
import sys
import tempfile
from collections.abc import Iterator

import symgrad
from symgrad.configuration import settings


def directory() -> pathlib.Path | None:
    """Where files are kept, or None if none are."""
    asked = settings().cache_dir
    if asked is False:
        return None
    if asked is None:
        asked = os.environ.get("SYMGRAD_CACHE_DIR") or None
    return pathlib.Path(asked).expanduser() if isinstance(asked, (str, os.PathLike)) else platform_directory()


def platform_directory() -> pathlib.Path:
    """The directory that the platform has for a user's caches."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or os.path.expanduser(r"~\AppData\Local")
        return pathlib.Path(base) / "symgrad" / "Cache"
    if sys.platform == "darwin":
        return pathlib.Path.home() / "Library" / "Caches" / "symgrad"
    return pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "symgrad"


def kept(name: str, content: bytes) -> pathlib.Path | None:
    """The file of this name with this content, written unless it is there; None where it cannot be written.

    Other processes see the whole file or none: it is written under another name and then renamed. The name says what
    the content is, so a file that is there is left alone, its time of modification with it.
    """
    base = directory()
    if base is None:
        return None
    path = base / name
    try:
        if path.read_bytes() == content:
            return path
    except OSError:
        pass
    return path if replaced(path, content) else None


def replaced(path: pathlib.Path, content: bytes) -> bool:
    """Whether a file could be given this content."""
    made = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        number, made = tempfile.mkstemp(prefix=path.name[:40], suffix=".tmp", dir=path.parent)
        with os.fdopen(number, "wb") as file:
            file.write(content)
        os.replace(made, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(made)
        return False
    return True


def clear() -> int:
    """Remove all files; how many there were."""
    base = directory()
    count = 0
    for folder in FOLDERS:
        if base is not None and (base / folder).is_dir():
            count += sum(1 for p in (base / folder).rglob("*") if p.is_file())
            shutil.rmtree(base / folder, ignore_errors=True)
    return count


def size() -> tuple[int, int]:
    """How many files there are, and their bytes."""
    base = directory()
    sizes = []
    for folder in FOLDERS:
        for p in (base / folder).rglob("*") if base is not None else ():
            with contextlib.suppress(OSError):
                if p.is_file():
                    sizes.append(p.stat().st_size)
    return len(sizes), sum(sizes)


FOLDERS = ("native", "index")


def digest(*parts: object) -> str:
    """A name for a content: equal only for equal parts."""
    made = hashlib.sha256()
    for part in parts:
        text = str(part).encode()
        made.update(f"{len(text)}:".encode())
        made.update(text)
    return made.hexdigest()[:24]


@functools.lru_cache(None)
def package_stamp(folder: str = "") -> str:
    """What symgrad is, or one folder of it: its files' names, sizes and times."""
    return digest(*sorted(stamps(os.path.join(os.path.dirname(symgrad.__file__), folder))))


def stamps(folder: str) -> Iterator[str]:
    for entry in os.scandir(folder):
        if entry.is_dir():
            if entry.name != "__pycache__":
                yield from stamps(entry.path)
        elif entry.name.endswith(".py"):
            found = entry.stat()
            yield f"{entry.path} {found.st_size} {found.st_mtime_ns}"


__all__ = ["clear", "digest", "directory", "kept", "package_stamp", "replaced", "size"]
