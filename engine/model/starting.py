"""What a training starts from: nothing, a run, a checkpoint, or a file of weights; and what is said of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from engine.contract.run.folder import checkpoint_of
from engine.contract.run.job import TrainJob
from engine.contract.text.address import is_address
from engine.contract.text.messages import UserError
from engine.model.assembly import Model, assemble, load
from engine.run.context import JobContext

if TYPE_CHECKING:
    from engine.detector.base.header import CheckpointInfo
    from engine.detector.network.checkpoint import Matching
    from engine.weights.arrays import Weights
    from engine.weights.download import Start


def load_start(job: TrainJob, context: JobContext) -> Model:
    """The model that a training starts from, and notices of what fitted; raises UserError where it is no start."""
    import paddle

    from engine.detector.network.checkpoint import fit_weights
    from engine.weights.arrays import read_weights

    paddle.seed(job.settings.seed)
    if job.start is None:
        return assemble(job.choice)
    start = _fetched(job, job.start, context)
    path = start.path
    if path.is_dir():
        return _load_run(job, path, context)
    info = info_of(path)
    if info is not None and info.choice == job.choice:
        with _forgetting(job.start, path):
            model = load_checkpoint(path)
        start.tell()
        return model
    if info is not None and _differs_in_classes(job, info):
        with _forgetting(job.start, path):
            model = _load_renamed(job, path, info, context)
        start.tell()
        return model
    model = assemble(job.choice)
    with _forgetting(job.start, path):
        weights = read_weights(path, job.start)
        if info is not None and info.choice.classes != job.choice.classes:
            weights = _rows_by_name(weights, model, path, info.choice.classes, context)
    start.tell()
    tell_matching(context, path, fit_weights(model.network, weights, job.start))
    return model


def _load_run(job: TrainJob, path: Path, context: JobContext) -> Model:
    from engine.detector.base.header import read_info

    info = read_info(checkpoint_of(path))
    if info.choice.key != job.choice.key:
        raise UserError("train.other_detector", path=str(path), theirs=info.choice.key, ours=job.choice.key)
    if info.choice.classes == job.choice.classes:
        return load(path)[0]
    if not _differs_in_classes(job, info):
        raise UserError("train.other_detector", path=str(path), theirs=info.choice.key, ours=job.choice.key)
    return _load_renamed(job, checkpoint_of(path), info, context)


def _differs_in_classes(job: TrainJob, info: CheckpointInfo) -> bool:
    """Whether a checkpoint is of the job's detector but for its classes."""
    return info.choice.model_copy(update={"classes": job.choice.classes}) == job.choice


def _load_renamed(job: TrainJob, path: Path, info: CheckpointInfo, context: JobContext) -> Model:
    """A checkpoint, with all its steps, in a network of the job's classes."""
    from engine.detector.network.checkpoint import read_tensors, take_over

    try:
        model = assemble(job.choice, info.steps, info.records)
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise UserError("checkpoint.malformed", path=str(path), reason=str(error)[:200] or "?") from error
    weights = _rows_by_name(read_tensors(path, "model"), model, path, info.choice.classes, context)
    tell_matching(context, path, take_over(model.network, weights))
    return model


def _rows_by_name(weights: Weights, model: Model, path: Path, theirs: Sequence[str], context: JobContext) -> Weights:
    """The weights with each class's rows where the model has that class; tells of it."""
    from engine.detector.network.checkpoint import network_arrays
    from engine.detector.network.class_rows import by_name, match_classes

    ours = model.choice.classes
    found = match_classes(theirs, ours)
    context.notice(
        "train.classes_by_name",
        level="warning",
        path=path.name,
        theirs=listed(theirs),
        ours=listed(ours),
        taken=listed([ours[place] for _, place in found.shared]),
        new=listed(found.new),
        dropped=listed(found.left_out),
    )
    return by_name(weights, network_arrays(model.network), theirs, ours)


def listed(names: Sequence[str], most: int = 8) -> str:
    """Names in a sentence, the first of many; a dash for none."""
    return ", ".join(names[:most]) + (f", ... ({len(names)})" if len(names) > most else "") if names else "-"


def tell_matching(context: JobContext, path: Path, matching: Matching) -> None:
    """Tell how much of a file of weights fitted."""
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


def load_checkpoint(path: Path) -> Model:
    """The model of a checkpoint file, wherever it is from; raises UserError for one that does not fit itself."""
    try:
        return load(path)[0]
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        # A file from elsewhere may say anything of itself, and then the recorded steps fit nothing.
        raise UserError("checkpoint.malformed", path=str(path), reason=str(error)[:200] or "?") from error


def info_of(path: Path) -> CheckpointInfo | None:
    """What a file tells of itself if it is a checkpoint of ours, else None."""
    from engine.detector.base.header import read_info

    if path.suffix != ".safetensors":
        return None
    try:
        return read_info(path)
    except UserError:
        return None
