"""The folders of a person's machine that hold what belongs to no project."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """What can be made or fetched again: `espalier` below XDG_CACHE_HOME."""
    return _folder("XDG_CACHE_HOME", ".cache")


def config_folder() -> Path:
    """What the person chose: `espalier` below XDG_CONFIG_HOME."""
    return _folder("XDG_CONFIG_HOME", ".config")


def state_folder() -> Path:
    """Logs, and the queue: `espalier` below XDG_STATE_HOME."""
    return _folder("XDG_STATE_HOME", ".local/state")


def queue_folder() -> Path:
    """What waits to be computed on this machine, for all projects of a person (engine/contract/queue)."""
    return state_folder() / "queue"


def _folder(variable: str, usual: str) -> Path:
    return Path(os.environ.get(variable) or Path.home() / usual) / "espalier"
