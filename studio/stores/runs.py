"""The runs of the open project: followed, started, stopped, put into the trash and taken out again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from engine.contract.dataset import Part
from engine.contract.recipe import BASE_STEPS
from engine.contract.run.findings.evaluations import keep_earlier_figures
from engine.contract.run.job import (
    EvaluateJob,
    ExportJob,
    HostJob,
    Precision,
    PredictJob,
    RecipeJob,
    Target,
    TrainJob,
)
from engine.contract.run.offers import Offer
from engine.contract.run.settings import TrainSettings
from engine.contract.text.messages import Message
from studio.stores.project import ProjectStore
from studio.stores.recipe import RecipeStore
from studio.stores.run import Run
from studio.stores.work.begin import end, make_run, resume
from studio.stores.work.queue import QueueStore
from studio.stores.work.task import Task
from studio.stores.work.tasks import TasksStore
from studio.workers.background import Background, system_message
from studio.workers.following import Following

SCAN_MS = 1000


class RunsStore(QObject):
    """`runs` by number. Every second the folder is looked through, so that runs of others come and go as well."""

    added = Signal(object)
    removed = Signal(object)
    changed = Signal(object)
    failed = Signal(object)
    recipe_started = Signal(object)

    def __init__(
        self,
        project: ProjectStore,
        recipe: RecipeStore,
        tasks: TasksStore,
        queue: QueueStore,
        following: Following,
        background: Background,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._project = project
        self._recipe = recipe
        self._tasks = tasks
        self._queue = queue
        self._following = following
        self._background = background
        self.runs: list[Run] = []
        self._recipe_task: Task | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(SCAN_MS)
        self._timer.timeout.connect(self.scan)
        project.opened.connect(self._opened)
        project.closed.connect(self._closed)
        project.place_changed.connect(self.scan)
        tasks.finished.connect(lambda _: self.scan())
        queue.changed.connect(self._show_places)

    def by_name(self, name: str | None) -> Run | None:
        """The run of that name."""
        return next((run for run in self.runs if run.name == name), None)

    def active(self) -> Run | None:
        """The latest run that a worker is at; none is known of while the project is not there."""
        if not self._project.here:
            return None
        return next((run for run in reversed(self.runs) if run.status == "running"), None)

    def tree(self) -> list[tuple[Run, int]]:
        """Every run right below the one that it started from, with its depth."""
        known = {run.name for run in self.runs}

        def below(parent: str | None, depth: int) -> list[tuple[Run, int]]:
            children = [run for run in self.runs if (run.parent if run.parent in known else None) == parent]
            return [entry for run in children for entry in ((run, depth), *below(run.name, depth + 1))]

        return below(None, 0)

    def train(self, settings: TrainSettings) -> None:
        """Train the project's detector from its start point: a new run, by a worker of its own."""
        folder, job = self._project.folder, self.training(settings)
        if folder is not None and job is not None:
            self._do(lambda: make_run(folder, "train", job))

    def training(self, settings: TrainSettings) -> TrainJob | None:
        """What `train` would start; None without a project."""
        folder, project = self._project.folder, self._project.project
        if folder is None or project is None:
            return None
        point = self._project.start_point
        begun = self.by_name(point)
        return TrainJob(
            choice=project.detector,
            index=str(folder.index),
            start=str(begun.root) if begun else point,
            steps=BASE_STEPS,
            settings=settings,
            watched=self._project.choices.watched,
        )

    def take(self, run: Run, offer: Offer) -> None:
        """Start what is offered in place of a run that failed: a new run of its name."""
        folder = self._project.folder
        if folder is not None:
            self._do(lambda: make_run(folder, run.label, offer.job))

    def apply_recipe(self, epochs: int | None = None) -> Task:
        """Apply the recipe as it is now to its base; its runs appear by themselves."""
        job = self.recipe_job(epochs)
        assert job is not None
        task = self._tasks.start(job)
        self._recipe_task = task
        self.recipe_started.emit(task)
        return task

    def recipe_job(self, epochs: int | None = None) -> RecipeJob | None:
        """What `apply_recipe` would start; None without a project."""
        recipe = self._recipe
        return self._tasks.recipe_job(recipe.recipe, recipe.base_run, recipe.teacher_run, epochs)

    @property
    def awaited(self) -> Task | None:
        """The recipe that was started last, while it goes on and has made no run yet."""
        task = self._recipe_task
        return None if task is None or task not in self._tasks.running() or self.run_of(task) is not None else task

    def run_of(self, task: Task) -> Run | None:
        """The latest run that a recipe has made."""
        for run in reversed(self.runs):
            part = run.job.part if isinstance(run.job, TrainJob) else None
            if part is not None and part.task == task.root.name:
                return run
        return None

    def cancel(self, run: Run) -> None:
        """Stop a run; it says so when it has stopped, 10 s later at the latest. One that waits is gone at once."""
        self._do(lambda: end(run.root), run, self._queue.took_out)

    def resume(self, run: Run) -> None:
        """Go on with a cancelled, failed or lost run, from its last checkpoint, and with the recipe that made it."""

        def done(started: Path) -> None:
            if started != run.root:
                self._tasks.pick_up(started)

        self._do(lambda: resume(run.root), run, done)

    def trash(self, run: Run) -> str | None:
        """Move a run into the project's trash, and its name there; None for one that a worker is at, or stays."""
        folder = self._project.folder
        if folder is None:
            return None
        if run.status == "running" or not run.caught_up:
            self.failed.emit(Message(code="studio.core.trash_running", args={"run": run.name}))
            return None
        return self._move(run.root, lambda: folder.thrown_away(run.name))

    def restore(self, name: str) -> str | None:
        """Take out of the trash what is called `name` there; its name as a run, None where it stays."""
        folder = self._project.folder
        return None if folder is None else self._move(folder.trash / name, lambda: folder.taken_out(name))

    def in_trash(self) -> list[str]:
        """Names of the runs in the trash."""
        folder = self._project.folder
        return sorted(path.name for path in folder.trash.glob("[0-9]*")) if folder else []

    def evaluate(self, run: Run, split: Part = "test") -> Task | None:
        """Measure a run on a split; the figures are kept with the run."""
        folder = self._project.folder
        if folder is None or split == "none":
            return None
        return self._tasks.start(EvaluateJob(run=str(run.root), index=str(folder.index), split=split))

    def measure_host(self, runs: list[Run]) -> Task | None:
        """Measure runs side by side on this machine; the figures are kept with each."""
        folder = self._project.folder
        if folder is None:
            return None
        return self._tasks.start(HostJob(runs=tuple(str(run.root) for run in runs), index=str(folder.index)))

    def export(self, run: Run, target: Target, precision: Precision, out: Path) -> Task | None:
        """Write a phone's file of a run into the folder `out`."""
        folder = self._project.folder
        if folder is None:
            return None
        index, where = str(folder.index), str(out.resolve())
        return self._tasks.start(
            ExportJob(run=str(run.root), index=index, target=target, precision=precision, out=where)
        )

    def predict(self, run: Run, pictures: list[Path], out: Path) -> Task | None:
        """Draw a run's boxes on pictures, into the folder `out`."""
        paths = tuple(str(path.resolve()) for path in pictures)
        return self._tasks.start(PredictJob(run=str(run.root), pictures=paths, out=str(out.resolve())))

    def scan(self) -> None:
        """Look for runs that came, went, or were touched."""
        folder = self._project.folder
        if folder is None or not self._project.is_there():
            return
        found = {path.name: path for path in sorted(folder.runs.glob("[0-9]*-*")) if path.is_dir()}
        for run in [run for run in self.runs if run.name not in found]:
            self.runs.remove(run)
            self.removed.emit(run)
            run.forget()
        for run in self.runs:
            run.look()
        known = {run.name for run in self.runs}
        for name in [name for name in found if name not in known]:
            self._add(found[name])

    def _show_places(self) -> None:
        for run in self.runs:
            run.stand(self._queue.waiting_of(run.root))

    def _add(self, root: Path) -> None:
        run = Run(root, self._following, self)
        run.stand(self._queue.waiting_of(root))
        self.runs.append(run)
        self.runs.sort(key=lambda one: one.name)
        run.changed.connect(lambda: self.changed.emit(run))
        self.added.emit(run)

    def _opened(self) -> None:
        folder = self._project.folder
        assert folder is not None
        self.scan()
        self._timer.start()
        self._background.run(lambda: keep_earlier_figures(folder), lambda _: self.scan())

    def _closed(self) -> None:
        self._timer.stop()
        self._recipe_task = None
        while self.runs:
            run = self.runs.pop()
            self.removed.emit(run)
            run.forget()

    def _do(
        self, work: Callable[[], Any], run: Run | None = None, then: Callable[[Any], None] = lambda _: None
    ) -> None:
        def done(outcome: Any) -> None:
            then(outcome)
            self.scan()
            self._queue.look()
            if run is not None and run in self.runs:
                run.wake()

        if self._project.is_there():
            self._background.run(work, done, self.failed.emit)

    def _move(self, source: Path, target: Callable[[], Path]) -> str | None:
        """Move a run's folder; its name afterwards."""
        if not self._project.is_there():
            return None
        try:
            moved = source.rename(target())
        except OSError as error:
            self.failed.emit(system_message(error))
            return None
        self.scan()
        return moved.name
