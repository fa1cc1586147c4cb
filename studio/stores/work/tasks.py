"""Work that is no run of the tree: imports, evaluations, exports, pictures, and recipes that make runs."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from engine.contract.recipe import Recipe
from engine.contract.run.folder import RunFolder
from engine.contract.run.job import SAMPLE, Job, ProjectJob, RecipeJob
from engine.contract.run.lineage import unfinished_fits, unfinished_recipes
from engine.contract.system.folders import cache_folder
from engine.contract.system.locks import is_locked
from engine.contract.text.messages import Message, UserError
from engine.contract.text.resources import SAMPLES
from studio.stores.project import ProjectStore
from studio.stores.work.begin import begin, end
from studio.stores.work.queue import QueueStore
from studio.stores.work.task import Task
from studio.workers.background import Background, system_message
from studio.workers.following import Following
from studio.workers.writing import write_whole

_LOOK_MS = 500


class TasksStore(QObject):
    """`tasks` are those of this session and those that an earlier studio left running."""

    added = Signal(object)
    removed = Signal(object)
    finished = Signal(object)
    failed = Signal(object)

    def __init__(
        self,
        project: ProjectStore,
        queue: QueueStore,
        following: Following,
        background: Background,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._project = project
        self._queue = queue
        self._following = following
        self._background = background
        self.tasks: list[Task] = []
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self._look)
        project.opened.connect(self._opened)
        project.closed.connect(self._closed)
        queue.changed.connect(self._show_places)
        queue.put_back.connect(self._put_back)

    def start(self, job: Job, title: str | Message = "") -> Task:
        """Start a job of the open project beside the runs; without a title it is called after what it does."""
        folder = self._project.folder
        if folder is None:
            return self._start(job, title, loose_task(job.kind))
        if not self._project.is_there():
            return self._refused(job, title, self._project.gone)
        try:
            return self._start(job, title, folder.new_task(job.kind))
        except OSError as error:
            return self._refused(job, title, system_message(error))
        except UserError as error:
            return self._refused(job, title, error.message)

    def import_data(self, job: Job, title: str | Message = "", start_point: str | None = None) -> Task:
        """Make a project (a ProjectJob), whether one is open or not, and open it when it is done.

        `start_point` is what its training is to start from, as in ProjectStore.
        """
        task = self._start(job, title, loose_task("import"))
        task.finished.connect(lambda: self._imported(task, start_point))
        return task

    def make_sample(self) -> Task:
        """Make a project of the built-in sample, with the weights that come with it as its start point."""
        job = ProjectJob(dir=str(free_folder("sample")), source=SAMPLE, detector="ssdlite_mobilenet_v3_small", size=160)
        return self.import_data(job, start_point=str(SAMPLES / "signs_ssdlite_small_160.safetensors"))

    def recipe_job(
        self, recipe: Recipe, base: str | None, teacher: str | None, epochs: int | None = None
    ) -> RecipeJob | None:
        """The job that applies a recipe, as it is now, to the run `base`; None without a project."""
        folder = self._project.folder
        if folder is None:
            return None
        begun, taught = (str(folder.runs / name) if name else None for name in (base, teacher))
        watched = self._project.choices.watched
        return RecipeJob(
            project=str(folder.root), recipe=recipe, start=begun, teacher=taught, epochs=epochs, watched=watched
        )

    def pick_up(self, root: Path) -> None:
        """Follow a recipe or a fit that somebody has started."""
        known = next((task for task in self.tasks if task.root == root), None)
        if known is None:
            self._add(Task(root, "", None, self._following, self))
        else:
            self._wake(known)

    def resume_at(self, root: Path) -> None:
        """Start the recipe or fit in a folder again, be it one of an earlier session, and follow it."""
        self._begin(root, lambda: self.pick_up(root))

    def dismiss(self, task: Task) -> None:
        """Take an ended task out of the list."""
        if task in self.tasks and task.ended:
            self._remove(task)

    def running(self) -> list[Task]:
        """The tasks that have not ended."""
        return [task for task in self.tasks if not task.ended]

    def _start(self, job: Job, title: str | Message, root: Path) -> Task:
        task = Task(root, title, job, self._following, self)
        self._add(task)

        def write_and_begin() -> None:
            write_whole(RunFolder(root).job, job.model_dump_json(indent=2))
            begin(root)

        def begun() -> None:
            task.wake()
            self._queue.look()

        self._background.run(write_and_begin, lambda _: begun(), task.refuse)
        return task

    def _refused(self, job: Job, title: str | Message, why: Message) -> Task:
        """A task that was not even given a folder."""
        folder = self._project.folder
        task = Task((folder.tasks if folder else Path()) / "refused", title, job, self._following, self)
        self._add(task)
        self._background.run(lambda: None, lambda _: task.refuse(why))  # told once who asked can listen
        return task

    def _add(self, task: Task) -> None:
        self.tasks.append(task)
        task.finished.connect(lambda: self.finished.emit(task))
        task.stop_wanted.connect(lambda root: self._end(root))
        task.resume_wanted.connect(lambda: self._resume(task))
        self._timer.start()
        self.added.emit(task)

    def _resume(self, task: Task) -> None:
        self._begin(task.root, lambda: self._wake(task))

    def _begin(self, root: Path, then: Callable[[], object]) -> None:
        def done(_: object) -> None:
            then()
            self._queue.look()

        self._background.run(lambda: begin(root), done, self.failed.emit)

    def _end(self, root: Path) -> None:
        self._background.run(lambda: end(root), self._queue.took_out, self.failed.emit)

    def _show_places(self) -> None:
        """What stands in the queue is followed, whoever put it there."""
        folder, known = self._project.folder, {task.root for task in self.tasks}
        for entry in self._queue.entries if folder is not None else ():
            if folder is not None and entry.run.parent == folder.tasks and entry.run not in known:
                self._add(Task(entry.run, "", None, self._following, self))
        for task in self.tasks:
            task.stand(self._queue.waiting_of(task.root))

    def _put_back(self, root: Path) -> None:
        """Follow again what was taken out of the queue and is back in it."""
        folder = self._project.folder
        if folder is not None and root.parent == folder.tasks:
            self.pick_up(root)

    def _wake(self, task: Task) -> None:
        if task in self.tasks:
            task.wake()
            self._timer.start()

    def _remove(self, task: Task) -> None:
        self.tasks.remove(task)
        self.removed.emit(task)
        task.forget()

    def _imported(self, task: Task, start_point: str | None) -> None:
        project = task.result().get("project") if task.status == "finished" else None
        if isinstance(project, str) and self._project.open(project) and start_point:
            self._project.set_start_point(start_point)

    def _look(self) -> None:
        there = self._project.folder is None or self._project.is_there()
        for task in self.tasks:
            if there or task.loose:
                task.look()
        if not any(task.resumable or not task.ended for task in self.tasks):
            self._timer.stop()

    def _opened(self) -> None:
        """Take up what an earlier studio left at work, and the recipes and fits that lost their worker."""
        folder = self._project.folder
        assert folder is not None
        left = {root for root in folder.tasks.glob("*") if RunFolder(root).job.is_file() and _is_at_work(root)}
        unfinished = (*unfinished_recipes(folder), *unfinished_fits(folder))
        lost = {root for root in unfinished if RunFolder(root).status() == "lost"}
        for root in sorted(left | lost):
            self._add(Task(root, "", None, self._following, self))

    def _closed(self) -> None:
        """Let go of the project's tasks; an import that runs belongs to no project and stays."""
        for task in list(self.tasks):
            if task.ended or not task.loose:
                self._remove(task)


def loose_task(label: str) -> Path:
    """A folder for a task of no project."""
    cache = cache_folder() / "tasks"
    cache.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=f"{label}-", dir=cache))


def free_folder(name: str) -> Path:
    """A folder for a new project, `~/Espalier/NAME` or with a number after it; it is not made."""
    home = Path.home() / "Espalier"
    numbers = (f"{name}-{number}" if number > 1 else name for number in range(1, 10_000))
    return next(home / free for free in numbers if not (home / free).exists())


def _is_at_work(root: Path) -> bool:
    return is_locked(RunFolder(root).lock)
