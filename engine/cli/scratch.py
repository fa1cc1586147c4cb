"""A folder for a job whose folder nobody looks at afterwards."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from engine.contract.queue.changes import withdraw
from engine.contract.run.folder import RunFolder
from engine.contract.system.locks import is_locked

_TIDY_S = 8.0
_POLL_S = 0.01


@contextmanager
def scratch_run() -> Iterator[RunFolder]:
    """It is gone afterwards, once its keeper has tidied up and its entry is out of the queue.

    For who finds half of a run's folder may take it for one that was never begun.
    """
    with tempfile.TemporaryDirectory(prefix="espalier-", ignore_cleanup_errors=True) as scratch:
        folder = RunFolder(Path(scratch))
        try:
            yield folder
        finally:
            until = time.monotonic() + _TIDY_S
            while is_locked(folder.lock) and time.monotonic() < until:
                time.sleep(_POLL_S)
            with suppress(OSError):
                withdraw(folder.root)
