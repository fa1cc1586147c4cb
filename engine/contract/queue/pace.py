"""How long a job will take, by what earlier ones of its project took on this machine: an estimate with an interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from engine.contract.dataset import Index
from engine.contract.fit.job import FitJob
from engine.contract.project import ProjectFolder
from engine.contract.queue.needs import project_of
from engine.contract.queue.speed import Speed, Told, speeds, steps_done, whole_s
from engine.contract.recipe import PlannedJob
from engine.contract.run.folder import RunFolder
from engine.contract.run.job import Job, RecipeJob, TrainJob
from engine.contract.run.lineage import training_of
from engine.contract.run.ranks import world_size
from engine.contract.run.settings import TrainSettings
from engine.contract.system.cores import core_count
from engine.contract.text.messages import UserError

_ONE = 0.15
"""How far a second training like the first may be from it, as a share."""
_LOW, _HIGH = 0.65, 1.6
"""Of a guess by a training that was not like this one."""
_EARLY = 0.03
"""Below this share of its work a job's own progress tells less than others' did."""
_TASKS = 5
_GATHERING, _MEASURING = "train.gathering", "train.measuring"
"""Stages of a training before its first step and after its last."""


@dataclass(frozen=True)
class Left:
    """Seconds that a job will take, or that are left of it: between `low_s` and `high_s`.

    `about` where nothing like it was done here before; `run` is by whose steps it is told, "" where by no run's.
    """

    low_s: float
    high_s: float
    about: bool = True
    run: str = ""

    @property
    def seconds(self) -> float:
        """One number for both."""
        return (self.low_s + self.high_s) / 2

    def times(self, low: float, high: float) -> Left:
        """Its ends as many times as long, which is a guess."""
        return Left(self.low_s * low, self.high_s * high, True, self.run)


def pace(job: Job, folder: Path | None = None, planned: Sequence[PlannedJob] = ()) -> Left | None:
    """Seconds that a job will take; None where nothing done before tells.

    `folder` is its run's, if that was begun before. `planned` are the runs of a recipe, if the caller knows them.
    """
    project = project_of(job)
    if project is None:
        return None
    done = steps_done(RunFolder(folder)) if folder is not None else 0
    match job:
        case TrainJob():
            return _training(job, speeds(ProjectFolder(project).runs), done)
        case RecipeJob():
            return _recipe(job, planned)
        case FitJob():
            return _fit(job)
        case _:
            return _as_before(job.kind, project)


def _training(job: TrainJob, known: Sequence[Speed], done: int = 0) -> Left | None:
    """By trainings like it, else by the nearest one of its detector."""
    each = _steps(job)
    if each is None:
        return None
    left = max(0, job.settings.epochs * each - done)
    ours = [speed for speed in known if speed.job.choice.key == job.choice.key]
    alike = [speed for speed in ours if _conditions(speed.job) == _conditions(job)]
    if alike:
        found = [speed.around_s + left * speed.step_s for speed in alike]
        low, high = (min(found), max(found)) if len(found) > 1 else (found[0] * (1 - _ONE), found[0] * (1 + _ONE))
        return Left(low, high, False, alike[0].run)
    if not ours:
        return None
    near = min(ours, key=lambda speed: abs(math.log(_work(job) / _work(speed.job))))
    ratio = _work(job) / _work(near.job)
    seconds = near.around_s + left * near.step_s * ratio
    return Left(seconds * _LOW, seconds * _HIGH, True, near.run)


def _conditions(job: TrainJob) -> tuple[object, ...]:
    settings = job.settings
    where = (settings.device, settings.amp, settings.ranks, settings.nodes, settings.readers)
    return (job.choice.size, settings.batch_size, settings.threads or core_count(), *where)


def _work(job: TrainJob) -> float:
    """What a step costs grows with its pixels, which ranks share."""
    return job.choice.size**2 * job.settings.batch_size / world_size(job.settings.ranks, job.settings.nodes)


def _steps(job: TrainJob) -> int | None:
    """Of an epoch; None where the data cannot be looked at."""
    try:
        with Index.open(Path(job.index)) as index:
            pictures = index.picture_count("train")
    except UserError:
        return None
    return math.ceil(min(pictures, job.limit or pictures) / job.settings.batch_size)


def _recipe(job: RecipeJob, planned: Sequence[PlannedJob]) -> Left | None:
    start = training_of(Path(job.start)) if job.start else None
    if start is None:
        return None
    settings = job.settings or start.settings
    lengths = [each.epochs for each in planned] or [_length(job, Path(str(job.start)))]
    return _trainings(job.project, start, settings.threads, lengths, job.limit)


def _length(job: RecipeJob, start: Path) -> int:
    """Epochs of a recipe whose plan nobody has made, by what its steps say of their length."""
    base = _base_epochs(start)
    found = []
    for params in (step.params for step in job.recipe.steps if step.enabled):
        recovery, own = params.get("recovery", "own" if "epochs" in params else "base"), params.get("epochs", base)
        found.append({"short": math.ceil(base / 4), "twice": 2 * base, "own": own}.get(recovery, base))
    return max(found, default=base) if job.epochs is None else job.epochs


def _base_epochs(start: Path) -> int:
    """How long a run and those that it was made from were trained, by their jobs alone; as is usual if nobody tells."""
    epochs, here, seen = 0, start, set[Path]()
    while here not in seen and (job := training_of(here)) is not None:
        seen.add(here)
        epochs += job.settings.epochs if job.part is None else 0
        here = start.parent / Path(job.start).name if job.start else here
    return epochs or TrainSettings().epochs


def _trainings(project: str, start: TrainJob, threads: int, lengths: Sequence[int], limit: int) -> Left | None:
    """One after the other, of networks made from the start's."""
    known = speeds(ProjectFolder(Path(project)).runs)
    found = []
    for epochs in lengths:
        settings = start.settings.model_copy(update={"epochs": epochs, "threads": threads})
        each = _training(start.model_copy(update={"settings": settings, "limit": limit}), known)
        if each is None:
            return None
        found.append(each)
    # A cut network is quicker, a teacher beside it takes time of its own.
    low, high = sum(each.low_s for each in found), sum(each.high_s for each in found)
    return Left(low, high, True, found[0].run).times(0.8, 1.25) if found else None


def _fit(job: FitJob) -> Left | None:
    start = training_of(Path(job.start))
    if start is None:
        return None
    threads = max(1, core_count() // job.at_once) if job.at_once > 1 else start.settings.threads
    trial = _trainings(job.project, start, threads, [job.trial_epochs], job.limit)
    epochs = _base_epochs(Path(job.start)) if job.epochs is None else job.epochs
    last = _trainings(job.project, start, start.settings.threads, [epochs], job.limit)
    if trial is None or last is None:
        return None
    rounds = math.ceil(job.trials / job.at_once)
    low, high = trial.low_s + last.low_s, rounds * trial.high_s + last.high_s
    if job.hours is not None:
        low, high = min(low, 3600 * job.hours), min(high, 3600 * job.hours)
    return Left(low, high, True, last.run)


def _as_before(kind: str, project: Path) -> Left | None:
    """As long as others of its kind took in this project."""
    tasks = sorted(ProjectFolder(project).tasks.glob(f"{kind}-*"), key=_changed, reverse=True)
    found = [seconds for task in tasks[:_TASKS] if (seconds := whole_s(RunFolder(task))) is not None]
    return Left(min(found) * _LOW, max(found) * _HIGH) if found else None


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def left_of(known: Left | None, elapsed_s: float, told: Told | None, *, several: bool, stage: str = "") -> Left | None:
    """What is left of a running job: by its own progress where that is of all of it, else by what was known before.

    `several`: it has others train for it, and its progress is that of one of them. While a training waits for other
    machines all of it is left, and while it measures its best weights only that is. None where it takes longer than was
    known, for then nothing is.
    """
    if stage == _GATHERING:
        return known
    if stage == _MEASURING and not several:
        return None if told is None or told.eta_s is None else Left(told.eta_s, told.eta_s * _HIGH)
    rest = _rest(known, elapsed_s)
    if told is None or told.eta_s is None or (rest is not None and told.share < _EARLY):
        return rest
    if told.unit == "step" and not several:
        return Left(told.eta_s, told.eta_s * (1 + _ONE), False)
    if rest is None:
        return None if several else Left(told.eta_s, told.eta_s * _HIGH)
    return replace(rest, low_s=max(told.eta_s, rest.low_s), high_s=max(told.eta_s, rest.high_s))


def _rest(known: Left | None, elapsed_s: float) -> Left | None:
    if known is None or known.high_s <= elapsed_s:
        return None
    return replace(known, low_s=max(0.0, known.low_s - elapsed_s), high_s=known.high_s - elapsed_s)
