"""Measures a model, whatever form its steps leave it in: the COCO figures with Paddle or with Paddle Lite on x86."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from engine.contract.figures import LITE_X86, PADDLE, Conditions, Figure
from engine.contract.run.job import Precision, Runtime
from engine.model.assembly import Model
from engine.model.export import export_model, save_model
from engine.technique.base import Calibration

if TYPE_CHECKING:
    from engine.contract.dataset import Picture
    from engine.detector.predict.evaluation import Detections, Find, Predictor

RUNTIMES: dict[Runtime, str] = {"paddle": PADDLE, "lite": LITE_X86}


def coco_measured(
    model: Model,
    pictures: Sequence[Picture],
    split: str,
    calibration: Calibration | None,
    progress: Callable[[int, int], None],
    runtime: Runtime = "paddle",
    find: Find | None = None,
) -> list[Figure]:
    """The COCO figures of a model on pictures of a split; raises as `predictor_of` does, and what `progress` raises."""
    from engine.detector.predict.evaluation import coco_figures

    found = found_by(model, pictures, calibration, progress, runtime, find)
    return coco_figures(pictures, found, model.choice.classes, conditions_of(model, split, runtime))


def conditions_of(model: Model, split: str, runtime: Runtime) -> Conditions:
    """Under which a model's scores hold."""
    size, precision = model.choice.size, "int8" if model.stack.quantised else "fp32"
    return Conditions(runtime=RUNTIMES[runtime], precision=precision, input=f"{size}x{size}", split=split, nms=True)


def found_by(
    model: Model,
    pictures: Sequence[Picture],
    calibration: Calibration | None,
    progress: Callable[[int, int], None],
    runtime: Runtime = "paddle",
    find: Find | None = None,
) -> list[Detections]:
    """What a model finds on each picture; `find` is how, one process by itself if not given."""
    from engine.detector.network.depthwise import fast_depthwise
    from engine.detector.predict.evaluation import find_all

    opened = predictor_of(model, calibration) if runtime == "paddle" else lite_predictor_of(model, calibration)
    with fast_depthwise(), opened as predictor:
        return (find or find_all)(predictor, pictures, model.config, progress)


@contextlib.contextmanager
def predictor_of(
    model: Model, calibration: Calibration | None, check: Callable[[], None] = lambda: None
) -> Iterator[Predictor]:
    """What runs the model: its network, or the saved program where a step works only on that.

    Raises UserError where such a step wants pictures and `calibration` has none.
    """
    from engine.detector.predict.evaluation import network_predictor
    from engine.lite.predictor import Predictor as ProgramPredictor

    if not model.stack.acts_on_program:
        yield network_predictor(model.network)
        return
    with tempfile.TemporaryDirectory(prefix="espalier-") as scratch:
        program = save_model(model, Path(scratch), calibration, check=check)
        with ProgramPredictor(program) as predictor:
            yield predictor.detect


@contextlib.contextmanager
def lite_predictor_of(model: Model, calibration: Calibration | None) -> Iterator[Predictor]:
    """The model as Paddle Lite for x86 runs it, converted into a temporary file; raises as `export_model` does."""
    from engine.lite.predictor import Predictor as LitePredictor

    precision: Precision = "int8" if model.stack.quantised else "fp32"
    with tempfile.TemporaryDirectory(prefix="espalier-") as scratch:
        nb = export_model(model, target="x86", precision=precision, out=Path(scratch), calibration=calibration).nb
        with LitePredictor(nb) as predictor:
            yield predictor.detect


def computed_figures(model: Model) -> list[Figure]:
    """MACs and parameters of the network in memory, counted by hooks; a box head's for as many regions as at most."""
    from engine.detector.network.counts import count_by_hooks

    macs, conv_macs, params = count_by_hooks(model.network, model.config)
    size = model.choice.size
    conditions = Conditions(input=f"{size}x{size}")
    rois = model.config["rpn"]["test"]["post_nms_top_n"] if "rpn" in model.config else None
    return [
        Figure(
            name="macs",
            value=macs,
            unit="MACs",
            source="computed",
            conditions=conditions.model_copy(update={"rois": rois}),
        ),
        Figure(name="conv_macs", value=conv_macs, unit="MACs", source="computed", conditions=conditions),
        Figure(name="params", value=params, unit="parameters", source="computed", conditions=conditions),
    ]


def calibration_of(model: Model, pictures: Sequence[Picture]) -> Calibration:
    """Network inputs of those pictures, for steps that calibrate."""
    from engine.detector.predict.pictures import network_inputs

    paths = [picture.path for picture in pictures]
    return Calibration(lambda: network_inputs(paths, model.config), len(paths))
