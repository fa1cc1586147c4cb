"""Phone latency from a graph: more work is never faster, bounds, refusals, corrections, and the fit itself."""

from __future__ import annotations

import csv
import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.cli import main
from engine.contract.figures import Conditions, Figure
from engine.contract.latency import PhoneChoice
from engine.contract.previews.figures import FiguresRequest
from engine.contract.project import DetectorChoice
from engine.contract.recipe import Recipe, Step
from engine.contract.socs import find_soc, soc_named, socs
from engine.contract.text.messages import UserError
from engine.graph.graph import Graph, Op
from engine.latency import estimate, milliseconds, reading
from engine.latency.coefficients import coefficients
from engine.latency.correction import Observation, corrected
from engine.latency.effects import ERAS, Setting, names, prior, rate
from engine.latency.features import KINDS, layer_works, total, winograd
from engine.latency.fit import Problem, Sample
from tests.latency.rows import read_rows

PLAIN = [(soc, threads, "fp32") for soc in ("SD625", "SD855", "SD865", "Kirin980") for threads in (1, 2, 4)]
ALL = [*PLAIN, ("SD865", 1, "fp16"), ("SD855", 4, "int8"), ("SD835", 2, "int8")]


def network(channels: int = 32, size: int = 40, kernel: int = 3, stride: int = 1, depthwise: bool = False) -> Graph:
    """Two convolutions with batch norm and an activation between."""
    out, groups = size // stride, channels if depthwise else 1
    ops = (
        _conv("a", "b", "backbone.first", 1, 1, 1),
        Op("batch_norm", ("b",), ("c",), {"weight": "backbone.bn.weight"}, {"type": "batch_norm"}),
        Op("activation", ("c",), ("d",), {}, {"type": "relu"}),
        _conv("d", "e", "head.second", kernel, stride, groups),
    )
    tensors = {
        "a": (1, 16, size, size),
        **dict.fromkeys("bcd", (1, channels, size, size)),
        "e": (1, channels, out, out),
    }
    parameters = {
        "backbone.first.weight": (channels, 16, 1, 1),
        "backbone.bn.weight": (channels,),
        "head.second.weight": (channels, channels // groups, kernel, kernel),
    }
    return Graph(ops, ("a",), ("e",), tensors, parameters)


def _conv(source: str, target: str, layer: str, kernel: int, stride: int, groups: int) -> Op:
    held = {"type": "conv2d", "kernel": [kernel] * 2, "stride": [stride] * 2, "dilation": [1, 1], "groups": groups}
    kind = "depthwise_conv2d" if groups > 1 else "conv2d"
    return Op(kind, (source,), (target,), {"weight": f"{layer}.weight"}, held)  # type: ignore[arg-type]


@pytest.mark.parametrize(("soc", "threads", "precision"), ALL)
@pytest.mark.parametrize("shape", [{"kernel": 3}, {"kernel": 1}, {"kernel": 3, "stride": 2}, {"depthwise": True}])
def test_more_work_is_never_faster(shape: dict[str, int], soc: str, threads: int, precision: str) -> None:
    by_width = [milliseconds(network(channels=n, **shape), soc, threads, precision) for n in range(8, 130, 6)]  # type: ignore[arg-type]
    by_size = [milliseconds(network(size=n, **shape), soc, threads, precision) for n in range(4, 100, 2)]  # type: ignore[arg-type]
    for times in (by_width, by_size):
        assert all(one <= other * (1 + 1e-9) for one, other in itertools.pairwise(times))


def test_winograd_counts_no_larger_map_as_less() -> None:
    for threads in (1, 2, 4):
        products = [winograd(side, side, threads)[0] for side in range(1, 120)]
        assert products == sorted(products)
        assert products[-1] < 3 * 119 * 119  # what it is for: 9 without it


def test_merged_operations_cost_nothing() -> None:
    works = layer_works(network(), tail=False)
    assert [work.layer for work in works] == ["backbone.first", "head.second"]
    assert [work.part for work in works] == ["backbone", "head"]
    assert [work.part for work in layer_works(network())][-1] == "post"


def test_int8_pays_for_every_change_from_and_to_float() -> None:
    def changed(int8: set[str]) -> list[float]:
        return [work.work["calib"] for work in layer_works(network(), int8=int8, tail=False) if "calib" in work.work]

    assert changed(set()) == []
    assert changed({"backbone.first", "head.second"}) == [16 * 40 * 40 / 1e6]  # the picture; between them all is int8
    assert len(changed({"backbone.first"})) == 2


@pytest.mark.parametrize(("soc", "threads", "precision"), ALL)
def test_the_bounds_hold_the_value_and_the_parts_add_up(soc: str, threads: int, precision: str) -> None:
    told = estimate(network(), soc, threads, precision)
    assert 0 < told.low < told.ms < told.high
    assert sum(told.parts.values()) == pytest.approx(told.ms)
    assert all(ms >= 0 for ms in told.layers.values())


def test_what_nobody_measured_is_less_sure() -> None:
    seen, unseen = (estimate(network(), "SD865", threads, "fp32") for threads in (1, 2))
    assert seen.seen > 0 == unseen.seen
    assert unseen.high / unseen.ms > seen.high / seen.ms


@pytest.mark.parametrize(
    ("soc", "threads", "precision", "code"),
    [
        ("SD999", 1, "fp32", "latency.unknown_soc"),
        ("SD855", 3, "fp32", "latency.threads"),
        ("SD855", 1, "bf16", "latency.precision"),
        ("SD835", 1, "fp16", "latency.no_fp16"),
    ],
)
def test_what_cannot_be_told_is_refused(soc: str, threads: int, precision: str, code: str) -> None:
    with pytest.raises(UserError) as caught:
        milliseconds(network(), soc, threads, precision)
    assert caught.value.message.code == code


def test_other_backends_are_refused() -> None:
    with pytest.raises(UserError) as caught:
        milliseconds(network(), "SD855", 1, "fp32", backend="opencl")
    assert caught.value.message.code == "latency.backend"


def test_a_graph_is_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "graph.json"
    file.write_text(network().to_json(), encoding="utf-8")
    assert milliseconds(reading(file), "SD855", 1, "fp32") == milliseconds(network(), "SD855", 1, "fp32")


def test_the_shipped_coefficients_say_of_what_they_are() -> None:
    shipped = coefficients()
    assert {name.split("/")[0] for name in shipped.seen} <= set(socs())
    assert all(np.isfinite(value) for value in shipped.effects.values())
    assert {"command", "date", "sha256", "rows", "sources", "models"} <= set(shipped.provenance)
    assert sum(shipped.seen.values()) == shipped.provenance["rows"]
    assert all(factor > 1 for factor in shipped.spread.values())


def test_chips_are_found_by_what_a_phone_calls_them() -> None:
    assert all(soc.key == key for key, soc in socs().items())
    for words, key in ((["msmnile"], "SD855"), (["", "kona"], "SD865"), (["SM8250"], "SD865"), (["sdm845"], "SD845")):
        found = soc_named(words)
        assert found is not None
        assert found.key == key
    assert soc_named(["", "nothing"]) is None
    assert find_soc("kirin980").dot_product
    told = [name.lower() for soc in socs().values() for name in {*soc.platforms, *soc.models}]
    assert len(set(told)) >= len(told) - sum(
        bool({n.lower() for n in soc.platforms} & {n.lower() for n in soc.models}) for soc in socs().values()
    )


def figure(value: float = 100.0, factor: float = 1.3) -> Figure:
    conditions = Conditions(device="SD855", runtime="Paddle Lite 2.13rc0", threads=4, precision="fp32")
    return Figure(
        name="phone_ms", value=value, unit="ms", source="estimated",
        low=value / factor, high=value * factor, conditions=conditions,
    )  # fmt: skip


SEEN = Observation("SD855", "Paddle Lite 2.13rc0", 4, "fp32", measured_ms=120, estimated_ms=100)


def test_what_was_measured_corrects_what_is_estimated() -> None:
    once, often = corrected(figure(), [SEEN]), corrected(figure(), [SEEN] * 3)
    assert once.value == often.value == pytest.approx(120)
    widths = [one.high / one.low for one in (figure(), once, often)]  # type: ignore[operator]
    assert widths[0] > widths[1] > widths[2] > 1.16
    assert once.source == "estimated"


@pytest.mark.parametrize(
    "change",
    [
        {"simulated": True},
        {"threads": 1},
        {"precision": "fp16"},
        {"runtime": "2.12"},
        {"phone": "SD865"},
        {"measured_ms": 0},
    ],
)
def test_what_was_measured_otherwise_corrects_nothing(change: dict[str, object]) -> None:
    assert corrected(figure(), [replace(SEEN, **change)]) == figure()  # type: ignore[arg-type]


def test_one_outlier_among_benches_does_not_move_the_estimate_but_widens_it() -> None:
    told = corrected(figure(), [SEEN, SEEN, replace(SEEN, measured_ms=300)])
    assert told.value == pytest.approx(120)
    assert told.high is not None
    assert told.high >= 300


def made_up() -> list[Sample]:
    """Networks of several shapes on two chips, timed by effects that are known."""
    random = np.random.default_rng(1)
    settings = [Setting(soc, threads) for soc in ("SD855", "SD835") for threads in (1, 4)]
    known = {name: prior(name)[0] for setting in settings for kind in KINDS for name in names(kind, setting)}
    known |= {"soc/SD835": 1.0, "base/pointwise": known["base/pointwise"] + 0.3}
    found = []
    for model in range(12):
        graph = network(int(random.integers(16, 200)), int(random.integers(10, 90)), depthwise=model % 3 == 0)
        for setting in settings:
            work = total(layer_works(graph, setting.threads))
            ms = sum(amount * rate(kind, setting, known) for kind, amount in work[0].items())
            found.append(Sample(str(model), work, setting, ms * float(np.exp(random.normal(0, 0.01)))))
    return found


def test_the_fit_finds_what_times_were_made_of_on_networks_that_it_did_not_see() -> None:
    problem = Problem(made_up())
    used = np.array([sample.model != "5" for sample in problem.samples])
    theta = problem.fit(used)
    error = np.abs(problem.predict(theta) - problem.log_ms)
    assert error[used].max() < 0.05
    assert error[~used].max() < 0.08
    assert problem.effects(theta)["soc/SD835"] == pytest.approx(1.0, abs=0.1)


def test_rows_are_told_apart(tmp_path: Path) -> None:
    head = (
        "source,soc,framework,version,abi,backend,threads,precision,model,input,ms,gmacs,params_m,size_mb,note".split(
            ","
        )
    )
    common = ["a", "SD855", "PaddleLite", "2.13", "armv8", "arm", "1", "fp32"]
    rows = [
        [*common, "MobileNetV2_x0_5", "224", "7.6", "", "", "", ""],
        [*common, "yolov3_mbv1_voc_r578", "320", "31", "1.8", "", "", ""],
        [*common, "Transformer", "", "7.6", "", "", "", ""],
        [*common[:4], "armv7", *common[5:], "MobileNetV1", "224", "7.6", "", "", "", ""],
    ]
    file = tmp_path / "published.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([head, *rows])
    used, left = read_rows(file)
    assert [(row.graph, row.detector, row.era) for row in used] == [
        ("mobilenet_v2_x0.5", False, ERAS[-1]),
        ("yolov3_mbv1_voc_r578", True, ERAS[-1]),
    ]
    assert [name for name, _ in left] == ["Transformer"]


def test_the_command_tells_the_figure_and_where_the_time_goes(capsys: pytest.CaptureFixture[str]) -> None:
    words = "estimate --detector ssdlite_mobilenet_v3_small --size 160 --classes 4 --phone sd855 --threads 4 --json"
    assert main(words.split()) == 0
    told = json.loads(capsys.readouterr().out)
    (found,) = told["figures"]
    assert (found["name"], found["unit"], found["source"]) == ("phone_ms", "ms", "estimated")
    assert found["low"] < found["value"] < found["high"]
    assert found["conditions"]["device"] == "SD855"
    assert sum(share["share"] for share in told["shares"]) == pytest.approx(1)
    assert told["advice"]["code"].startswith("latency.next_")


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_previews_tell_the_phone(precision: str) -> None:
    from engine.recipe.live_preview import answer

    choice = DetectorChoice(key="ssdlite_mobilenet_v3_small", size=160, classes=("a", "b", "c", "d"))
    steps = (Step(technique="filter_prune", params={"ratio": 0.5}), Step(technique="quant_post", params={}))
    phone = PhoneChoice(soc="SD855", threads=4, precision=precision)  # type: ignore[arg-type]
    told = answer(FiguresRequest(detector=choice, recipe=Recipe(name="r", steps=steps), phone=phone))
    assert told.phone is not None
    pick: Callable[..., Figure] = lambda figures: next(f for f in figures if f.name == "phone_ms")  # noqa: E731
    assert told.steps[0] is not None
    assert pick(told.steps[0]).value < pick(told.base).value
    assert told.phone.figure == pick(told.figures)
    assert told.phone.figure.conditions.precision == precision
    without = answer(FiguresRequest(detector=choice))
    assert without.phone is None
    assert all(found.name != "phone_ms" for found in without.base)
