"""Proposals of how much to cut of each channel group: they keep the budget and spare what is dear."""

from __future__ import annotations

import pytest

from engine.graph.change import keep
from engine.graph.count import conv_macs, params
from engine.graph.graph import Graph
from engine.graph.groups import channel_groups
from engine.graph.proposal import Budget, OutOfReach, ShareOf, loss_at, propose
from tests.engine.small_detectors import graph_of

KEY = "ssdlite_mobilenet_v3_small"
DEAR = "backbone.conv3.expand_conv.conv"


@pytest.fixture(scope="module")
def graph() -> Graph:
    return graph_of(KEY)


@pytest.fixture(scope="module")
def table(graph: Graph) -> dict[str, dict[float, float]]:
    """Every group loses the same, but for one that loses all."""
    names = [name for name, group in channel_groups(graph).groups.items() if group.prunable]
    return {name: {0.5: 30.0 if name == DEAR else 1.0, 0.875: 60.0 if name == DEAR else 4.0} for name in names}


def share_of(graph: Graph) -> ShareOf:
    return lambda cut: params(cut) / params(graph)


def left(graph: Graph, ratios: dict[str, float]) -> Graph:
    groups = channel_groups(graph).groups
    return keep(graph, {name: max(1, round(groups[name].channels * (1 - ratio))) for name, ratio in ratios.items()})


@pytest.mark.parametrize("share", [0.8, 0.4])
def test_that_a_budget_of_macs_is_kept_and_used_up(
    graph: Graph, table: dict[str, dict[float, float]], share: float
) -> None:
    ratios = propose(graph, table, Budget(macs=share), share_of(graph))
    found = conv_macs(left(graph, ratios)) / conv_macs(graph)
    assert share - 0.06 < found <= share
    assert ratios.get(DEAR, 0.0) < max(ratios.values())


def test_that_a_budget_of_size_is_kept(graph: Graph, table: dict[str, dict[float, float]]) -> None:
    ratios = propose(graph, table, Budget(size=0.5), share_of(graph))
    assert params(left(graph, ratios)) <= 0.5 * params(graph)


def test_that_points_are_not_overspent(graph: Graph, table: dict[str, dict[float, float]]) -> None:
    ratios = propose(graph, table, Budget(points=3.0), share_of(graph))
    spent = sum(loss_at(table[name], ratio) for name, ratio in ratios.items())
    assert 1.0 < spent <= 3.0 and DEAR not in ratios


def test_that_nothing_goes_where_nothing_need_go(graph: Graph, table: dict[str, dict[float, float]]) -> None:
    assert propose(graph, table, Budget(macs=1.0), share_of(graph)) == {}


def test_that_groups_without_a_measurement_stay_whole(graph: Graph, table: dict[str, dict[float, float]]) -> None:
    known = {name: losses for name, losses in table.items() if "conv14" in name or "conv15" in name}
    assert set(propose(graph, known, Budget(macs=0.95), share_of(graph))) <= set(known)


def test_that_what_is_out_of_reach_is_refused(graph: Graph, table: dict[str, dict[float, float]]) -> None:
    with pytest.raises(OutOfReach, match="not enough") as caught:
        propose(graph, table, Budget(macs=0.001), share_of(graph))
    assert not caught.value.spent and set(caught.value.ratios) == set(table)


def test_that_points_that_stop_it_are_told_apart(graph: Graph, table: dict[str, dict[float, float]]) -> None:
    with pytest.raises(OutOfReach, match="points") as caught:
        propose(graph, table, Budget(macs=0.4, points=3.0), share_of(graph))
    assert caught.value.spent
    assert 2.7 < sum(loss_at(table[name], ratio) for name, ratio in caught.value.ratios.items()) <= 3.0
    with pytest.raises(OutOfReach) as caught:
        propose(graph, table, Budget(macs=0.001, points=1000), share_of(graph))
    assert not caught.value.spent


def test_that_no_more_goes_than_what_is_asked_for_where_points_are_left(
    graph: Graph, table: dict[str, dict[float, float]]
) -> None:
    both = propose(graph, table, Budget(macs=0.8, points=100), share_of(graph))
    assert both == propose(graph, table, Budget(macs=0.8), share_of(graph))


def test_that_a_dear_cut_that_the_points_forbid_does_not_keep_back_the_cheap_ones(graph: Graph) -> None:
    names = [name for name, group in channel_groups(graph).groups.items() if group.prunable]
    large, small = (choose(names, key=lambda name: -conv_macs(left(graph, {name: 0.125}))) for choose in (max, min))
    losses = {large: {0.125: 5.0}, small: {0.5: 3.6}}
    assert propose(graph, losses, Budget(points=8.6), share_of(graph)).keys() == {large, small}
    assert propose(graph, losses, Budget(points=4.0), share_of(graph)).keys() == {small}


def test_that_losses_lie_on_lines_between_measurements_and_never_fall() -> None:
    losses = {0.5: 2.0, 0.25: -0.3, 0.75: 1.0}
    assert [loss_at(losses, ratio) for ratio in (0.0, 0.25, 0.375, 0.5, 0.75)] == [0.0, 0.0, 1.0, 2.0, 2.0]
    assert loss_at(losses, 0.8) == float("inf")
