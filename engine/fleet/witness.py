"""A lock that the driver of a fleet holds, by which machines find out whether they see the locks of others."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.contract.run.lock import this_host
from engine.contract.system.locks import alone


@contextmanager
def witness(scratch: Path) -> Iterator[str]:
    """The path of a file that is locked meanwhile, in a folder that all machines share."""
    path = scratch / f"driver-{this_host()}-{os.getpid()}.lock"
    try:
        with alone(path, 1):
            yield str(path)
    finally:
        path.unlink(missing_ok=True)
