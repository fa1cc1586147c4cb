"""How a page stands: the mark beside its name in the rail."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from engine.contract.run.folder import Status


class PageState(Enum):
    """The mark of a page: nothing to see, ready for the person, at work, something is done, something failed."""

    EMPTY = "empty"
    READY = "ready"
    BUSY = "busy"
    DONE = "done"
    PROBLEM = "problem"


def runs_state(statuses: Sequence[Status]) -> PageState:
    """What the mark says of runs, the latest last."""
    if "running" in statuses:
        return PageState.BUSY
    if statuses and statuses[-1] in ("failed", "lost"):
        return PageState.PROBLEM
    return PageState.DONE if "finished" in statuses else PageState.READY
