"""Small files: written whole or not at all."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from engine.contract.system.processes import start_time


def write_atomically(path: Path, text: str, *, sync: bool = True) -> None:
    """Write `text` under a temporary name beside `path`, sync it, then rename it into place.

    Raises OSError, and leaves what was there as it was. Without `sync` nobody waits for the disk, and a crash of the
    whole machine may cost the new text.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
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
