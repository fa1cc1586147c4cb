"""Proposals by what single channels are worth: aligned, within the budget, and sparing what is worth most."""

from __future__ import annotations

import numpy as np
import pytest

from engine.graph.change import keep, left_of
from engine.graph.count import conv_macs, params
from engine.graph.fine_proposal import DEEPEST, levels_of, propose_finely, ratio_of
from engine.graph.graph import Graph
from engine.graph.groups import channel_groups
from engine.graph.proposal import Budget, OutOfReach, ShareOf
from tests.engine.small_detectors import graph_of


@pytest.fixture(scope="module", params=["ssdlite_mobilenet_v3_small", "picodet_xs"])
def graph(request: pytest.FixtureRequest) -> Graph:
    return graph_of(request.param)


def worth_of(graph: Graph) -> dict[str, list[float]]:
    """By chance, and much in one group."""
    chance = np.random.default_rng(0)
    groups = {name: group for name, group in channel_groups(graph).groups.items() if group.prunable}
    worth = {name: chance.exponential(size=group.channels).tolist() for name, group in groups.items()}
    dear = dear_of(graph)
    return {name: [1000 * value for value in values] if name == dear else values for name, values in worth.items()}


def dear_of(graph: Graph) -> str:
    groups = (group for group in channel_groups(graph).groups.values() if group.prunable)
    return max(groups, key=lambda group: group.channels).id


def share_of(graph: Graph) -> ShareOf:
    return lambda cut: params(cut) / params(graph)


def left(graph: Graph, ratios: dict[str, float], align: int) -> Graph:
    groups = channel_groups(graph).groups
    return keep(graph, {name: left_of(groups[name].channels, ratio, align) for name, ratio in ratios.items()})


@pytest.mark.parametrize("align", [8, 4, 1])
def test_that_a_budget_is_kept_and_used_up_in_what_is_built(graph: Graph, align: int) -> None:
    worth, budget = worth_of(graph), Budget(macs=0.6, size=0.7)
    ratios = propose_finely(graph, worth, budget, share_of(graph), align)
    cut = left(graph, ratios, align)
    shares = conv_macs(cut) / conv_macs(graph), params(cut) / params(graph)
    assert shares[0] <= 0.6 and shares[1] <= 0.7 and (shares[0] > 0.56 or shares[1] > 0.66)
    groups = channel_groups(graph).groups
    kept = {name: left_of(groups[name].channels, ratio, align) for name, ratio in ratios.items()}
    assert all(count % align == 0 and count >= (1 - DEEPEST) * groups[name].channels for name, count in kept.items())
    assert dear_of(graph) not in ratios


def test_that_nothing_goes_where_nothing_need_go_and_too_much_is_refused(graph: Graph) -> None:
    worth = worth_of(graph)
    assert propose_finely(graph, worth, Budget(macs=1.0), share_of(graph)) == {}
    with pytest.raises(OutOfReach) as caught:
        propose_finely(graph, worth, Budget(macs=0.001), share_of(graph))
    assert not caught.value.spent and dear_of(graph) in caught.value.ratios


def test_that_groups_without_a_worth_stay_whole_and_channels_of_none_go_first(graph: Graph) -> None:
    worth = worth_of(graph)
    wide = sorted(worth, key=lambda name: -len(worth[name]))[:3]
    few = {name: worth[name] for name in wide} | {wide[1]: [0.0] * len(worth[wide[1]])}
    ratios = propose_finely(graph, few, Budget(macs=0.99), share_of(graph))
    assert set(ratios) <= set(wide) and max(ratios, key=lambda name: ratios[name]) == wide[1]


@pytest.mark.parametrize("align", [1, 4, 8])
def test_that_every_level_of_a_group_is_what_its_ratio_leaves(align: int) -> None:
    for channels in (2, 7, 8, 9, 16, 20, 30, 72, 112, 184, 672, 960, 1024, 2048):
        whole, *levels = levels_of(channels, align)
        assert whole == channels and levels == sorted(set(levels), reverse=True)
        for kept in levels:
            assert kept < channels and ratio_of(channels, kept) <= 0.9
            assert left_of(channels, ratio_of(channels, kept), align) == kept
