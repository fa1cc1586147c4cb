"""What an estimate is made of: boxes by their own measure, one core where it is one, pruned networks as differences."""

from __future__ import annotations

import csv
import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.graph.graph import Graph, Op
from engine.latency import estimate
from engine.latency.boxes import making
from engine.latency.coefficients import coefficients
from engine.latency.effects import ERAS, Setting, names, prior, rate
from engine.latency.features import KINDS, ON_ONE_CORE, Work, layer_works
from engine.latency.fit import Problem, Sample
from tests.latency.rows import pairs, read_rows
from tests.latency.samples import pruned_graph

CHIPS = ("SD625", "SD835", "SD845", "SD855", "SD865", "Kirin970", "Kirin980")
WIDE = 512


def ending(*shapes: tuple[int, ...]) -> Graph:
    """A network of nothing but its raw outputs."""
    tensors = {str(number): shape for number, shape in enumerate(shapes)}
    return Graph((), (), tuple(tensors), tensors, {})


def yolo(size: int = 320, classes: int = 80) -> Graph:
    return ending(*((1, 3 * (5 + classes), size // stride, size // stride) for stride in (32, 16, 8)))


def ssd(boxes: int = 2434, classes: int = 80) -> Graph:
    return ending((1, boxes, 4), (1, boxes, classes + 1))


def head(width: int) -> Graph:
    """A head of YOLOv3 on one map: 3x3, then the outputs."""
    held = {"type": "conv2d", "stride": [1, 1], "dilation": [1, 1], "groups": 1}
    ops = (
        Op("conv2d", ("a",), ("b",), {"weight": "yolo_head.one.weight"}, {**held, "kernel": [3, 3]}),
        Op("conv2d", ("b",), ("c",), {"weight": "yolo_head.two.weight"}, {**held, "kernel": [1, 1]}),
    )
    tensors = {"a": (1, 128, 40, 40), "b": (1, width, 40, 40), "c": (1, 255, 40, 40)}
    shapes = {"yolo_head.one.weight": (width, 128, 3, 3), "yolo_head.two.weight": (255, width, 1, 1)}
    return Graph(ops, ("a",), ("c",), tensors, shapes)


@pytest.mark.parametrize("soc", CHIPS)
@pytest.mark.parametrize("threads", [1, 4])
def test_a_head_of_no_convolutions_costs_little(soc: str, threads: int) -> None:
    # Beside the 5.3 * 10^9 multiply-accumulates of a YOLOv3 on a MobileNetV3 of that size, were they all of 1x1.
    whole = 5.3 * rate("pointwise", Setting(soc, threads), coefficients().effects)
    assert 0 < estimate(yolo(), soc, threads, "fp32").ms < 0.12 * whole


@pytest.mark.parametrize("soc", CHIPS)
@pytest.mark.parametrize("threads", [1, 2, 4])
@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_a_slimmer_head_is_never_slower_and_what_stays_is_its_boxes(soc: str, threads: int, precision: str) -> None:
    told = [estimate(head(width), soc, threads, precision) for width in range(4, WIDE, 12)]
    assert all(one.ms <= other.ms * (1 + 1e-9) for one, other in itertools.pairwise(told))
    assert len({round(one.parts["post"], 9) for one in told}) == 1
    assert told[0].parts["post"] < told[-1].ms / 2


def test_host_kernels_take_the_same_whatever_the_threads_and_the_precision() -> None:
    effects = coefficients().effects
    for kind in ON_ONE_CORE:
        for soc in CHIPS:
            one = rate(kind, Setting(soc), effects)
            assert rate(kind, Setting(soc, 4), effects) == one
            assert rate(kind, Setting(soc, 4, "fp16"), effects) == one
            assert rate("pointwise", Setting(soc, 4), effects) < rate("pointwise", Setting(soc), effects)


def test_boxes_are_measured_by_places_classes_and_what_is_above_the_threshold() -> None:
    many, few = making(yolo()), making(yolo(classes=20))
    assert (many.looked, few.looked) == (6300 * 80, 6300 * 20)
    assert many.exponents == few.exponents == 6300  # one look at each box, however many classes
    assert many.candidates == few.candidates < 0.25 * 6300
    assert making(yolo(640)).looked == 4 * many.looked
    # An SSD has a softmax over all classes everywhere, a YOLOv3 nothing of the kind.
    assert making(ssd()).many >= 2434 * 80 > many.many == 0


def test_every_family_is_known_by_its_outputs() -> None:
    picodet = making(ending((1, 80, 40, 40), (1, 32, 40, 40), (1, 1, 40, 40)))
    assert (picodet.looked, picodet.exponents) == (80 * 1600, 0)
    two = making(ending((1, 3, 40, 40), (1, 12, 40, 40), (100, 81), (100, 320)))
    assert two.looked == 3 * 1600 + 100 * 81
    assert two.candidates == 300 + 100
    assert making(ending((1, 1000))).candidates == 0


def test_regions_are_pooled_on_one_core() -> None:
    op = Op("other", ("a",), ("b",), {}, {"type": "roi_align"})
    graph = Graph((op,), ("a",), ("b",), {"a": (1, 48, 40, 40), "b": (100, 48, 7, 7)}, {})
    (work,) = layer_works(graph, tail=False)
    assert (work.part, set(work.work)) == ("roi", {"tap", "launch"})


def test_pruned_networks_count_as_differences() -> None:
    def sample(model: str, pointwise: float, dense: float, ms: float) -> Sample:
        work: Work = {"pointwise": pointwise, "dense": dense}
        return Sample(model, (work, {}), Setting(), ms)

    # A source in which all is slower by half; its pair says that the pruned half of the work is a half of the time.
    samples = [sample("a", 1, 0, 40), sample("b", 2, 0, 80), sample("c", 1, 1, 150), sample("d", 1, 0, 60)]
    alone, paired = Problem(samples), Problem(samples, [(2, 3)])
    told = [problem.predict(problem.fit())[[2, 3]] for problem in (alone, paired)]
    gains = [float(np.exp(whole - pruned)) for whole, pruned in told]
    assert abs(gains[1] - 2.5) < abs(gains[0] - 2.5)


def test_a_pair_of_which_one_is_left_out_is_left_out() -> None:
    setting = Setting()
    known = {name: prior(name)[0] for kind in KINDS for name in names(kind, setting)}
    work: Work = {"pointwise": 1.0}
    ms = rate("pointwise", setting, known)
    samples = [Sample(name, (work, {}), setting, ms) for name in "ab"]
    samples.append(replace(samples[0], model="c", ms=9 * ms))
    problem = Problem(samples, [(0, 2)])
    told = problem.predict(problem.fit(np.array([True, True, False])))
    assert told == pytest.approx(np.log([ms] * 3), abs=0.02)


def test_pairs_are_of_one_source_on_one_phone_and_prunings_are_one_model(tmp_path: Path) -> None:
    fields = "source,soc,framework,version,abi,backend,threads,precision,model,input,ms,gmacs,params_m,size_mb,note"
    rows = [
        ("a", "SD855", "4", "yolov3_mbv1_voc_baseline"),
        ("a", "SD855", "4", "yolov3_mbv1_voc_r578"),
        ("a", "SD835", "4", "yolov3_mbv1_voc_r578"),
        ("b", "SD855", "4", "yolov3_mbv1_distill_prune578"),
        ("b", "SD855", "1", "MobileNetV1 Baseline"),
        ("b", "SD855", "1", "MobileNetV1 uniform-50%"),
    ]
    file = tmp_path / "published.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        written = csv.writer(out)
        written.writerow(fields.split(","))
        for source, soc, threads, model in rows:
            common = ["PaddleLite", "2.3", "armv8", "arm", threads, "fp32", model, "320", "31", "", "", "", ""]
            written.writerow([source, soc, *common])
    used, _ = read_rows(file)
    assert pairs(used) == [(0, 1), (4, 5)]
    assert {row.model for row in used if row.whole} == {"yolov3_mbv1 pruned", "mobilenet_v1_x1.0 pruned"}
    assert {row.family for row in used} == {"yolov3_mbv1", "mobilenet_v1_x1.0"}
    assert {row.era for row in used} == {ERAS[0]}


def test_a_network_pruned_by_one_ratio_is_cut_from_the_whole() -> None:
    cut = pruned_graph(head(64), 0.5)
    assert cut.tensors["c"] == (1, 255, 40, 40)  # outputs are never cut
