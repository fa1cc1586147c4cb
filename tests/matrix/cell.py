"""`python -m tests.matrix.cell DETECTOR [TECHNIQUE]`: one cell of the matrix, in a process of its own; prints it."""

from __future__ import annotations

import sys
import tempfile
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from engine.contract.figures import pick
from engine.contract.matrix import PLAIN, Cell, Outcome, failed
from engine.contract.project import DetectorChoice
from engine.contract.recipe import PlannedJob, Recipe
from engine.contract.run.job import Precision, Target, TrainJob
from engine.contract.run.settings import TrainSettings
from engine.contract.text.messages import JobFailed, UserError
from engine.recipe.plan import plan
from engine.run.context import JobContext
from tests.matrix.code import code_of
from tests.matrix.steps import choice_of, steps_of

PICTURES, BATCH = 4, 2
KINDS = "arm fp32, arm fp16, arm int8, opencl fp32, opencl fp16, x86 fp32, x86 int8"
EXPORTS: list[tuple[Target, Precision]] = [tuple(kind.split()) for kind in KINDS.split(", ")]  # type: ignore[misc]

SPREAD = 0.04
"""The least standard deviation of the weights of an output when its file is judged (ppdet starts many at 0.01)."""


class Differs(Exception):
    """What was built is not what was told, or what was loaded is not what was saved."""


def try_cell(detector: str, technique: str, folder: Path) -> Cell:
    """Plan, train two steps, save, load, compare boxes and counts, export; in `folder`."""
    code = code_of(detector, technique)
    try:
        model, calibration = _trained(detector, technique, folder)
    except UserError as error:
        outcome = Outcome(state="refused", message=error.message)
        return Cell(detector=detector, technique=technique, outcome=outcome, code=code)
    # What a technique changes that leaves the network float is exported as a float network is: once is enough.
    kinds = EXPORTS if technique == PLAIN or model.stack.quantised else EXPORTS[:1]
    exports = {" ".join(kind): _exported(model, *kind, calibration) for kind in kinds}
    works = Outcome(state="works")
    return Cell(detector=detector, technique=technique, outcome=works, exports=exports, code=code)


def _trained(detector: str, technique: str, folder: Path) -> tuple[Any, Any]:
    """The model as loaded after the last job of the technique's plan, and pictures to calibrate on."""
    from engine.data.dataset_import import import_dataset
    from engine.model.measurement import calibration_of
    from tests.fakes.datasets import shots, write_coco

    choice = choice_of(detector)
    jobs = [PlannedJob(label="train", epochs=1)]
    if technique != PLAIN:
        jobs = plan(Recipe(name="cell", steps=steps_of(technique, detector)), choice)
    index = folder / "data" / "index.sqlite"
    import_dataset(write_coco(folder / "pictures", shots(PICTURES, 2, 1)), index)
    start = teacher = _plain(choice, folder / "base")
    for number, planned in enumerate(jobs):
        start = _run(choice, planned, index, start, teacher, folder / f"run{number}")
    from engine.contract.dataset import Index
    from engine.model.assembly import load

    model, _ = load(start)
    return model, calibration_of(model, Index.open(index).pictures("train"))


def _plain(choice: DetectorChoice, folder: Path) -> Path:
    """A run folder with the detector as it is initialised, for a start and for a teacher."""
    from engine.detector.base.header import CheckpointInfo
    from engine.detector.network.checkpoint import network_arrays, save
    from engine.model.assembly import assemble

    arrays = {f"model.{name}": value for name, value in network_arrays(assemble(choice).network).items()}
    folder.mkdir(parents=True, exist_ok=True)
    save(folder / "checkpoints" / "best.safetensors", CheckpointInfo(choice=choice, steps=(), records=()), arrays)
    return folder


def _run(choice: DetectorChoice, planned: PlannedJob, index: Path, start: Path, teacher: Path, folder: Path) -> Path:
    """Train two steps as the job does; what is loaded from disk must be what is in memory, and as was told before."""
    from engine.contract.dataset import Index
    from engine.contract.run.events import DeviceUsed
    from engine.detector.base.header import CheckpointInfo
    from engine.jobs.train import _start
    from engine.jobs.train_parts import Data, make_trainer
    from engine.model.assembly import load

    epochs = 1 if planned.epochs else 0
    settings = TrainSettings(epochs=epochs, batch_size=BATCH, learning_rate=1e-4, evaluate_every=0, augment="light")
    job = TrainJob(
        choice=choice, index=str(index), start=str(start), teacher=str(teacher), steps=planned.steps,
        alongside=planned.alongside, settings=settings, limit=PICTURES,
    )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    opened = Index.open(index)
    # Without val nothing is measured: mAP after two steps says nothing.
    data, context = Data(opened, opened.pictures("train"), []), JobContext(folder, lambda event: None)
    model, _ = _start(job, context, data)
    info = CheckpointInfo(choice=model.choice, steps=model.steps, records=model.records)
    trainer = make_trainer(job, context, data, model, info, DeviceUsed(device="cpu", wheel=""))
    trainer.begin(None)
    trainer.run()
    loaded, _ = load(folder)
    for ours, theirs in zip(_boxes(model, data), _boxes(loaded, data), strict=True):
        if not np.array_equal(ours, theirs):
            raise Differs("boxes after loading")
    _check_counts(loaded)
    return folder


def _boxes(model: Any, data: Any) -> list[Any]:
    """What the network says of two pictures, as it comes: class, score, edges, one row each."""
    import paddle

    from engine.detector.network.trace import evaluating
    from engine.model.measurement import calibration_of

    found = []
    with evaluating(model.network), paddle.no_grad():
        for inputs in islice(calibration_of(model, data.train).batches(), 2):
            outputs = model.network({name: paddle.to_tensor(value) for name, value in inputs.items()})
            found.append(outputs["bbox"].numpy())
    return found


def _check_counts(model: Any) -> None:
    from engine.detector.network.counts import count_by_hooks

    told = model.stack.figures()
    counted = dict(zip(("macs", "conv_macs", "params"), count_by_hooks(model.network, model.config), strict=True))
    for name, value in counted.items():
        figure = pick(told, name)  # type: ignore[arg-type]
        if figure is None or figure.value != value:
            raise Differs(f"{name}: told {figure and figure.value}, built {value}")


def _exported(model: Any, target: Target, precision: Precision, calibration: Any) -> Outcome:
    from engine.model.export import export_model

    with tempfile.TemporaryDirectory(prefix="espalier-") as out:
        try:
            judged = (target, precision) == ("x86", "fp32")
            shown = islice(calibration.batches(), PICTURES) if judged and _spread(model, calibration) else None
            export_model(
                model, target=target, precision=precision, out=Path(out), calibration=calibration, pictures=shown
            )
        except UserError as error:
            return Outcome(state="refused", message=error.message)
        except JobFailed as error:
            return Outcome(state="fails", message=error.message)
    return Outcome(state="works")


def _spread(model: Any, calibration: Any) -> bool:
    """Give a hardly trained network scores that differ: where all are alike, a rounding decides between boxes.

    Its statistics become those of the pictures, its last weights differ by SPREAD at least. False for two stages,
    which are not exported for this machine.
    """
    import paddle

    from engine.detector.families.raw import head_convolutions, run_to_head

    if model.config["family"] == "rcnn":
        return False
    paddle.seed(2)
    images = paddle.to_tensor(np.concatenate([inputs["image"] for inputs in calibration.batches()]))
    model.network.eval()
    norms = [layer for layer in model.network.sublayers() if isinstance(layer, paddle.nn.BatchNorm2D)]
    for layer in norms:
        layer.train()
    with paddle.no_grad():
        for _ in range(30):
            run_to_head(model.network, images)
    for layer in norms:
        layer.eval()
    outputs = [layer for layers in head_convolutions(model.network) for layer in layers]
    for layer in (part for output in outputs for part in output.sublayers(include_self=True)):
        if isinstance(layer, paddle.nn.Conv2D):
            # Only what is missing: a YOLOv3's outputs spread so by themselves, and more makes boxes of thousands of px.
            missing = max(0.0, SPREAD**2 - float(layer.weight.var())) ** 0.5
            layer.weight.set_value(layer.weight + missing * paddle.randn(layer.weight.shape))
    return True


def main(detector: str, technique: str = PLAIN) -> None:
    """Print the cell as JSON; anything that is no refusal is a failure with its words."""
    with tempfile.TemporaryDirectory(prefix="espalier-cell-") as scratch:
        try:
            cell = try_cell(detector, technique, Path(scratch))
        except Exception as error:  # noqa: BLE001  # whatever it is, it is what the matrix is there to find
            outcome = failed(f"{type(error).__name__}: {error}"[:300])
            code = code_of(detector, technique)
            cell = Cell(detector=detector, technique=technique, outcome=outcome, code=code)
    print(cell.model_dump_json())


if __name__ == "__main__":
    main(*sys.argv[1:])
