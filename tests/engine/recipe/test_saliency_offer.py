"""What is offered by saliency is what is built: channels, MACs and parameters, to the unit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.contract.figures import pick
from engine.contract.latency import PhoneChoice
from engine.contract.sensitivity import ChannelSaliency
from engine.contract.text.messages import UserError
from engine.detector.network.counts import count_by_hooks
from engine.graph.groups import channel_groups
from engine.graph.proposal import Budget
from engine.model.assembly import Model, extend
from engine.recipe.latency_target import LatencyOfCuts, LatencyTarget
from engine.recipe.saliency_offer import offer_by_saliency
from engine.recipe.stack import Stack
from engine.technique.base import Context
from tests.engine.small_detectors import choice_of, fresh, graph_of, noise

KEY = "ssdlite_mobilenet_v3_small"
PHONE = PhoneChoice(soc="SD855", threads=4)
RUN = Path("project/runs/0001-base")


@pytest.fixture(autouse=True)
def _one_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """The run is the bare detector; it was measured on no phone."""
    monkeypatch.setattr("engine.recipe.stack._traced", lambda config: graph_of(KEY))
    for module in ("offer", "latency_target"):
        monkeypatch.setattr(f"engine.recipe.{module}.stack_of_run", lambda run: Stack(choice_of(KEY)))


@pytest.fixture
def found() -> ChannelSaliency:
    chance = np.random.default_rng(0)
    groups = {name: each for name, each in channel_groups(graph_of(KEY)).groups.items() if each.prunable}
    values = {name: tuple(chance.exponential(size=each.channels).tolist()) for name, each in groups.items()}
    return ChannelSaliency(pictures=20, groups=values)


@pytest.mark.parametrize(("criterion", "align"), [("obs", 8), ("l1", 1)])
def test_that_what_is_counted_is_what_is_built(found: ChannelSaliency, criterion: str, align: int) -> None:
    told = offer_by_saliency(RUN, found, Budget(macs=0.5), criterion, align=align)
    network, config = fresh(KEY)
    choice = choice_of(KEY)
    made = extend(Model(network, config, choice), (told.step,), Context(config, choice, noise(choice, 4)))
    built = count_by_hooks(made.network, config)
    macs, params = pick(told.figures, "conv_macs"), pick(told.figures, "params")
    assert macs is not None and params is not None
    assert (built.conv_macs, built.params) == (macs.value, params.value)
    record = made.records[-1]
    assert record is not None and record["criterion"] == criterion
    assert all(len(entry["kept"]) % align == 0 for entry in record["groups"]) and len(record["groups"]) > 3
    assert 0.45 < told.left["macs"] <= 0.5 and 0 < told.left["saliency"] < 0.5
    assert "saliency of all channels" in told.messages()[0].text() and "points" not in told.messages()[0].text()


def test_that_a_time_is_kept_and_counted(found: ChannelSaliency) -> None:
    whole = LatencyOfCuts(RUN, PHONE).whole
    told = offer_by_saliency(RUN, found, Budget(), "obs", LatencyTarget(0.8 * whole, PHONE))
    assert 0.74 * whole < told.left["ms"] <= 0.8 * whole


def test_that_a_refusal_tells_what_is_left_and_only_named_groups_are_cut(found: ChannelSaliency) -> None:
    with pytest.raises(UserError, match="--macs 0.01 is out of reach.*multiples of 8"):
        offer_by_saliency(RUN, found, Budget(macs=0.01), "obs")
    named = sorted(found.groups, key=lambda name: len(found.groups[name]))[-3:]
    told = offer_by_saliency(RUN, found, Budget(macs=0.98), "obs", groups=named)
    assert set(told.ratios) <= set(named) and told.unmeasured == 0
