"""No known fault of Paddle Lite's ARM kernels is left in an optimised program, of any detector, plain or cut."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.contract.project import DetectorChoice
from engine.contract.recipe import Step
from engine.contract.run.job import Precision
from engine.contract.text.messages import JobFailed
from engine.detector.base.spec import detector_specs
from engine.detector.network.program import save_program
from engine.lite import opt, structure
from engine.lite.optimised import OptimisedProgram
from engine.lite.program.arm_fp16 import fit_to_fp16, is_exposed
from engine.model.assembly import assemble, extend

ODD = Step(technique="filter_prune", params={"criterion": "l1", "ratio": 0.35, "align": 1})


def saved(key: str, out: Path, steps: tuple[Step, ...] = ()) -> Path:
    """The program of an untrained detector at its smallest input."""
    model = assemble(DetectorChoice(key=key, size=detector_specs()[key].sizes.min, classes=("a", "b")))
    model = extend(model, steps) if steps else model
    return save_program(model.network, model.config, out / "program")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program of the smallest detector; a test that changes it changes a copy."""
    return saved("ssdlite_mobilenet_v3_small", tmp_path_factory.mktemp("small"))


def fitted_here(program: Path, kernels: str, scratch: Path, check: object) -> Path:
    """Fitted as the child does it, which starts Paddle for it."""
    assert kernels == "fp16"
    shutil.copytree(program, scratch, dirs_exist_ok=True)
    fit_to_fp16(scratch)
    return scratch


def optimised(program: Path, out: Path, precision: Precision) -> OptimisedProgram:
    return opt.optimise(program, out / "model.nb", target="arm", precision=precision)


@pytest.mark.parametrize("steps", [(), (ODD,)], ids=["plain", "cut"])
@pytest.mark.parametrize("key", detector_specs())
def test_that_nothing_is_left_that_arm_cannot_run(
    key: str, steps: tuple[Step, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opt, "_fitted", fitted_here)
    program = saved(key, tmp_path, steps)
    for precision in ("fp32", "fp16"):
        made = optimised(program, tmp_path, precision)  # raises for what is unsound
        assert list(structure.faults(made)) == []
        half = [operation for operation in made.operations if operation.precision == "fp16"]
        assert bool(half) == (precision == "fp16")


def without(monkeypatch: pytest.MonkeyPatch, name: str, nothing: Callable[..., Any]) -> None:
    """As if one of the mends was not there; those of `fixups` run in a child, and are left out there by its program."""
    monkeypatch.setattr(opt, "require_sound", lambda program: None)
    monkeypatch.setattr(opt, name, nothing)


def test_that_a_child_fits_as_is_done_here(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = []
    for name in ("child", "here"):
        optimised(small, tmp_path / name, "fp16")
        files.append((tmp_path / name / "model.nb").read_bytes())
        monkeypatch.setattr(opt, "_fitted", fitted_here)
    assert files[0] == files[1]


def test_that_an_exposed_layer_is_seen(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "_fitted", lambda program, *_: program)
    made = optimised(small, tmp_path, "fp16")
    found = list(structure.faults(made))
    assert len(found) == 9 and all("reads past its weights" in fault for fault in found)


@pytest.mark.parametrize(
    ("weight", "groups", "exposed"),
    [
        ((96, 24, 1, 1), 1, True),
        ((97, 24, 1, 1), 1, False),  # the last row does not fill a group: it is copied and padded
        ((96, 32, 1, 1), 1, False),
        ((96, 1, 3, 3), 96, False),
        ((16, 8, 3, 3), 1, True),
    ],
)
def test_which_layers_are_exposed(weight: tuple[int, ...], groups: int, exposed: bool) -> None:
    assert is_exposed(weight, groups) is exposed


def test_that_fitting_to_half_precision_changes_no_output(small: Path, tmp_path: Path) -> None:
    import numpy as np

    from engine.lite.predictor import Predictor

    fitted = Path(shutil.copytree(small, tmp_path / "fitted"))
    assert fit_to_fp16(fitted) == 9
    size = detector_specs()["ssdlite_mobilenet_v3_small"].sizes.min
    image = np.random.default_rng(0).normal(size=(1, 3, size, size)).astype("float32")
    inputs = {"image": image, "im_shape": np.full((1, 2), size, "float32"), "scale_factor": np.ones((1, 2), "float32")}
    with Predictor(small) as one, Predictor(fitted) as other:
        np.testing.assert_allclose(one.detect(inputs)[0], other.detect(inputs)[0], atol=1e-4)


def test_that_a_conversion_before_whole_numbers_is_seen(tmp_path: Path) -> None:
    """The two-stage program as Paddle saves it, converted by the optimiser without any mend of ours."""
    program = saved("faster_rcnn_mobilenet_v3_fpn", tmp_path)
    found = list(structure.faults(unmended(program, tmp_path / "unmended.nb")))
    assert sum("stands before collect_fpn_proposals" in fault for fault in found) == 5
    assert sum("does not set its output RoisNum" in fault for fault in found) == 1


def unmended(program: Path, out: Path) -> OptimisedProgram:
    import subprocess
    import sys

    from engine.lite.optimised import read_optimised

    code = f"""
from paddlelite.lite import Opt
opt = Opt()
opt.set_model_file({str(program / "model.pdmodel")!r})
opt.set_param_file({str(program / "model.pdiparams")!r})
opt.set_valid_places("arm")
opt.set_model_type("naive_buffer")
opt.set_optimize_out({str(out.with_suffix(""))!r})
opt.run()
"""
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    return read_optimised(out)


def test_that_the_same_program_is_the_same_file(small: Path, tmp_path: Path) -> None:
    files = []
    for number in range(2):
        opt.optimise(small, tmp_path / f"{number}.nb", target="arm", precision="fp32")
        files.append((tmp_path / f"{number}.nb").read_bytes())
    assert files[0] == files[1]


def test_that_an_unsound_program_is_no_file(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opt, "_fitted", lambda program, *_: program)
    with pytest.raises(JobFailed, match="reads past its weights"):
        optimised(small, tmp_path, "fp16")
    assert not (tmp_path / "model.nb").exists()
