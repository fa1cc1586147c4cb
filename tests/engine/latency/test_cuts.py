"""The time under many cuts is the estimate, found quicker."""

from __future__ import annotations

import random

import pytest

from engine.graph.change import keep
from engine.graph.groups import channel_groups
from engine.graph.roles import convolutions
from engine.latency.cuts import CutTimes
from engine.latency.estimate import estimate
from tests.engine.small_detectors import graph_of


@pytest.mark.parametrize("key", ["ssdlite_mobilenet_v3_small", "yolov3_mobilenet_v3_large", "picodet_xs"])
@pytest.mark.parametrize(
    ("soc", "threads", "precision"), [("SD855", 4, "fp32"), ("SD865", 1, "int8"), ("SD8Elite", 4, "fp32")]
)
def test_that_it_is_the_estimate_of_the_cut_network(key: str, soc: str, threads: int, precision: str) -> None:
    graph = graph_of(key)
    groups = {name: group for name, group in channel_groups(graph).groups.items() if group.prunable}
    int8 = {op.layer for op in convolutions(graph)} - {"none"} if precision == "int8" else set[str]()
    times = CutTimes(soc, threads, precision, int8)
    chance, kept = random.Random(1), dict[str, int]()
    for _ in range(25):
        name = chance.choice(sorted(groups))
        kept[name] = chance.randint(1, groups[name].channels)
        cut = keep(graph, kept)
        assert times.ms(cut) == pytest.approx(estimate(cut, soc, threads, precision, int8=int8).ms, rel=1e-9)
