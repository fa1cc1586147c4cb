"""A folder for a job whose folder nobody looks at afterwards."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from engine.contract.queue.changes import withdraw
from engine.contract.run.folder import RunFolder
from engine.contract.run.lock import until_let_go


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
            until_let_go(folder.lock)
            with suppress(OSError):
                withdraw(folder.root)
