"""Job `train`: build, load, apply the steps, train, evaluate before and after."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.contract.figures import Figure, pick
from engine.contract.run.folder import checkpoint_of
from engine.contract.run.job import TrainJob
from engine.contract.text.address import is_address
from engine.contract.text.messages import UserError
from engine.jobs.data_notice import tell_of_data
from engine.model.assembly import Model, assemble, extend, load
from engine.model.measurement import calibration_of, coco_measured, computed_figures
from engine.model.watched import Watch, watched_pictures
from engine.recipe.registry import make
from engine.run.context import JobContext
from engine.technique.base import Context, Phase

if TYPE_CHECKING:
    from engine.contract.dataset import Index, Picture
    from engine.detector.network.checkpoint import Matching
    from engine.detector.train.trainer import Trainer
    from engine.weights.download import Start


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
    tell_of_data(job, context)
    data = _open_data(job)
    last = context.run_dir / "checkpoints" / "last.safetensors"
    resuming = last.is_file()
    if resuming:
        info = read_info(last)
        model = assemble(info.choice, info.steps, info.records)
    else:
        model, score = _start(job, context, data)
        info = CheckpointInfo(
            choice=model.choice, steps=model.steps, records=model.records, data_hash=data.index.content_hash()
        )
    trainer = _trainer(job, context, data, model, info)
    if resuming:
        _restore(trainer, info, last)
    else:
        trainer.begin(score)
    context.stage("train.running", epochs=job.settings.epochs)
    position = trainer.run()
    return _finish(context, data, position.model_dump())


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
    model = _load_start(job, context)
    phases = {make(step).phase for step in job.steps}
    changes = Phase.ARCHITECTURE in phases or max(phases, default=Phase.DATA) >= Phase.PRUNE
    if changes and data.val:
        context.figures("start", _measure(model, data, context))

    def tell(matching: Matching) -> None:
        if job.start is not None and matching.loaded < matching.total:
            _tell_matching(context, Path(job.start), matching)

    if changes:
        context.stage("train.changing")  # of its own: calibrating takes minutes, and what was measured is done
    model = extend(model, job.steps, _context(model, data, context), tell)
    if not changes or not data.val:
        return model, None
    context.stage("train.measuring_changed")
    figures = _measure(model, data, context)
    context.figures("transformed", figures)
    found = pick(figures, "map")
    return model, None if found is None else found.value


def _load_start(job: TrainJob, context: JobContext) -> Model:
    import paddle

    from engine.detector.base.header import read_info
    from engine.detector.network.checkpoint import fit_weights
    from engine.weights.arrays import read_weights

    paddle.seed(job.settings.seed)
    if job.start is None:
        return assemble(job.choice)
    start = _fetched(job, job.start, context)
    path = start.path
    if path.is_dir():
        model, info = load(path)
        _check_start(job, info.choice, path)
        return model
    if path.suffix == ".safetensors" and _is_checkpoint(path) and read_info(path).choice == job.choice:
        with _forgetting(job.start, path):
            model = _load_checkpoint(path)
        start.tell()
        return model
    model = assemble(job.choice)
    with _forgetting(job.start, path):
        weights = read_weights(path, job.start)
    start.tell()
    _tell_matching(context, path, fit_weights(model.network, weights, job.start))
    return model


def _tell_matching(context: JobContext, path: Path, matching: Matching) -> None:
    context.notice(
        "train.weights_matched",
        path=path.name,
        loaded=matching.loaded,
        total=matching.total,
        missing=len(matching.missing),
        unused=len(matching.unused),
        misshapen=len(matching.misshapen),
        example=(matching.missing + matching.misshapen + matching.unused + ("-",))[0],
    )


def _fetched(job: TrainJob, start: str, context: JobContext) -> Start:
    """The start on this disk, its checksum checked; what is at an address is downloaded first."""
    from engine.weights.download import fetch_start

    found = fetch_start(start, job.start_sha256, context)
    if is_address(start):
        context.stage("train.preparing", detector=job.choice.key, size=job.choice.size)
    return found


@contextmanager
def _forgetting(start: str, path: Path) -> Iterator[None]:
    """Deletes a download that turns out to be unreadable."""
    try:
        yield
    except UserError:
        if is_address(start):
            path.unlink(missing_ok=True)  # so that it is downloaded anew once it has been put right there
        raise


def _load_checkpoint(path: Path) -> Model:
    try:
        return load(path)[0]
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        # A file from elsewhere may say anything of itself, and then the recorded steps fit nothing.
        raise UserError("checkpoint.malformed", path=str(path), reason=str(error)[:200] or "?") from error


def _is_checkpoint(path: Path) -> bool:
    from engine.detector.base.header import read_info

    try:
        read_info(path)
    except UserError:
        return False
    return True


def _check_start(job: TrainJob, choice: Any, path: Path) -> None:
    if (choice.key, choice.classes) != (job.choice.key, job.choice.classes):
        raise UserError("train.other_detector", path=str(path), theirs=choice.key, ours=job.choice.key)


def _trainer(job: TrainJob, context: JobContext, data: _Data, model: Model, info: Any) -> Trainer:
    from engine.detector.base.header import Position
    from engine.detector.network.checkpoint import save
    from engine.detector.train.reader import TrainingReader
    from engine.detector.train.trainer import Trainer

    settings = job.settings
    own = [make(step) for step in job.steps + job.alongside]
    reader = TrainingReader(
        data.train, model.config, batch_size=settings.batch_size, seed=settings.seed, augment=settings.augment
    )
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

    teacher = load(Path(job.teacher))[0].network if job.teacher else None
    lessons = [lesson for technique in own if (lesson := technique.teach(model.network, teacher, hooks)) is not None]
    trainer = Trainer(model.network, reader, settings, rate, evaluate, keep, context, lessons)
    return trainer


def _restore(trainer: Trainer, info: Any, last: Path) -> None:
    from engine.detector.network.checkpoint import load_weights, read_tensors

    load_weights(trainer.network, last)
    trainer.restore(info.position, read_tensors(last, "optimizer"), read_tensors(last, "average"))


def _context(model: Model, data: _Data, context: JobContext) -> Context:
    return Context(model.config, model.choice, calibration_of(model, data.train), context.run_dir)


def _measure(model: Model, data: _Data, context: JobContext, quiet: bool = False) -> list[Figure]:
    def progress(done: int, total: int) -> None:
        context.check_cancelled()
        if not quiet:
            context.progress(done, total, "picture")

    return coco_measured(model, data.val, "val", calibration_of(model, data.train), progress)


def _finish(context: JobContext, data: _Data, position: dict[str, object]) -> dict[str, object]:
    context.stage("train.measuring")
    best = checkpoint_of(context.run_dir)
    model, _ = load(best)
    figures = computed_figures(model)
    if data.val:
        figures = _measure(model, data, context) + figures
    context.figures("final", figures)
    context.artifact("checkpoint", best)
    return {"figures": [figure.model_dump(exclude_none=True) for figure in figures], "position": position}
