"""The simulated benchmark_bin: it checks, estimates and computes, and says that it is simulated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.contract.socs import find_soc
from engine.simulated_phone.machine import Machine, Streams
from engine.simulated_phone.misbehaviour import Fault, Misbehaviour
from engine.simulated_phone.model import Model
from engine.simulated_phone.shell import run_script
from engine.simulated_phone.tool import simulated_tool

FOLDER = "/data/local/tmp/e"
SHAPES = "--input_shape=1,3,8,8"
CALL = f"{FOLDER}/benchmark_bin --optimized_model_file={FOLDER}/model.nb --backend=arm {SHAPES}"


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny network for arm, with its twin."""
    import paddle

    from engine.graph.graph import Graph, Op
    from engine.lite.opt import optimise

    folder = tmp_path_factory.mktemp("exported")
    (folder / "program").mkdir()
    layer = paddle.nn.Conv2D(3, 4, 3, padding=1)
    spec = [paddle.static.InputSpec([1, 3, 8, 8], name="image")]
    paddle.jit.save(paddle.jit.to_static(layer, input_spec=spec, full_graph=True), str(folder / "program/model"))
    attributes = {
        "type": "conv2d",
        "kernel": (3, 3),
        "stride": (1, 1),
        "padding": (1, 1),
        "dilation": (1, 1),
        "groups": 1,
    }
    op = Op("conv2d", ("image",), ("out",), {"weight": "conv.weight"}, attributes)
    shapes = {"image": (1, 3, 8, 8), "out": (1, 4, 8, 8)}
    graph = Graph((op,), ("image",), ("out",), shapes, {"conv.weight": (4, 3, 3, 3)})
    (folder / "model.nb.twin").mkdir()
    (folder / "model.nb.twin/graph.json").write_text(graph.to_json())
    optimise(folder / "program", folder / "model.nb", target="arm", precision="fp32")
    optimise(folder / "program", folder / "model.nb.twin/x86.nb", target="x86", precision="fp32")
    return folder


@pytest.fixture
def machine(exported: Path) -> Iterator[Machine]:
    import shutil

    made = Machine(find_soc("SD855"), Misbehaviour())
    folder = made.storage.local(FOLDER)
    assert folder is not None
    shutil.copytree(exported, folder)
    simulated_tool(folder / "benchmark_bin")
    yield made
    made.storage.close()


def ran(machine: Machine, script: str) -> tuple[str, str, int]:
    out: list[bytes] = []
    err: list[bytes] = []
    with machine.process() as process:
        status = run_script(process, script, Streams(b"", out.append, err.append))
    return b"".join(out).decode(), b"".join(err).decode(), status


def test_it_prints_the_real_sections_and_computes_with_the_twin(machine: Machine, exported: Path) -> None:
    import numpy as np

    from engine.lite.predictor import Predictor

    values = np.random.default_rng(0).normal(size=(1, 3, 8, 8)).astype(np.float32)
    file = machine.storage.local(f"{FOLDER}/in.txt")
    assert file is not None
    file.write_text("\n".join(f"{value:.9g}" for value in values.ravel().tolist()))
    flags = f"--input_data_path={FOLDER}/in.txt --show_output_elem=true --repeats=5 --result_path={FOLDER}/result.txt"
    out, err, status = ran(machine, f"{CALL} {flags}")
    assert status == 0, err
    assert "simulated" in out and "benchmark_bin version: v2.13-rc\n" in out and "Time(unit: ms):\ninit  = " in out
    assert ran(machine, f"cat {FOLDER}/result.txt")[0] == out
    low, high, mean = (float(re.findall(rf"^{name} +=\s*([\d.]+)$", out, re.M)[0]) for name in ("min", "max", "avg"))
    assert low <= mean <= high
    told = [float(word) for word in re.findall(r"^out\[0\]\[\d+\]:(.*)$", out, re.M)]
    with Predictor(exported / "model.nb.twin/x86.nb") as predictor:
        (name,) = predictor.inputs
        here = predictor.run({name: values})[0]
    np.testing.assert_allclose(told, here.ravel(), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(
    ("call", "status", "words"),
    [
        (CALL.replace("--backend=arm", ""), 1, "backend"),
        (f"{CALL} --nonsense=1", 1, "unknown command line flag"),
        (CALL.replace("model.nb", "none.nb"), 134, "none.nb"),
        (CALL.replace("8,8", "9,9"), 134, "1,3,8,8"),
        (f"{CALL} --input_data_path={FOLDER}/benchmark_bin", 134, "numbers"),
        (f"rm -rf {FOLDER}/model.nb.twin; {CALL}", 134, "twin"),
        (f"chmod 644 {FOLDER}/benchmark_bin; {CALL}", 126, "Permission denied"),
    ],
)
def test_it_refuses_in_words(machine: Machine, call: str, status: int, words: str) -> None:
    out, err, told = ran(machine, call)
    assert (out, told) == ("", status) and words in err


@pytest.mark.parametrize(
    ("fault", "flags", "status", "words"),
    [
        ("sigill", "--cpu_precision=fp16", 132, "Illegal instruction"),
        ("model_format", "", 134, "model format cannot be recognized"),
        ("not_executable", "", 126, "Permission denied"),
        ("wrong_version", "", 0, "version: v2.9"),
        ("garbage", "", 0, "garbage"),
    ],
)
def test_it_fails_on_request_and_works_again(machine: Machine, fault: str, flags: str, status: int, words: str) -> None:
    machine.misbehaviour.switch(Fault.parse(fault))
    out, err, told = ran(machine, f"{CALL} {flags}")
    assert told == status and words in out + err
    machine.misbehaviour.switch(None)
    out, err, told = ran(machine, f"{CALL} {flags}")
    assert told == 0 and "version: v2.13-rc" in out, err


def test_a_phone_that_throttles_grows_hot_and_slow(machine: Machine) -> None:
    machine.misbehaviour.switch(Fault.parse("throttling"))
    averages = []
    for _ in range(6):
        averages.append(float(re.findall(r"^avg +=\s*([\d.]+)$", ran(machine, f"{CALL} --repeats=20")[0], re.M)[0]))
    assert averages[-1] > 1.2 * averages[0]
    assert machine.body.celsius > 70 and machine.body.clock_share < 0.9


def test_memory_is_counted_from_the_network(exported: Path) -> None:
    init, peak = Model(exported / "model.nb.twin", "fp32", [], []).megabytes()
    assert (init, peak) == pytest.approx((4 * 108 / 1e6, 4 * (108 + 3 * 64 + 4 * 64) / 1e6))
