"""Job `train`: build, load, apply the steps, train, evaluate before and after."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from engine.contract.figures import pick
from engine.contract.run.events import DeviceUsed, Notice
from engine.contract.run.findings.resamples import keep_resamples
from engine.contract.run.folder import checkpoint_of
from engine.contract.run.job import TrainJob
from engine.jobs.data_notice import tell_of_data
from engine.jobs.device import begin_on, place_of, quantised, tell_elsewhere
from engine.jobs.train_parts import Data, context_of, make_trainer, measure, open_data, restore, shared_find, threads_of
from engine.jobs.train_ranks import gathered
from engine.model.assembly import Model, assemble, extend, load
from engine.model.measurement import calibration_of, computed_figures
from engine.model.outcome import judge
from engine.model.starting import load_start, tell_matching
from engine.recipe.registry import make
from engine.run.context import JobContext
from engine.technique.base import Phase

if TYPE_CHECKING:
    from engine.detector.base.header import Position
    from engine.detector.network.checkpoint import Matching
    from engine.detector.train.trainer import Trainer


def run(job: TrainJob, context: JobContext) -> dict[str, object]:
    """Train as asked; the result has the figures of the best checkpoint on val."""
    from engine.detector.base.header import CheckpointInfo, read_info
    from engine.detector.base.runtime import set_threads

    set_threads(threads_of(job.settings))
    last = context.run_dir / "checkpoints" / "last.safetensors"
    resuming = last.is_file()
    device = _device(job, last if resuming else None, context)
    tell_of_data(job, context)
    data = open_data(job)
    if resuming:
        info = read_info(last)
        tell_elsewhere(info, device, context)
        model = assemble(info.choice, info.steps, info.records)
    else:
        model, score = _start(job, context, data)
        info = CheckpointInfo(
            choice=model.choice, steps=model.steps, records=model.records, data_hash=data.index.content_hash()
        )
    info = info.model_copy(update={"device": place_of(device), "ranks": device.ranks})
    trainer = make_trainer(job, context, data, model, info, device)
    if not data.val and job.settings.evaluate_every:
        context.notice("train.nothing_to_judge", level="warning", path=job.index)
    if resuming:
        restore(trainer, info, last)
    else:
        trainer.begin(score)
    with gathered(job, context, device, trainer, data.index):
        context.stage("train.running", epochs=job.settings.epochs)
        position = trainer.run()
        return _finish(job, context, data, position, trainer)


def _device(job: TrainJob, last: Path | None, context: JobContext) -> DeviceUsed:
    start = last or (Path(job.start) if job.start else None)
    only_cpu = quantised(start, job.steps)
    settings = job.settings
    return begin_on(
        settings.device,
        context,
        amp=settings.amp,
        only_cpu=only_cpu,
        ranks=settings.ranks,
        nodes=len(settings.nodes),
    )


def _start(job: TrainJob, context: JobContext, data: Data) -> tuple[Model, float | None]:
    """The model at optimiser step 0: loaded, measured, changed by the steps, measured again; and that val mAP."""
    context.stage("train.preparing", detector=job.choice.key, size=job.choice.size)
    model = load_start(job, context)
    changes = _changes(job)
    if changes and data.val:
        context.figures("start", measure(model, data, context))

    def tell(matching: Matching) -> None:
        if job.start is not None and matching.loaded < matching.total:
            tell_matching(context, Path(job.start), matching)

    if changes:
        context.stage("train.changing")  # of its own: calibrating takes minutes, and what was measured is done
    model = extend(model, job.steps, context_of(model, data, context), tell)
    for technique in model.stack.techniques[len(model.steps) - len(job.steps) :]:
        for message in technique.findings():
            context.emit(Notice(level="info", message=message, text=message.text()))
    if not changes or not data.val:
        return model, None
    context.stage("train.measuring_changed")
    figures = measure(model, data, context)
    context.figures("transformed", figures)
    found = pick(figures, "map")
    return model, None if found is None else found.value


def _changes(job: TrainJob) -> bool:
    """Whether the steps make another network of the start."""
    phases = {make(step).phase for step in job.steps}
    return Phase.ARCHITECTURE in phases or max(phases, default=Phase.DATA) >= Phase.PRUNE


def _finish(job: TrainJob, context: JobContext, data: Data, position: Position, trainer: Trainer) -> dict[str, object]:
    """The figures of the best checkpoint, and its scores on the draws of val, for Compare to tell noise from gain."""
    from engine.model.resampling import measured_with_resamples

    context.stage("train.measuring")
    best = checkpoint_of(context.run_dir)
    model, _ = load(best)
    figures = computed_figures(model)
    trainer.team.meet()
    if data.val:
        calibration, find = calibration_of(model, data.train), shared_find(trainer, model)
        check, counter = context.check_cancelled, context.counter("picture")
        told = measured_with_resamples(model, data.val, "val", calibration, counter, check=check, find=find)
        figures = told[0] + figures
        if not job.limit:  # a part of the split says nothing of the run
            keep_resamples(context.run_dir, told[1])
    context.figures("final", figures)
    context.artifact("checkpoint", best)
    judge(job, context, position, figures, changed=_changes(job))
    return {"figures": [figure.model_dump(exclude_none=True) for figure in figures], "position": position.model_dump()}
