"""The published rows as samples to fit on, and the graphs of their networks, which a folder keeps."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from engine.contract.project import DetectorChoice
from engine.contract.recipe import Step
from engine.contract.socs import socs
from engine.graph.change import keep, left_of
from engine.graph.count import macs, params
from engine.graph.graph import Graph, Op
from engine.graph.groups import channel_groups
from engine.graph.roles import convolutions
from engine.latency.effects import Setting
from engine.latency.estimate import reading
from engine.latency.features import Work, convolution, layer_works, total
from engine.latency.fit import Sample
from engine.recipe.stack import Stack
from tests.latency.rows import Row

TABLE_WEIGHT = 0.1
"""Weight of one of the table's convolutions beside a whole network."""
TOLERANCE = 0.03
OURS: dict[str, tuple[str, int, str | None]] = {
    "yolov3_mbv1_voc": ("yolov3_mobilenet_v1", 20, None),
    "yolov3_mbv1_voc_r578": ("yolov3_mobilenet_v1", 20, "head70"),
    "yolov3_mbv1": ("yolov3_mobilenet_v1", 80, None),
    "yolov3_mbv1_r578": ("yolov3_mobilenet_v1", 80, "head70"),
    "yolov3_mbv3": ("yolov3_mobilenet_v3_large", 80, None),
    "ssd_mbv1_voc": ("ssd_mobilenet_v1", 20, None),
    "ssdlite_mbv3_large": ("ssdlite_mobilenet_v3_large", 80, None),
    "ssdlite_mbv3_small": ("ssdlite_mobilenet_v3_small", 80, None),
    "picodet_xs": ("picodet_xs", 80, None),
    "picodet_s": ("picodet_s", 80, None),
}
"""Networks that are detectors here: key, classes, and the preset of pruning."""


def detector_graph(key: str, size: int) -> Graph:
    """The graph of one of OURS."""
    name, classes, preset = OURS[key]
    steps = [Step(technique="filter_prune", params={"preset": preset})] if preset else []
    choice = DetectorChoice(key=name, size=size, classes=tuple(f"c{n}" for n in range(classes)))
    return Stack.of_steps(choice, steps).graph


UNIFORM: dict[str, tuple[str, float]] = {"mobilenet_v1_x1.0_uniform50": ("mobilenet_v1_x1.0", 0.31)}
"""Networks of which PaddleSlim pruned every 1x1 convolution by one ratio: of what, and the ratio in its demo."""


def pruned_graph(graph: Graph, ratio: float) -> Graph:
    """A network with the same share of every 1x1 convolution's filters removed, and of what follows them."""
    narrow = {op.layer for op in convolutions(graph) if graph.parameters[op.parameters["weight"]][2:] == (1, 1)}
    groups = channel_groups(graph).groups.items()
    kept = {name: left_of(group.channels, ratio) for name, group in groups if group.prunable and name in narrow}
    return keep(graph, kept)


def trace_all(rows: Iterable[Row], folder: Path) -> None:
    """Trace every network that a row is of and that is not in the folder yet; a minute or two."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = sorted({(UNIFORM.get(row.graph, (row.graph,))[0], row.size) for row in rows})
    missing = [pair for pair in wanted if not (folder / f"{pair[0]}-{pair[1]}.json").is_file()]
    for key, size in missing:
        if key in OURS:
            (folder / f"{key}-{size}.json").write_text(detector_graph(key, size).to_json(), encoding="utf-8")
    others = [f"{key}:{size}" for key, size in missing if key not in OURS]
    if others:
        command = [sys.executable, "-m", "tests.latency.networks", str(folder), *others]
        subprocess.run(command, check=True, timeout=1200)


def refusal(row: Row, graph: Graph) -> str | None:
    """Why a rebuilt network is not the published one; None where its published counts agree.

    Published counts of multiply-accumulates are rounded, and some count other operations too: parameters that agree
    suffice. Two last places of the published number are allowed.
    """
    if row.gmacs is None and row.params_m is None:
        return None
    ours = (macs(graph) / 1e9, params(graph) / 1e6)
    wrong = [
        published is None or abs(value - published) > TOLERANCE * published + 0.01
        for value, published in zip(ours, (row.gmacs, row.params_m), strict=True)
    ]
    return f"counts {ours[0]:.3f} G, {ours[1]:.2f} M" if all(wrong) else None


def samples(rows: list[Row], folder: Path) -> list[Sample]:
    """A sample for each row; those of the same network, chip, threads and precision share weight."""
    same = Counter((row.model, row.size, row.soc, row.threads, row.precision) for row in rows)
    return [
        Sample(
            model=row.model,
            work=_work(folder, row.graph, row.size, row.threads, row.precision, row.tail),
            setting=Setting(row.soc, row.threads, row.precision, row.era, socs()[row.soc].dot_product),
            ms=row.ms,
            weight=same[row.model, row.size, row.soc, row.threads, row.precision] ** -0.5,
        )
        for row in rows
    ]


@cache
def network(folder: Path, key: str, size: int) -> Graph:
    """A traced network, or one that is cut from it."""
    if key in UNIFORM:
        whole, ratio = UNIFORM[key]
        return pruned_graph(network(folder, whole, size), ratio)
    return reading(folder / f"{key}-{size}.json")


@cache
def _work(folder: Path, key: str, size: int, threads: int, precision: str, tail: bool) -> tuple[Work, Work]:
    graph = network(folder, key, size)
    int8 = {op.layer for op in convolutions(graph)} if precision == "int8" else set()
    return total(layer_works(graph, threads, int8, tail))


def table_samples(file: Path) -> list[Sample]:
    """The table of single convolutions on SD855, in microseconds."""
    found = []
    for line in file.read_text(encoding="utf-8").splitlines()[1:]:
        words, micros = line.split("\t")
        found.append(Sample("table", (_single(words), {}), Setting(table=True), float(micros) / 1e3, TABLE_WEIGHT))
    return found


def _single(words: str) -> Work:
    _, _, _, cin, height, width, cout, groups, kernel, pad, stride, dilation = map(int, words.split(",")[1:])
    reach = dilation * (kernel - 1) + 1
    places = [(side + 2 * pad - reach) // stride + 1 for side in (height, width)]
    attributes = {"type": "conv2d", "stride": [stride] * 2, "dilation": [dilation] * 2, "groups": groups}
    depthwise = groups == cin == cout and groups > 1
    op = Op("depthwise_conv2d" if depthwise else "conv2d", ("a",), ("b",), {"weight": "w"}, attributes)
    tensors = {"a": (1, cin, height, width), "b": (1, cout, *places)}
    return convolution(Graph((op,), ("a",), ("b",), tensors, {"w": (cout, cin // groups, kernel, kernel)}), op)
