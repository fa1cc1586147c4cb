"""Small files that the studio writes: whole or not at all, without waiting for the disk."""

from __future__ import annotations

from pathlib import Path

from engine.contract.system.files import write_atomically


def write_whole(path: Path, text: str) -> None:
    """Write `path`; raises OSError. It is not synced: that could hold the window for seconds."""
    write_atomically(path, text, sync=False)
