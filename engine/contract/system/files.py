"""Small files: written whole or not at all; and the folders that they lie in."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from engine.contract.system.processes import start_time


def write_atomically(path: Path, text: str, *, sync: bool = True) -> None:
    """Write `text` under a temporary name beside `path`, sync it, then rename it into place.

    Raises OSError, and leaves what was there as it was; no folder is made (see `folder_in`). Without `sync` nobody
    waits for the disk, and a crash of the whole machine may cost the new text.
    """
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
            if sync:
                stream.flush()
                os.fsync(stream.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def folder_in(root: Path, *names: str) -> Path:
    """The folder of those names, one in the other, below `root`; it is made where it is not there, `root` never is.

    A project or a run that was deleted, moved or unmounted must not come back as a half folder. Raises OSError.
    """
    if not root.is_dir():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(root))
    for name in names:
        root = root / name
        root.mkdir(exist_ok=True)
    return root


def identity_of(path: Path) -> tuple[int, int] | None:
    """What tells a file or folder from another of its name; None where there is none, or it cannot be looked at."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


@contextlib.contextmanager
def scratch_beside(path: Path, label: str) -> Iterator[Path]:
    """A hidden folder in `path` for work that ends there; gone at the end, and what a killed process left of it too."""
    for left in path.glob(f".{label}-*-*"):
        maker = left.name.split("-")[1]
        if maker.isdigit() and start_time(int(maker)) is None:
            shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=path, prefix=f".{label}-{os.getpid()}-") as scratch:
        yield Path(scratch)


def read_json(path: Path) -> object:
    """Parse a JSON file that Espalier wrote; raises OSError or ValueError if it is not there or not whole."""
    return json.loads(path.read_text(encoding="utf-8"))
