"""What a child process of ours finds in its environment."""

from __future__ import annotations

import os

from engine.contract.text.resources import ROOT

TOKEN, TOKEN_PATH = "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"
"""What lets anybody into a fleet, and the file of it: nothing that a worker, or a library in it that prints its
environment, needs. Who drives a fleet from a worker finds the file."""


def engine_environment(**more: str) -> dict[str, str]:
    """Ours with the tree on Python's path, output at once and `more`, without Qt's variables and `TOKEN`."""
    ours = {name: value for name, value in studio_environment().items() if not name.startswith("QT_")}
    ours.pop(TOKEN, None)
    return ours | {"PYTHONUNBUFFERED": "1"} | more


def studio_environment() -> dict[str, str]:
    """Ours, with the tree on Python's path."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
