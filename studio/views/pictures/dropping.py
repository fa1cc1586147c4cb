"""Pictures that are dropped onto a widget."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtGui import QDropEvent

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp")


def dropped_pictures(event: QDropEvent) -> list[str]:
    """The paths of the pictures in a drop; a folder stands for those in it."""
    paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
    found = [each for path in paths for each in (sorted(path.iterdir()) if path.is_dir() else [path])]
    return [str(path) for path in found if path.suffix.lower() in SUFFIXES]
