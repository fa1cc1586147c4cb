"""The fits of the open project: what each was asked, how it stands, and its front as far as it has come."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from engine.contract.fit.front import FRONT, Front, read_front
from engine.contract.fit.job import FitJob
from engine.contract.project import ProjectFolder
from engine.contract.run.events import Failed
from engine.contract.run.folder import RunFolder, Status
from engine.contract.run.lineage import fit_job, fits_of, unfinished_fits
from engine.contract.run.tail import StreamError, last_event
from engine.contract.text.messages import Message
from studio.stores.project import ProjectStore
from studio.stores.work.task import Task
from studio.stores.work.tasks import TasksStore
from studio.workers.background import Background

_SOON_MS = 150


@dataclass(frozen=True)
class Fit:
    """One fit, by its folder. `front` is None until its first point is known; `error` says why it failed."""

    root: Path
    job: FitJob
    status: Status
    front: Front | None = None
    error: Message | None = None

    @property
    def name(self) -> str:
        """The name of its folder."""
        return self.root.name

    @property
    def unfinished(self) -> bool:
        """Whether it goes on where it was when it is started again."""
        return self.status in ("cancelled", "failed", "lost")


class FitsStore(QObject):
    """`fits`, the newest first. They are read again whenever one of them tells more, beside the GUI thread.

    One that somebody began elsewhere, such as on the command line, is followed like those that were begun here.
    """

    changed = Signal()
    wanted = Signal()

    def __init__(
        self, project: ProjectStore, tasks: TasksStore, background: Background, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._project, self._tasks, self._background = project, tasks, background
        self.fits: tuple[Fit, ...] = ()
        self._told: dict[Path, tuple[object, ...]] = {}
        self._refused: set[Path] = set()
        self._reading = self._again = False
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_SOON_MS)
        self._soon.timeout.connect(self._read)
        project.opened.connect(self.look)
        project.closed.connect(self._closed)
        tasks.added.connect(self._on_task)
        tasks.finished.connect(self._on_finished)

    @property
    def shown(self) -> Fit | None:
        """The fit that a person looks at: the one that was chosen, else one that is at work, else the newest."""
        wish = self._project.choices.fit
        named = [fit for fit in self.fits if fit.name == wish]
        at_work = [fit for fit in self.fits if fit.status == "running"]
        return next(iter([*named, *at_work, *self.fits]), None)

    def choose(self, name: str) -> None:
        """Look at another fit from now on."""
        self._project.choose(fit=name)
        self.changed.emit()

    def show(self, name: str) -> None:
        """The same, and have it brought to the front."""
        self.choose(name)
        self.look()
        self.wanted.emit()

    def task_of(self, fit: Fit) -> Task | None:
        """What follows it, if anything does."""
        return next((task for task in self._tasks.tasks if task.root == fit.root), None)

    def start(self, job: FitJob) -> Task:
        """Start a fit; what the engine refuses is told by the task."""
        return self._tasks.start(job)

    def forget(self, task: Task) -> None:
        """Take one that was refused out of all lists."""
        self._refused.add(task.root)
        self._tasks.dismiss(task)
        self.look()

    def cancel(self, fit: Fit) -> None:
        """Stop it; what it found is kept."""
        task = self.task_of(fit)
        if task is not None:
            task.cancel()

    def resume(self, fit: Fit) -> None:
        """Have it go on where it was."""
        if fit.unfinished:
            self._tasks.resume_at(fit.root)

    def look(self) -> None:
        """Read them again soon."""
        if self._project.folder is not None and not self._soon.isActive():
            self._soon.start()

    def _on_task(self, task: Task) -> None:
        if isinstance(task.job, FitJob):
            task.changed.connect(lambda: self._on_told(task))
            self.look()

    def _on_told(self, task: Task) -> None:
        """Much is told of each step of a training; the front is written anew far less often."""
        fronts = [artifact.seq for artifact in task.state.artifacts if artifact.kind == FRONT]
        told = (fronts, task.status, task.error, task.waiting.state if task.waiting is not None else None)
        before = self._told.get(task.root)
        if before != told:
            self._told[task.root] = told
            self.look()
        if before is not None and before[-1] != told[-1]:
            self.changed.emit()

    def _on_finished(self, task: Task) -> None:
        if isinstance(task.job, FitJob):
            self.look()

    def _read(self) -> None:
        folder = self._project.folder
        if folder is None or self._reading:
            self._again = self._reading
            return
        self._reading = True
        self._background.run(lambda: (folder, read_fits(folder)), self._take, self._fail)

    def _take(self, found: tuple[ProjectFolder, tuple[Fit, ...]]) -> None:
        self._reading = False
        folder, fits = found
        if self._project.folder is None or folder.root != self._project.folder.root:
            self.look()
            return
        fits = tuple(fit for fit in fits if fit.root not in self._refused)
        if fits != self.fits:
            self.fits = fits
            self.changed.emit()
        for fit in fits:
            if fit.status == "running" and self.task_of(fit) is None:
                self._tasks.pick_up(fit.root)
        if self._again:
            self._again = False
            self.look()

    def _fail(self, _: Message) -> None:
        """The folder went away meanwhile; who works in it says so."""
        self._reading = False

    def _closed(self) -> None:
        self._soon.stop()
        self._told.clear()
        self._refused.clear()
        if self.fits:
            self.fits = ()
            self.changed.emit()


def read_fits(folder: ProjectFolder) -> tuple[Fit, ...]:
    """The fits of a project, the newest first, without those that were refused before they began. It blocks."""
    going = set(unfinished_fits(folder))
    told = [(root, fit_job(root), read_front(root), RunFolder(root).status()) for root in reversed(fits_of(folder))]
    return tuple(
        Fit(root, job, status, front, _error_of(root))
        for root, job, front, status in told
        if job is not None and (front is not None or root in going or status in ("queued", "running"))
    )


def _error_of(root: Path) -> Message | None:
    try:
        event, _ = last_event(RunFolder(root).events)
    except StreamError:
        return None
    return event.message if isinstance(event, Failed) else None
