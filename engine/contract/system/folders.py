"""The folders of a person's machine that hold what belongs to no project."""

from __future__ import annotations

import os
import socket
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
    """What waits to be computed on this machine, for all projects of a person (engine/contract/queue).

    Named for the machine, for others may have the same home folder.
    """
    name = "".join(each if each.isalnum() or each in "-_." else "_" for each in socket.gethostname())
    return state_folder() / "queues" / (name.lstrip(".") or "machine")


def _folder(variable: str, usual: str) -> Path:
    return Path(os.environ.get(variable) or Path.home() / usual) / "espalier"
