"""Which settings say whether a pane is shown, by the size of the window."""

from __future__ import annotations

import pytest

from studio.presenters.panes import HIGH, WIDE, pane_keys
from studio.stores.settings import Settings


@pytest.mark.parametrize(
    ("size", "keys"),
    [
        ((1440, 900), ("inspector", "jobs")),
        ((1280, 720), ("inspector_small", "jobs_small")),
        ((960, 540), ("inspector_small", "jobs_small")),
        ((1920, 720), ("inspector", "jobs_small")),
        ((WIDE - 1, HIGH), ("inspector_small", "jobs")),
    ],
)
def test_that_width_and_height_each_decide_for_one_pane(size: tuple[int, int], keys: tuple[str, str]) -> None:
    assert pane_keys(*size) == keys
    assert set(keys) <= set(Settings.model_fields)
