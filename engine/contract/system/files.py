"""Small files: written whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path


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


def read_json(path: Path) -> object:
    """Parse a JSON file that Espalier wrote; raises OSError or ValueError if it is not there or not whole."""
    return json.loads(path.read_text(encoding="utf-8"))
