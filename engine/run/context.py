"""What a job is given beside its job.json: where to write, whom to tell, and when to stop."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Literal

from engine.contract.figures import Figure
from engine.contract.queue.gate import Gate
from engine.contract.run.events import (
    Artifact,
    CancelledEvent,
    Event,
    Failed,
    Figures,
    Finished,
    Hello,
    Metric,
    Notice,
    Picture,
    Progress,
    Stage,
)
from engine.contract.run.folder import RunFolder
from engine.contract.system.files import identity_of
from engine.contract.text.messages import Argument, Cancelled, Message

PROGRESS_INTERVAL_S = 0.2
CANCEL_INTERVAL_S = 0.05


class JobContext:
    """One sitting of a run; `sitting` counts from 1. All methods may be called from any thread."""

    def __init__(
        self,
        run_dir: Path,
        emit: Callable[[Event], None],
        *,
        sitting: int = 1,
        stop_asked: Callable[[], bool] = lambda: False,
        gate: Gate | None = None,
    ) -> None:
        self.folder = RunFolder(run_dir)
        self.run_dir = self.folder.root
        self.sitting = sitting
        self._emit = emit
        self._stop_asked = stop_asked
        self._gate = gate or Gate()
        self._place = identity_of(self.run_dir)
        self._checked = -math.inf
        self._lock = threading.RLock()
        self._bar = _Bar()
        self._not_finite: set[str] = set()

    @property
    def resuming(self) -> bool:
        """True when an earlier sitting of this run left a checkpoint."""
        folder = self.folder.checkpoints
        return self.sitting > 1 and folder.is_dir() and any(folder.iterdir())

    def emit(self, event: Event) -> None:
        """Send an event; hello and the terminal events belong to the worker and raise ValueError."""
        if isinstance(event, Hello | Finished | CancelledEvent | Failed):
            raise ValueError(f"a job must not send {event.type}")
        self._emit(event)

    def stage(self, code: str, **args: Argument | Message) -> None:
        """Begin a new part of the job; its progress starts over."""
        with self._lock:
            self.flush()
            self._bar = _Bar()
            message = Message(code=code, args=args)
            self.emit(Stage(message=message, text=message.text()))

    def progress(self, done: int, total: int, unit: str) -> None:
        """Tell how far the stage is; at most five times a second, but the last is always told."""
        with self._lock:
            due = self._bar.advance(done, total, unit)
            if due is not None:
                self.emit(due)

    def counter(self, unit: str) -> Callable[[int, int], None]:
        """Progress in `unit` for work that only tells how many are done of how many; stops it by raising Cancelled."""

        def tell(done: int, total: int) -> None:
            self.check_cancelled()
            self.progress(done, total, unit)

        return tell

    def flush(self) -> None:
        """Send progress that was held back."""
        with self._lock:
            if self._bar.pending is not None:
                self.emit(self._bar.pending)
                self._bar.pending = None

    def metric(self, name: str, step: int, value: float) -> None:
        """Add a point to a curve; a value that is no finite number becomes one notice per curve instead."""
        if math.isfinite(value):
            self.emit(Metric(name=name, step=step, value=value))
        elif name not in self._not_finite:
            self._not_finite.add(name)
            self.notice("run.not_finite", level="warning", name=name, step=step)

    def figures(self, moment: Literal["start", "transformed", "final"], figures: Sequence[Figure]) -> None:
        """Tell figures of the model at `moment`; a figure told again replaces the earlier one."""
        self.emit(Figures(moment=moment, figures=tuple(figures)))

    def picture(self, path: Path, role: str) -> None:
        """Tell of a picture; one outside the run folder is told with its whole path."""
        self.emit(Picture(path=self._relative(path), role=role))

    def artifact(self, kind: str, path: Path) -> None:
        """Tell of a file, with its size in bytes; one outside the run folder is told with its whole path.

        Raises OSError if there is none.
        """
        self.emit(Artifact(kind=kind, path=self._relative(path), bytes=(self.run_dir / path).stat().st_size))

    def notice(self, code: str, *, level: Literal["info", "warning"] = "info", **args: Argument | Message) -> None:
        """Tell a person something that does not end the run."""
        message = Message(code=code, args=args)
        self.emit(Notice(level=level, message=message, text=message.text()))

    def computing(self) -> AbstractContextManager[None]:
        """Count as work that disturbs measurements meanwhile, as any job does but those of a phone."""
        return self._gate.computing(self.check_stopped)

    def idle(self) -> AbstractContextManager[None]:
        """Disturb no measurement meanwhile: nothing is done but waiting for others."""
        return self._gate.idle(self.check_stopped)

    def quiet(self) -> AbstractContextManager[bool]:
        """Measure times while nothing else of ours computes; False where others did not let go in time."""
        return self._gate.quiet(self.check_stopped)

    def check_cancelled(self) -> None:
        """Raise Cancelled if the run was asked to stop, or lost its folder; wait while another job measures times.

        Cheap enough for every batch.
        """
        self.check_stopped()
        self._gate.make_way(self.check_stopped)

    def is_in_the_way(self) -> bool:
        """Whether another job waits for us to measure times: for who cannot wait within `check_cancelled`."""
        return self._gate.is_in_the_way()

    def let_measure(self) -> None:
        """Stand still until no other job measures times; raises Cancelled as `check_cancelled` does."""
        self._gate.let_measure(self.check_stopped)

    def check_stopped(self) -> None:
        """Raise Cancelled if the run was asked to stop, or lost its folder."""
        if self._stop_asked():
            raise Cancelled
        now = time.monotonic()
        if now - self._checked >= CANCEL_INTERVAL_S:
            self._checked = now
            if self.folder.cancel.exists() or self.homeless:
                raise Cancelled

    @property
    def homeless(self) -> bool:
        """True once the run's folder was deleted, moved, or replaced by another: nothing may be written any more."""
        return self._place is not None and identity_of(self.run_dir) != self._place

    def _relative(self, path: Path) -> str:
        whole = (self.run_dir / path).resolve()
        return (whole.relative_to(self.run_dir) if whole.is_relative_to(self.run_dir) else whole).as_posix()


class _Bar:
    """Progress of one stage: its rate, and what is held back."""

    def __init__(self) -> None:
        self.pending: Progress | None = None
        self._began: tuple[float, int] | None = None
        self._sent = -math.inf

    def advance(self, done: int, total: int, unit: str) -> Progress | None:
        """The event to send now; None if it is held back in `pending`."""
        now = time.monotonic()
        if self._began is None:
            self._began = (now, done)
        began, first = self._began
        # A resumed stage begins in the middle: only what this sitting did tells the rate.
        eta = (now - began) / (done - first) * (total - done) if done > first else None
        event = Progress(done=done, total=total, unit=unit, eta_s=eta)
        if done < total and now - self._sent < PROGRESS_INTERVAL_S:
            self.pending = event
            return None
        self.pending = None
        self._sent = now
        return event
