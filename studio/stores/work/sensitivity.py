"""What a run's network can spare: measured by jobs side by side, kept beside the run, and proposed from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from PySide6.QtCore import QObject, Signal

from engine.contract.run.folder import checkpoint_of
from engine.contract.run.job import Int8ErrorsJob, Job, SaliencyJob, SensitivityJob
from engine.contract.sensitivity import ChannelSaliency, GroupLosses, LayerErrors, SensitivityFolder, digest_of
from engine.contract.system.cores import core_count
from engine.contract.text.messages import Message, UserError
from studio.stores.followed import Waiting
from studio.stores.question import LastQuestion
from studio.stores.work.task import Task
from studio.stores.work.tasks import TasksStore

SPLIT = "val"


class Measurement(QObject):
    """Jobs that share one piece of work. `changed` tells that they are further, `ended` that all of them are done."""

    changed = Signal()
    ended = Signal()

    def __init__(self, tasks: TasksStore, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = tasks
        self.tasks: list[Task] = []

    @property
    def busy(self) -> bool:
        """Whether one of them is at work."""
        return any(not task.ended for task in self.tasks)

    @property
    def share(self) -> float:
        """How much is done, 0 to 1: the mean over the jobs, whose parts are about as long."""
        done = [_share(task) for task in self.tasks]
        return sum(done) / len(done) if done else 0.0

    @property
    def left_s(self) -> float | None:
        """Seconds until the last of them is done; None while one cannot tell."""
        told = [task.state.progress for task in self.tasks if not task.ended]
        times = [progress.eta_s if progress is not None else None for progress in told]
        known = [time for time in times if time is not None]
        return max(known) if known and len(known) == len(times) else None

    @property
    def waiting(self) -> Waiting | None:
        """How they stand in the queue while none of them is at work."""
        left = [task for task in self.tasks if not task.ended]
        return left[0].waiting if left and all(task.waiting is not None for task in left) else None

    @property
    def stage(self) -> Message | None:
        """What they are at."""
        return next((task.state.stage.message for task in self.tasks if task.state.stage is not None), None)

    @property
    def cancelled(self) -> bool:
        """Whether they were stopped by hand."""
        return any(task.status == "cancelled" for task in self.tasks)

    @property
    def error(self) -> Message | None:
        """Why one of them failed."""
        return next((task.error for task in self.tasks if task.error is not None), None)

    def start(self, jobs: Sequence[Job]) -> None:
        """Start jobs; those of before are let go."""
        self._take([self._store.start(job) for job in jobs])

    def adopt(self, suits: Callable[[Job], bool]) -> None:
        """Follow what is at work already, such as what was started before the window was closed."""
        self._take([task for task in self._store.running() if task.job is not None and suits(task.job)])

    def cancel(self) -> None:
        """Stop them; what they measured is kept."""
        for task in self.tasks:
            task.cancel()

    def _take(self, tasks: list[Task]) -> None:
        for task in self.tasks:
            task.changed.disconnect(self.changed)
            task.finished.disconnect(self._finish)
        self.tasks = tasks
        for task in tasks:
            task.changed.connect(self.changed)
            task.finished.connect(self._finish)
        self.changed.emit()

    def _finish(self) -> None:
        if not self.busy:
            self.ended.emit()


class Proposal(LastQuestion):
    """Ratios for a target, worked out by the engine from what was measured.

    `answer` is the document of `espalier sensitivity --known --json`, perhaps with `--saliency`; None while there is
    none.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.answer: dict[str, Any] | None = None
        self._asked: list[str] = []

    def ask(self, words: list[str]) -> None:
        """Have it worked out anew."""
        self.close()
        self.answer, self.error, self._asked = None, None, words
        self._ask_soon()

    def forget(self) -> None:
        """There is nothing to propose from."""
        self.close()
        self.answer = self.error = None
        self.changed.emit()

    def _words(self) -> list[str]:
        return ["sensitivity", *self._asked, "--known"]

    def _take(self, answer: dict[str, Any]) -> None:
        self.answer = answer


def channel_jobs(run: Path, index: Path, criterion: str, pictures: int) -> list[Job]:
    """One job for each core, which share the channel groups."""
    parts = core_count()
    shared: Mapping[str, Any] = {"run": str(run), "index": str(index), "criterion": criterion, "split": SPLIT}
    threads = 1 if parts > 1 else 0
    return [
        SensitivityJob(**shared, pictures=pictures, part=part, parts=parts, threads=threads) for part in range(parts)
    ]


def int8_job(run: Path, index: Path, pictures: int) -> Int8ErrorsJob:
    """The job that measures every convolution alone."""
    return Int8ErrorsJob(run=str(run), index=str(index), pictures=pictures)


def saliency_job(run: Path, index: Path, pictures: int) -> SaliencyJob:
    """The job that finds how much the loss hangs on each channel."""
    return SaliencyJob(run=str(run), index=str(index), pictures=pictures)


def read_losses(run: Path, criterion: str, pictures: int) -> dict[str, GroupLosses]:
    """What was measured of a run's channel groups on so many pictures; {} for nothing. It blocks."""
    digest = _digest(run)
    return SensitivityFolder.of(run, criterion, SPLIT, pictures, digest).read() if digest else {}


def read_errors(run: Path, pictures: int) -> LayerErrors | None:
    """What int8 was measured to do to a run's convolutions; None for nothing. It blocks."""
    digest = _digest(run)
    try:
        return LayerErrors.model_validate_json(LayerErrors.file(run, pictures, digest).read_bytes())
    except (OSError, ValidationError):
        return None


def read_saliency(run: Path, pictures: int) -> ChannelSaliency | None:
    """The saliency of a run's channels on so many pictures; None where it was not found yet. It blocks."""
    return ChannelSaliency.read(ChannelSaliency.file(run, pictures, _digest(run)))


def last_saliency_pictures(run: Path) -> int | None:
    """On how many pictures a run's saliency was found last. It blocks."""
    digest = _digest(run)
    counts = ChannelSaliency.counts(run, digest) if digest else []
    return counts[0] if counts else None


def last_pictures(run: Path, criterion: str) -> int | None:
    """On how many pictures a run's channel groups were measured last. It blocks."""
    digest = _digest(run)
    counts = SensitivityFolder.counts(run, criterion, SPLIT, digest) if digest else []
    return counts[0] if counts else None


def _digest(run: Path) -> str:
    try:
        checkpoint = checkpoint_of(run)
    except UserError:
        return ""
    found = checkpoint.stat()
    return _digest_at(checkpoint, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=32)
def _digest_at(checkpoint: Path, _time: int, _size: int) -> str:
    return digest_of(checkpoint)


def _share(task: Task) -> float:
    progress = task.state.progress
    if task.ended:
        return 1.0
    return progress.done / progress.total if progress is not None and progress.total else 0.0
