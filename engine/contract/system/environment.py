"""What a child process of ours finds in its environment."""

from __future__ import annotations

import os

from engine.contract.text.resources import ROOT


def engine_environment(**more: str) -> dict[str, str]:
    """Ours without Qt's variables, with the tree on Python's path and output that comes at once, and `more`."""
    ours = {name: value for name, value in studio_environment().items() if not name.startswith("QT_")}
    return ours | {"PYTHONUNBUFFERED": "1"} | more


def studio_environment() -> dict[str, str]:
    """Ours, with the tree on Python's path."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
