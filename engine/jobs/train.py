"""Job `train`: build, load, apply the steps, train, evaluate before and after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.contract.figures import Figure, pick
from engine.contract.run.events import DeviceUsed, Notice
from engine.contract.run.folder import checkpoint_of
from engine.contract.run.job import TrainJob
from engine.contract.run.resamples import keep_resamples
from engine.contract.text.messages import UserError
from engine.jobs.data_notice import tell_of_data
from engine.jobs.device import begin_on, place_of, quantised, readers_of, tell_elsewhere
from engine.model.assembly import Model, assemble, extend, load
from engine.model.measurement import calibration_of, coco_measured, computed_figures
from engine.model.outcome import judge
from engine.model.starting import load_start, tell_matching
from engine.model.watched import Watch, watched_pictures
from engine.recipe.registry import make
from engine.run.context import JobContext
from engine.technique.base import Context, Phase, Technique

if TYPE_CHECKING:
    from engine.contract.dataset import Index, Picture
    from engine.detector.base.header import Position
    from engine.detector.network.checkpoint import Matching
    from engine.detector.train.trainer import Trainer


@dataclass
class _Data:
    index: Index
    train: list[Picture]
    val: list[Picture]


def run(job: TrainJob, context: JobContext) -> dict[str, object]:
    """Train as asked; the result has the figures of the best checkpoint on val."""
    from engine.detector.base.header import CheckpointInfo, read_info
    from engine.detector.base.runtime import set_threads

    set_threads(job.settings.threads)
    last = context.run_dir / "checkpoints" / "last.safetensors"
    resuming = last.is_file()
    device = _device(job, last if resuming else None, context)
    tell_of_data(job, context)
    data = _open_data(job)
    if resuming:
        info = read_info(last)
        tell_elsewhere(info, device, context)
        model = assemble(info.choice, info.steps, info.records)
    else:
        model, score = _start(job, context, data)
        info = CheckpointInfo(
            choice=model.choice, steps=model.steps, records=model.records, data_hash=data.index.content_hash()
        )
    info = info.model_copy(update={"device": place_of(device)})
    trainer = _trainer(job, context, data, model, info, device)
    if not data.val and job.settings.evaluate_every:
        context.notice("train.nothing_to_judge", level="warning", path=job.index)
    if resuming:
        _restore(trainer, info, last)
    else:
        trainer.begin(score)
    context.stage("train.running", epochs=job.settings.epochs)
    position = trainer.run()
    return _finish(job, context, data, position)


def _device(job: TrainJob, last: Path | None, context: JobContext) -> DeviceUsed:
    start = last or (Path(job.start) if job.start else None)
    only_cpu = quantised(start, job.steps)
    return begin_on(job.settings.device, context, amp=job.settings.amp, only_cpu=only_cpu)


def _open_data(job: TrainJob) -> _Data:
    from engine.contract.dataset import Index

    index = Index.open(Path(job.index))
    if index.classes() != job.choice.classes:
        counts = {"data": len(index.classes()), "detector": len(job.choice.classes)}
        raise UserError("train.classes_differ", path=job.index, **counts)
    limit = job.limit or None
    data = _Data(index, index.pictures("train")[:limit], index.pictures("val")[:limit])
    if not data.train:
        raise UserError("train.no_pictures", path=job.index, split="train")
    return data


def _start(job: TrainJob, context: JobContext, data: _Data) -> tuple[Model, float | None]:
    """The model at optimiser step 0: loaded, measured, changed by the steps, measured again; and that val mAP."""
    context.stage("train.preparing", detector=job.choice.key, size=job.choice.size)
    model = load_start(job, context)
    changes = _changes(job)
    if changes and data.val:
        context.figures("start", _measure(model, data, context))

    def tell(matching: Matching) -> None:
        if job.start is not None and matching.loaded < matching.total:
            tell_matching(context, Path(job.start), matching)

    if changes:
        context.stage("train.changing")  # of its own: calibrating takes minutes, and what was measured is done
    model = extend(model, job.steps, _context(model, data, context), tell)
    for technique in model.stack.techniques[len(model.steps) - len(job.steps) :]:
        for message in technique.findings():
            context.emit(Notice(level="info", message=message, text=message.text()))
    if not changes or not data.val:
        return model, None
    context.stage("train.measuring_changed")
    figures = _measure(model, data, context)
    context.figures("transformed", figures)
    found = pick(figures, "map")
    return model, None if found is None else found.value


def _changes(job: TrainJob) -> bool:
    """Whether the steps make another network of the start."""
    phases = {make(step).phase for step in job.steps}
    return Phase.ARCHITECTURE in phases or max(phases, default=Phase.DATA) >= Phase.PRUNE


def _trainer(job: TrainJob, context: JobContext, data: _Data, model: Model, info: Any, device: DeviceUsed) -> Trainer:
    from engine.detector.network.checkpoint import save
    from engine.detector.train.reader import TrainingReader
    from engine.detector.train.trainer import Trainer

    settings = job.settings
    own = [make(step) for step in job.steps + job.alongside]
    asked = settings.model_dump(include={"batch_size", "seed", "augment"})
    reader = TrainingReader(data.train, model.config, **asked, processes=readers_of(settings, device))
    hooks = _context(model, data, context)
    steps = settings.epochs * len(reader)
    reader.put_first([change for technique in own for change in technique.augment(hooks, steps)])

    def rate(step: int) -> float:
        for technique in own:
            found = technique.rate(settings.learning_rate, step, len(reader), settings.epochs)
            if found is not None:
                return found
        return settings.learning_rate

    watch = Watch(model, watched_pictures(job, data.val), hooks.calibration, context)

    def evaluate() -> float | None:
        found = pick(_measure(model, data, context, quiet=True), "map") if data.val else None
        watch.look(trainer.position.epoch, trainer.position.step)
        return None if found is None else found.value

    def keep(kind: str, position: Position, tensors: Any) -> None:
        path = context.run_dir / "checkpoints" / f"{kind}.safetensors"
        save(path, info.model_copy(update={"position": position}), tensors)

    teacher = load(Path(job.teacher))[0] if job.teacher else None
    taught, shown = (replace(hooks, teacher=teacher.config), teacher.network) if teacher else (hooks, None)
    lessons = [lesson for technique in own if (lesson := technique.teach(model.network, shown, taught)) is not None]
    begin = partial(_begin_epoch, own, model, settings.epochs)
    trainer = Trainer(
        model.network, reader, settings, rate, evaluate, keep, context, lessons, begin_epoch=begin, amp=device.amp
    )
    return trainer


def _begin_epoch(own: Sequence[Technique], model: Model, epochs: int, epoch: int) -> None:
    for technique in own:
        technique.begin_epoch(model.network, epoch, epochs)


def _restore(trainer: Trainer, info: Any, last: Path) -> None:
    from engine.detector.network.checkpoint import load_weights, read_tensors

    load_weights(trainer.network, last)
    told = [read_tensors(last, kind) for kind in ("optimizer", "average", "lesson", "scaler")]
    trainer.restore(info.position, *told)


def _context(model: Model, data: _Data, context: JobContext) -> Context:
    return Context(
        model.config,
        model.choice,
        calibration_of(model, data.train),
        context.run_dir,
        check=context.check_cancelled,
        told=context.counter("convolution"),
    )


def _measure(model: Model, data: _Data, context: JobContext, quiet: bool = False) -> list[Figure]:
    def progress(done: int, total: int) -> None:
        context.check_cancelled()
        if not quiet:
            context.progress(done, total, "picture")

    return coco_measured(model, data.val, "val", calibration_of(model, data.train), progress)


def _finish(job: TrainJob, context: JobContext, data: _Data, position: Position) -> dict[str, object]:
    """The figures of the best checkpoint, and its scores on the draws of val, for Compare to tell noise from gain."""
    from engine.model.resampling import measured_with_resamples

    context.stage("train.measuring")
    best = checkpoint_of(context.run_dir)
    model, _ = load(best)
    figures = computed_figures(model)
    if data.val:
        calibration, check = calibration_of(model, data.train), context.check_cancelled
        told = measured_with_resamples(model, data.val, "val", calibration, context.counter("picture"), check=check)
        figures = told[0] + figures
        if not job.limit:  # a part of the split says nothing of the run
            keep_resamples(context.run_dir, told[1])
    context.figures("final", figures)
    context.artifact("checkpoint", best)
    judge(job, context, position, figures, changed=_changes(job))
    return {"figures": [figure.model_dump(exclude_none=True) for figure in figures], "position": position.model_dump()}
