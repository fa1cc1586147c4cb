"""Detectors at their published input and classes cost what was published of them."""

from __future__ import annotations

from math import floor, prod

import pytest

from engine.graph import count
from tests.engine.small_detectors import graph_of

COUNTS = [
    ("ssd_mobilenet_v1", 300, 20, 1.148, 5.82),
    ("ssd_mobilenet_v1", 300, 80, 1.224, 6.70),
    ("ssdlite_mobilenet_v1", 300, 80, 1.246, 6.81),
    ("ssdlite_mobilenet_v3_large", 320, 80, 0.528, 3.43),
    ("ssdlite_mobilenet_v3_small", 320, 80, 0.176, 1.94),
    ("yolov3_mobilenet_v1", 320, 80, 6.139, 24.61),
    ("yolov3_resnet34", 320, 80, 12.40, 42.3),
]
PICODET = [("xs", 0.67, 0.70), ("s", 0.97, 1.18), ("m", 2.57, 3.46), ("l", 4.20, 5.80)]
"""Published GFLOPs at 320 px, which are twice the multiply-accumulates and more than convolutions, and parameters."""


@pytest.mark.parametrize(("key", "size", "classes", "giga", "mega"), COUNTS)
def test_one_stage_detectors_have_the_published_counts(
    key: str, size: int, classes: int, giga: float, mega: float
) -> None:
    graph = graph_of(key, size, classes)
    assert count.conv_macs(graph) / 1e9 == pytest.approx(giga, rel=0.005)
    assert count.params(graph) / 1e6 == pytest.approx(mega, rel=0.005)


@pytest.mark.parametrize(("letter", "gflops", "mega"), PICODET)
def test_picodet_has_the_published_counts(letter: str, gflops: float, mega: float) -> None:
    graph = graph_of(f"picodet_{letter}", 320, 80)
    # The published count leaves out batch norm's running statistics, and was cut to two digits, not rounded.
    learned = sum(
        prod(shape) for name, shape in graph.parameters.items() if not name.endswith(("._mean", "._variance"))
    )
    assert floor(learned / 1e4) / 100 == mega
    assert 0.98 * gflops / 2 < count.conv_macs(graph) / 1e9 < gflops / 2
    if letter == "s":
        assert count.conv_macs(graph) / 1e9 == pytest.approx(0.48, rel=0.005)
