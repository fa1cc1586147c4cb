"""Job `evaluate`: the COCO figures of a run on one split, kept beside the run."""

from __future__ import annotations

from pathlib import Path

from engine.contract.run.findings.evaluations import is_kept, keep_figures
from engine.contract.run.findings.resamples import keep_resamples
from engine.contract.run.job import EvaluateJob
from engine.contract.text.messages import Message, UserError
from engine.jobs.data_notice import tell_of_data
from engine.jobs.device import begin_on, quantised
from engine.model.assembly import load
from engine.model.measurement import calibration_of, computed_figures
from engine.model.resampling import measured_with_resamples
from engine.model.starting import listed
from engine.run.context import JobContext
from engine.run.interruption import interruptible


def run(job: EvaluateJob, context: JobContext) -> dict[str, object]:
    """Evaluate the run's best checkpoint in the runtime that is asked for."""
    from engine.contract.dataset import Index
    from engine.detector.base.runtime import set_threads

    set_threads(0)
    lite = Message(code="device.lite") if job.runtime == "lite" else None
    begin_on(job.device, context, only_cpu=lite or quantised(Path(job.run)))
    tell_of_data(job, context)
    index = Index.open(Path(job.index))
    pictures = index.pictures(job.split)[: job.limit or None]
    if not pictures:
        raise UserError("train.no_pictures", path=job.index, split=job.split)
    context.stage("evaluate.running", split=job.split, pictures=len(pictures))

    with interruptible(context.check_cancelled):
        model, _ = load(Path(job.run))
        _check_classes(job, model.choice.classes, index.classes())
        calibration = calibration_of(model, index.pictures("train"))
        figures, resamples = measured_with_resamples(
            model,
            pictures,
            job.split,
            calibration,
            context.counter("picture"),
            job.runtime,
            context.check_cancelled,
        )
        figures += computed_figures(model)
    context.figures("final", figures)
    keep_figures(context.run_dir, job, figures)
    if is_kept(job):
        keep_resamples(Path(job.run), resamples)
    return {"figures": [figure.model_dump(exclude_none=True) for figure in figures]}


def _check_classes(job: EvaluateJob, theirs: tuple[str, ...], ours: tuple[str, ...]) -> None:
    """Raise UserError where the boxes of the data would be counted as those of other classes."""
    if theirs != ours:
        raise UserError("evaluate.other_classes", path=job.run, theirs=listed(theirs), ours=listed(ours))
