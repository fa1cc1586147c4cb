"""Which data a run was trained on: the content hash in its checkpoint, against that of the project's index."""

from __future__ import annotations

import json
import struct
from pathlib import Path

from engine.contract.dataset import Index
from engine.contract.project import ProjectFolder
from engine.contract.run.folder import checkpoint_of
from engine.contract.text.messages import UserError

SHORT = 8
"""So much of a hash tells data apart for a person."""
_MOST = 64 << 20
"""No header of ours is longer; what claims more is not read."""


def data_seen(run: Path) -> str | None:
    """The content hash of the data that a run began to train on; None where it has no checkpoint that tells.

    Of a safetensors file the length of its header comes first, then the header as JSON: nothing else is read.
    """
    try:
        with checkpoint_of(run).open("rb") as stream:
            (length,) = struct.unpack("<Q", stream.read(8))
            header = json.loads(stream.read(length)) if length < _MOST else {}
        info = json.loads(header["__metadata__"]["espalier"])
        return str(info["data_hash"]) or None
    except (UserError, OSError, ValueError, KeyError, TypeError, struct.error):
        return None


def data_today(folder: ProjectFolder) -> str | None:
    """The content hash of a project's data as it is now; None where it has no index that can be read."""
    try:
        with Index.open(folder.index) as index:
            return index.content_hash()
    except UserError:
        return None


def other_data(run: Path, today: str | None) -> str | None:
    """The short hash of the data that a run saw if that is not today's; None where it is, or where nobody knows."""
    seen = data_seen(run)
    return seen[:SHORT] if seen is not None and today is not None and seen != today else None
