"""What a step does, as its card draws it: asked of the warm process of figures, or of one that has Paddle."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from engine.contract.dataset import Picture
from engine.contract.previews.drawings import DrawingRequest
from engine.contract.recipe import PlannedJob, Recipe, Step
from engine.contract.run.job import ClippingJob, Int8ErrorsJob, TrainJob
from engine.contract.run.settings import TrainSettings
from engine.contract.text.messages import Message
from studio.stores.catalog import CatalogStore
from studio.stores.previews.previews import PreviewStore
from studio.stores.project import ProjectStore
from studio.stores.recipe import RecipeStore
from studio.stores.runs import RunsStore
from studio.stores.work.task import Task
from studio.stores.work.tasks import TasksStore
from studio.workers.engine_process import AnsweringEngine

Receive = Callable[[dict[str, Any] | Message], Any]
_UNUSED_MS = 60_000
"""After so long without a question the process with Paddle ends."""


class DrawingStore(QObject):
    """Of questions under one key the latest wins. `changed` tells that what is drawn may be another now."""

    changed = Signal()

    def __init__(
        self,
        previews: PreviewStore,
        project: ProjectStore,
        recipe: RecipeStore,
        runs: RunsStore,
        tasks: TasksStore,
        catalog: CatalogStore,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._catalog = catalog
        self.measured = 0
        """How often something was measured: what was drawn before may lack it."""
        self._previews, self._project, self._recipe, self._runs = previews, project, recipe, runs
        self._heavy = AnsweringEngine("pictures", self)
        self._unused = QTimer(self)
        self._unused.setSingleShot(True)
        self._unused.setInterval(_UNUSED_MS)
        self._unused.timeout.connect(self._heavy.close)
        self._heavy.busy_changed.connect(lambda busy: self._unused.stop() if busy else self._unused.start())
        # Not when the recipe changes: its figures come first, and a drawing that came between would delay them.
        previews.changed.connect(self.changed)
        self._tasks = tasks
        tasks.finished.connect(self._finished)
        tasks.added.connect(lambda task: self.changed.emit() if isinstance(task.job, ClippingJob) else None)

    @property
    def jobs(self) -> tuple[PlannedJob, ...]:
        """The runs that the recipe becomes, as far as they are known."""
        latest = self._previews.latest
        return latest.jobs if latest is not None else ()

    def request(self, drawing: str, step: Step, alone: bool) -> dict[str, Any] | None:
        """What would be asked, for a step of the recipe; `alone` without the recipe around it.

        None for a step that is gone, and until the recipe's first figures are there.
        """
        choice, folder, recipe = self._previews.choice(), self._project.folder, self._recipe.recipe
        if self._previews.latest is None or choice is None or folder is None or step not in recipe.steps:
            return None
        steps = (step,) if alone else recipe.steps
        return DrawingRequest(
            drawing=drawing,
            detector=choice,
            recipe=Recipe(name="", steps=steps),
            step=steps.index(step),
            project=str(folder.root),
            start=self._recipe.base_run,
        ).model_dump(mode="json")

    def sample_request(self, step: Step, place: int, epoch: int, count: int) -> dict[str, Any] | None:
        """What would be asked for samples of a training picture, of some epochs; None where there are no pictures.

        They are those of the training in which the step acts, with its other steps; of one with the step alone beside
        them while the recipe's runs are not known.
        """
        choice, folder, picture = self._previews.choice(), self._project.folder, self.picture(place)
        if choice is None or folder is None or picture is None or step not in self._recipe.recipe.steps:
            return None
        on = _bare(step)
        job = self._job_of(on)
        others = [each for each in self._recipe.recipe.steps if each.enabled and each != step]
        steps = (*job.steps, *job.alongside) if job is not None else (*others, on)
        return {
            "what": "sample",
            "project": str(folder.root),
            "picture": picture.path,
            "detector": choice.model_dump(mode="json"),
            "settings": self._settings().model_copy(update={"epochs": self.epochs(step)}).model_dump(mode="json"),
            "steps": [each.model_dump(mode="json") for each in steps],
            "epoch": epoch,
            "count": count,
        }

    def epochs(self, step: Step) -> int:
        """How long the training is in which the step acts; as the step says while that is not known."""
        job = self._job_of(step)
        card = self._catalog.technique(step.technique)
        own = card.parameters.get("properties", {}).get("epochs", {}).get("default") if card is not None else None
        told = job.epochs if job is not None else step.params.get("epochs", own)
        return max(1, told if isinstance(told, int) else self._settings().epochs)

    def picture(self, place: int) -> Picture | None:
        """A training picture of the project by its place, beginning anew after the last."""
        index = self._project.index
        count = index.picture_count("train") if index is not None else 0
        if index is None or not count:
            return None
        return index.pictures("train", limit=1, offset=place % count)[0]

    def _job_of(self, step: Step) -> PlannedJob | None:
        return next((job for job in self.jobs if job.acts(step)), None)

    def _settings(self) -> TrainSettings:
        run = self._runs.by_name(self._recipe.base_run)
        return run.job.settings if run is not None and isinstance(run.job, TrainJob) else TrainSettings()

    def ask(self, key: str, request: dict[str, Any], heavy: bool, receive: Receive) -> None:
        """Ask what `request` made; `heavy` of the process that has Paddle."""
        if heavy:
            self._heavy.ask(key, request, receive)
        else:
            self._previews.ask_aside(key, request, receive)

    def forget(self, key: str, heavy: bool) -> None:
        """Nobody looks at this drawing any more."""
        if heavy:
            self._heavy.forget(key)
        else:
            self._previews.forget_aside(key)

    def measure_clips(self, step: Step) -> None:
        """Measure what the step clips of the run that the recipe starts from; `measured` and `changed` tell the end."""
        folder, run = self._project.folder, self._recipe.base_run
        if folder is not None and run is not None and self.measuring(step) is None:
            self._tasks.start(ClippingJob(run=str(folder.runs / run), index=str(folder.index), step=_bare(step)))

    def measuring(self, step: Step) -> Task | None:
        """The task that measures what the step clips of that run, if one is at work."""
        folder, run = self._project.folder, self._recipe.base_run
        if folder is None or run is None:
            return None
        wanted = (str(folder.runs / run), _bare(step))
        for task in self._tasks.running():
            if isinstance(task.job, ClippingJob) and (task.job.run, task.job.step) == wanted:
                return task
        return None

    def _finished(self, task: Task) -> None:
        if isinstance(task.job, Int8ErrorsJob | ClippingJob):
            self.measured += 1
            self.changed.emit()

    def close(self) -> None:
        """End the process that has Paddle; it starts again when it is needed."""
        self._unused.stop()
        self._heavy.close()


def _bare(step: Step) -> Step:
    """The step as it is measured, whether it is on or not."""
    return step.model_copy(update={"enabled": True})
