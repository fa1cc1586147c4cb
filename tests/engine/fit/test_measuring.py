"""What counts as the time of a cut on a machine that is slower than at first, or busy."""

from __future__ import annotations

import pytest

from engine.contract.figures import Figure
from engine.fit.measuring import drift, settled


def taken(ms: float, low: float, load: float = 0.0) -> Figure:
    return Figure(name="host_ms_total", value=ms, unit="ms", source="measured", low=low, high=ms * 1.1, load=load)


def test_that_a_machine_that_became_slower_does_not_make_a_cut_slower() -> None:
    assert drift(taken(20, 19), taken(25, 24), taken(5, 4.9)) == pytest.approx(0.8)


def test_that_what_interrupts_long_runs_does_not_make_short_ones_quick() -> None:
    """Seen beside other work: a base of 25 ms took 40, a cut of 4 ms still 4, and 2.7 was told."""
    own = taken(6, 4, load=0.9)
    assert drift(taken(25, 24.5), taken(44, 40, load=0.9), own) * settled(own) == 4
