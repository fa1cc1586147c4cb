"""What every rank of a training has: its data, its trainer, and its part of an evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.contract.figures import Figure, pick
from engine.contract.run.batches import check_share
from engine.contract.run.events import DeviceUsed
from engine.contract.run.job import TrainJob
from engine.contract.run.settings import TrainSettings
from engine.contract.system.cores import core_count
from engine.contract.text.messages import UserError
from engine.jobs.device import readers_of
from engine.model.assembly import Model, load
from engine.model.measurement import calibration_of, coco_measured, found_by
from engine.model.watched import Watch, watched_pictures
from engine.recipe.registry import make
from engine.run.context import JobContext
from engine.technique.base import Context, Technique

if TYPE_CHECKING:
    from engine.contract.dataset import Index, Picture
    from engine.detector.base.header import CheckpointInfo, Position
    from engine.detector.predict.evaluation import Find
    from engine.detector.train.lesson import Lesson
    from engine.detector.train.trainer import Trainer


@dataclass
class Data:
    """The pictures of a training."""

    index: Index
    train: list[Picture]
    val: list[Picture]


def open_data(job: TrainJob) -> Data:
    """Raises UserError where they are none, or not those of the detector."""
    from engine.contract.dataset import Index

    index = Index.open(Path(job.index))
    if index.classes() != job.choice.classes:
        counts = {"data": len(index.classes()), "detector": len(job.choice.classes)}
        raise UserError("train.classes_differ", path=job.index, **counts)
    limit = job.limit or None
    data = Data(index, index.pictures("train")[:limit], index.pictures("val")[:limit])
    if not data.train:
        raise UserError("train.no_pictures", path=job.index, split="train")
    check_share(min(job.settings.batch_size, len(data.train)), job.settings.ranks, job.settings.nodes)
    return data


def threads_of(settings: TrainSettings) -> int:
    """Threads of each process: as asked, else the cores of this machine shared among its ranks; 0 for all of them."""
    if settings.threads or settings.ranks == 1:
        return settings.threads
    return max(1, core_count() // settings.ranks)


def make_trainer(
    job: TrainJob,
    context: JobContext,
    data: Data,
    model: Model,
    info: CheckpointInfo,
    used: DeviceUsed,
    leads: bool = True,
) -> Trainer:
    """The trainer of one rank; only the one that `leads` keeps checkpoints."""
    from engine.detector.network.checkpoint import save
    from engine.detector.train.reader import TrainingReader
    from engine.detector.train.trainer import Trainer

    settings = job.settings
    own = [make(step) for step in job.steps + job.alongside]
    asked = settings.model_dump(include={"batch_size", "seed", "augment"})
    reader = TrainingReader(data.train, model.config, **asked, processes=readers_of(settings, used))
    hooks = context_of(model, data, context)
    steps = settings.epochs * len(reader)
    reader.put_first([change for technique in own for change in technique.augment(hooks, steps)])
    watch = Watch(model, watched_pictures(job, data.val), hooks.calibration, context)

    def evaluate() -> float | None:
        score = _score(trainer, model, data, context) if data.val else None
        if leads:
            watch.look(trainer.position.epoch, trainer.position.step)
        return score

    def keep(kind: str, position: Position, tensors: Any) -> None:
        path = context.run_dir / "checkpoints" / f"{kind}.safetensors"
        save(path, info.model_copy(update={"position": position}), tensors)

    lessons = _lessons(job, own, model, hooks)
    rate = partial(_rate, own, settings, len(reader))
    begin = partial(_begin_epoch, own, model, settings.epochs)
    trainer = Trainer(
        model.network, reader, settings, rate, evaluate, keep, context, lessons, begin_epoch=begin, amp=used.amp
    )
    return trainer


def _lessons(job: TrainJob, own: Sequence[Technique], model: Model, hooks: Context) -> list[Lesson]:
    teacher = load(Path(job.teacher))[0] if job.teacher else None
    taught, shown = (replace(hooks, teacher=teacher.config), teacher.network) if teacher else (hooks, None)
    return [lesson for technique in own if (lesson := technique.teach(model.network, shown, taught)) is not None]


def _score(trainer: Trainer, model: Model, data: Data, context: JobContext) -> float | None:
    """The val mAP of the weights in place, to which each rank adds what it finds on its pictures."""
    team, score = trainer.team, None
    find = shared_find(trainer, model)
    if team.rank == 0:
        told = pick(measure(model, data, context, quiet=True, find=find), "map")
        score = None if told is None else told.value
    elif find is not None:
        found_by(model, data.val, calibration_of(model, data.train), lambda *_: context.check_cancelled(), find=find)
    return team.tell(score)


def shared_find(trainer: Trainer, model: Model) -> Find | None:
    """How pictures are shared among ranks; None where rank 0 does all, as for a program that each would have to make
    anew."""
    return None if trainer.team.size == 1 or model.stack.acts_on_program else trainer.team.find


def _rate(own: Sequence[Technique], settings: TrainSettings, epoch_steps: int, step: int) -> float:
    for technique in own:
        found = technique.rate(settings.learning_rate, step, epoch_steps, settings.epochs)
        if found is not None:
            return found
    return settings.learning_rate


def _begin_epoch(own: Sequence[Technique], model: Model, epochs: int, epoch: int) -> None:
    for technique in own:
        technique.begin_epoch(model.network, epoch, epochs)


def restore(trainer: Trainer, info: CheckpointInfo, last: Path) -> None:
    """Go on where the checkpoint `last` was written."""
    from engine.detector.network.checkpoint import load_weights, read_tensors

    load_weights(trainer.network, last)
    told = [read_tensors(last, kind) for kind in ("optimizer", "average", "lesson", "scaler")]
    trainer.restore(info.position, *told)


def context_of(model: Model, data: Data, context: JobContext) -> Context:
    """What techniques may look at."""
    return Context(
        model.config,
        model.choice,
        calibration_of(model, data.train),
        context.run_dir,
        check=context.check_cancelled,
        told=context.counter("convolution"),
    )


def measure(
    model: Model, data: Data, context: JobContext, quiet: bool = False, find: Find | None = None
) -> list[Figure]:
    """The COCO figures on val."""

    def progress(done: int, total: int) -> None:
        context.check_cancelled()
        if not quiet:
            context.progress(done, total, "picture")

    return coco_measured(model, data.val, "val", calibration_of(model, data.train), progress, find=find)
