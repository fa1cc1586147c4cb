"""Ratios for a target: a time on a phone is kept, alone and beside the others, and noise decides nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.contract.latency import PhoneChoice
from engine.contract.sensitivity import GroupLosses
from engine.contract.text.messages import UserError
from engine.graph.groups import channel_groups
from engine.graph.proposal import Budget
from engine.recipe.latency_target import LatencyOfCuts, LatencyTarget
from engine.recipe.offer import Offer, offer
from engine.recipe.phone_latency import phone_estimate
from engine.recipe.registry import make
from engine.recipe.stack import Stack
from tests.engine.small_detectors import choice_of, graph_of

KEY = "ssdlite_mobilenet_v3_small"
PHONE = PhoneChoice(soc="SD855", threads=4)
RUN = Path("project/runs/0001-base")


@pytest.fixture(autouse=True)
def _one_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """The run is the bare detector; it was measured on no phone."""
    monkeypatch.setattr("engine.recipe.stack._traced", lambda config: graph_of(KEY))
    for module in ("offer", "latency_target"):
        monkeypatch.setattr(f"engine.recipe.{module}.stack_of_run", lambda run: Stack(choice_of(KEY)))


def measured(spread: float | None = None, **lost: float) -> dict[str, GroupLosses]:
    """Every group loses a point when half of it goes, but for those whose loss is named."""
    groups = [group for group in channel_groups(graph_of(KEY)).groups.items() if group[1].prunable]
    return {
        name: GroupLosses(
            group=name, channels=group.channels, base=50, split="val", pictures=20,
            losses={0.5: lost.get(name, 1.0), 0.875: 5.0},
            spreads=None if spread is None else {0.5: spread, 0.875: spread},
        )
        for name, group in groups
        if group.channels > 1
    }  # fmt: skip


def offered(found: dict[str, GroupLosses], budget: Budget, ms: float | None = None) -> Offer:
    return offer(RUN, found, budget, "l1", LatencyTarget(ms, PHONE) if ms is not None else None)


def estimated(told: Offer) -> float:
    return phone_estimate(Stack(choice_of(KEY), (make(told.step),)), PHONE).figure.value


@pytest.mark.parametrize("share", [0.9, 0.8])
def test_that_a_time_on_a_phone_is_kept_and_used_up(share: float) -> None:
    whole = LatencyOfCuts(RUN, PHONE).whole
    told = offered(measured(), Budget(), share * whole)
    assert (share - 0.06) * whole < told.left["ms"] <= share * whole
    assert estimated(told) == pytest.approx(told.left["ms"], rel=0.01)
    assert "ms on the phone" in told.messages()[0].text()
    assert offered(measured(), Budget(), 2 * whole).ratios == {}


def test_that_every_limit_is_kept_where_several_are_named() -> None:
    whole = LatencyOfCuts(RUN, PHONE).whole
    alone = offered(measured(), Budget(), 0.8 * whole)
    both = offered(measured(), Budget(size=0.8 * alone.left["size"], macs=0.9), 0.8 * whole)
    assert both.left["ms"] <= 0.8 * whole and both.left["size"] <= 0.8 * alone.left["size"] and both.left["macs"] <= 0.9


def test_that_a_time_out_of_reach_is_told_with_what_is_left() -> None:
    with pytest.raises(UserError, match="--ms 0.1 is out of reach.* ms on the phone"):
        offered(measured(), Budget(), 0.1)
    assert "ms" not in offered(measured(), Budget(macs=0.9)).left


def test_that_int8_is_the_time_of_the_quantised_network() -> None:
    fast = PHONE.model_copy(update={"precision": "int8"})
    assert LatencyOfCuts(RUN, fast).whole != LatencyOfCuts(RUN, PHONE).whole


def test_that_a_gain_within_noise_is_no_reason_to_cut() -> None:
    # Of a few channels next to nothing is gained: only luck makes them go before others.
    lucky = "backbone.conv16.pointwise_conv.conv"
    budget = Budget(macs=0.9)
    assert offered(measured(**{lucky: -0.3}), budget).ratios[lucky] > 0
    cautious = offered(measured(spread=1.0, **{lucky: -0.3}), budget)
    assert lucky not in cautious.ratios
    assert cautious.ratios == offered(measured(spread=1.0, **{lucky: 0.0}), budget).ratios


def test_that_cuts_within_noise_are_counted_and_told() -> None:
    budget = Budget(macs=0.8)
    exact, noisy = offered(measured(spread=0.05), budget), offered(measured(spread=1.0), budget)
    assert exact.noise == 0 and len(exact.messages()) == 1
    assert 0 < noisy.noise <= len(noisy.ratios) and "within noise" in noisy.messages()[1].text()
