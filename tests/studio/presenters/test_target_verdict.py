"""A target is met or missed by the difference, in the figure's own unit."""

from __future__ import annotations

import pytest

from studio.presenters.target_verdict import limit_of, verdict
from tests.studio.stores.told_runs import figure


@pytest.mark.parametrize(
    ("name", "target", "limit"),
    [("macs", 0.5, 5e8), ("nb_bytes", 2.0, 2e6), ("phone_ms", 12.5, 12.5), ("macs", 0.0, None)],
)
def test_that_a_target_is_in_the_unit_of_its_row(name: str, target: float, limit: float | None) -> None:
    assert limit_of(name, target) == limit


def test_that_a_verdict_on_a_time_names_its_precision() -> None:
    now = figure("phone_ms", 12.0, "ms", "estimated", precision="int8")
    assert "int8" in verdict(now, 15.0).text and "int8" in verdict(now, 10.0).text
    assert "int8" not in verdict(figure("nb_bytes", 1e6, "bytes", precision="int8"), 2e6).text


def test_that_a_verdict_says_by_how_much() -> None:
    now = figure("phone_ms", 12.0, "ms", "estimated")
    met, missed, none = verdict(now, 15.0), verdict(now, 10.0), verdict(now, None)
    assert (met.tone, missed.tone, none.tone) == ("good", "bad", "none")
    assert "3.00 ms" in met.text and "2.00 ms" in missed.text
    assert verdict(now, 12.0).tone == "good" and verdict(None, 12.0) == none
