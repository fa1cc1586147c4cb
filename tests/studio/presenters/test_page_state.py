"""The mark in the rail."""

from __future__ import annotations

import pytest

from engine.contract.run.folder import Status
from studio.presenters.page_state import PageState, runs_state


@pytest.mark.parametrize(
    ("statuses", "state"),
    [
        ([], PageState.READY),
        (["queued"], PageState.READY),
        (["finished", "running", "failed"], PageState.BUSY),
        (["finished", "lost"], PageState.PROBLEM),
        (["failed", "finished"], PageState.DONE),
        (["finished", "cancelled"], PageState.DONE),
    ],
)
def test_that_the_latest_run_decides_unless_one_is_at_work(statuses: list[Status], state: PageState) -> None:
    assert runs_state(statuses) is state
