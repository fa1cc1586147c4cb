"""Job `export`: a Paddle Lite model with its card; for x86 also how far it strays from Paddle."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.contract.figures import Figure
from engine.contract.run.events import Notice
from engine.contract.run.findings.evaluations import keep_figures
from engine.contract.run.job import ExportJob
from engine.contract.text.messages import UserError
from engine.model.assembly import Model, assemble, extend, load
from engine.model.export import Exported, describe, export_model, refuse, refuse_detector
from engine.model.measurement import calibration_of, computed_figures
from engine.recipe.stack import Stack
from engine.run.context import JobContext
from engine.run.interruption import interruptible
from engine.technique.base import Calibration, Context

if TYPE_CHECKING:
    from engine.contract.dataset import Picture

PARITY_PICTURES = 50


def run(job: ExportJob, context: JobContext) -> dict[str, object]:
    """Write the model and its card into `out`."""
    from engine.detector.base.runtime import set_threads

    set_threads(0)
    with interruptible(context.check_cancelled):
        model, exported, figures = _exported(job, context)
    for message in exported.notices:
        context.emit(Notice(level="warning", message=message, text=message.text()))
    describe(model, exported, target=job.target, precision=job.precision, figures=figures)
    figures = exported.figures + figures
    context.figures("final", figures)
    keep_figures(context.run_dir, job, figures)
    return {"figures": [f.model_dump(exclude_none=True) for f in figures], "convolutions": exported.kernels}


def _exported(job: ExportJob, context: JobContext) -> tuple[Model, Exported, list[Figure]]:
    """The model, its file, and what the card says of it besides."""
    pictures = _pictures(job, "train")
    model, calibration = _model(job, pictures, context)
    out = Path(job.out)
    context.stage("export.running", target=job.target, precision=job.precision)
    exported = export_model(
        model,
        target=job.target,
        precision=job.precision,
        out=out,
        calibration=calibration,
        pictures=_shown(job, model, context),
        names=[Path(picture.path).name for picture in _compared_on(job)],
        keep=job.keep,
        check=context.check_cancelled,
    )
    return model, exported, computed_figures(model)


def _shown(job: ExportJob, model: Model, context: JobContext) -> Iterable[dict[str, Any]] | None:
    """The pictures that a run's file for this machine is compared with Paddle on; None where there are none.

    Of an untrained detector they would say nothing: its scores are all alike, and a rounding decides between boxes.
    """
    pictures = _compared_on(job)
    if job.target != "x86" or job.run is None or not pictures:
        return None

    def told() -> Iterator[dict[str, Any]]:
        context.stage("export.comparing", pictures=len(pictures))
        for done, inputs in enumerate(calibration_of(model, pictures).batches()):
            context.progress(done, len(pictures), "picture")
            yield inputs

    return told()


def _compared_on(job: ExportJob) -> list[Picture]:
    return (_pictures(job, "val") or _pictures(job, "train"))[:PARITY_PICTURES]


def _pictures(job: ExportJob, split: Any) -> list[Picture]:
    from engine.contract.dataset import Index

    return Index.open(Path(job.index)).pictures(split) if job.index else []


def _model(job: ExportJob, pictures: list[Picture], context: JobContext) -> tuple[Model, Calibration | None]:
    """The run's model, or an untrained one under the job's steps, with random but seeded weights."""
    if job.run is not None:
        model, _ = load(Path(job.run))
    elif job.choice is not None:
        import paddle

        refuse_detector(job.choice.key, job.target)
        refuse(Stack.of_steps(job.choice, job.steps).quantised, job.target, job.precision)
        paddle.seed(0)
        model = assemble(job.choice)
    else:
        raise UserError("cli.project_or_detector")
    calibration = calibration_of(model, pictures) if pictures else _noise(model)
    if job.run is None:
        heard = Context(model.config, model.choice, calibration, check=context.check_cancelled)
        model = extend(model, job.steps, heard)
    return model, calibration


def _noise(model: Model) -> Calibration:
    """Seeded noise in place of pictures, for a model without data: its weights mean nothing either."""
    import numpy as np

    from engine.detector.predict.pictures import to_inputs

    chance, size = np.random.default_rng(0), model.choice.size
    noise = [chance.integers(0, 256, (size, size, 3), np.uint8) for _ in range(8)]
    return Calibration(lambda: (to_inputs(picture, model.config) for picture in noise), len(noise), noise=True)
