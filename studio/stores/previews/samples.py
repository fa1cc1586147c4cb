"""The very samples that training would make of a picture, a few epochs at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from PySide6.QtCore import QObject, Signal

from engine.contract.dataset import Picture
from engine.contract.recipe import PlannedJob, Step
from engine.contract.run.job import TrainJob
from engine.contract.run.settings import TrainSettings
from engine.contract.text.messages import Message
from studio.stores.catalog import CatalogStore
from studio.stores.previews.previews import BoxOnPicture, PictureStore, PreviewStore
from studio.stores.project import ProjectStore
from studio.stores.recipe import RecipeStore
from studio.stores.runs import RunsStore
from studio.stores.settings import SettingsStore

AT_ONCE = 6
TRAIN_FORM = "train_settings"
"""Under which the settings keep what the training form says."""


@dataclass(frozen=True)
class TrainingSample:
    """What training would see of a picture in `epoch`, counted from 0: a file, and its boxes in pixels of it."""

    epoch: int
    file: str
    width: int
    height: int
    boxes: tuple[BoxOnPicture, ...]


class SamplesStore(QObject):
    """`samples` of `picture`, `AT_ONCE` epochs from `epoch` on; `changed` tells that they, or why not, are there."""

    changed = Signal()

    def __init__(
        self,
        settings: SettingsStore,
        project: ProjectStore,
        recipe: RecipeStore,
        runs: RunsStore,
        catalog: CatalogStore,
        previews: PreviewStore,
        pictures: PictureStore,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._settings, self._project, self._recipe, self._runs = settings, project, recipe, runs
        self._catalog, self._previews, self._pictures = catalog, previews, pictures
        self.picture: Picture | None = None
        self.samples: tuple[TrainingSample, ...] = ()
        self.error: Message | None = None
        self.epoch = 0
        self._asked: dict[str, Any] | None = None
        project.closed.connect(lambda: self.show(None))
        for signal in (settings.changed, project.changed, recipe.changed, previews.changed, catalog.changed):
            signal.connect(self._look)

    @property
    def busy(self) -> bool:
        """Whether samples are awaited."""
        return self.picture is not None and not self.samples and self.error is None

    @property
    def strength(self) -> str:
        """How strongly pictures are changed."""
        return self.training().augment

    @property
    def with_recipe(self) -> bool:
        """Whether the recipe's steps change the pictures too."""
        return self._project.choices.samples_recipe and bool(self.recipe_steps())

    def training(self) -> TrainSettings:
        """What is trained by: as the run that the recipe is for, else as the training form says, and as is chosen."""
        settings = self._recipe_settings() if self.with_recipe else self._form_settings()
        chosen = self._project.choices.samples_augment
        return settings.model_copy(update={"augment": chosen}) if chosen else settings

    def recipe_steps(self) -> tuple[Step, ...]:
        """The steps of the recipe that change pictures, in the order in which they act."""
        planned = self._planned()
        steps = (*planned.steps, *planned.alongside) if planned else self._recipe.recipe.steps
        return tuple(step for step in steps if step.enabled and self._changes_pictures(step))

    def show(self, picture: Picture | None) -> None:
        """Make samples of a picture from the first epoch on; None for no more. What is made already stays."""
        if picture == self.picture and self.error is None and self._request() == self._asked:
            return  # the same, read once more, as after a look at the source
        if picture != self.picture:
            self.picture, self.epoch = picture, 0
        self._ask()

    def roll(self) -> None:
        """Go on to the next epochs; after the last of the training to the first again."""
        last = max(1, self.training().epochs)
        following = self.epoch + AT_ONCE
        self.epoch = 0 if following >= last else following
        self._ask()

    def choose(self, *, strength: str | None = None, recipe: bool | None = None) -> None:
        """Change pictures more or less, or by the recipe too; remembered with the project."""
        if strength is not None:
            self._project.choose(samples_augment=strength)
        if recipe is not None:
            self._project.choose(samples_recipe=recipe)

    def _look(self) -> None:
        if self.picture is None:
            return
        if self._request() != self._asked:
            self._ask()
        else:  # what may be chosen has changed, if not what is made
            self.changed.emit()

    def _ask(self) -> None:
        self._asked = self._request()
        self.samples, self.error = (), None
        if self._asked is not None:
            asked = self._asked
            self._pictures.samples(asked, lambda answer: self._receive(asked, answer))
        self.changed.emit()

    def _request(self) -> dict[str, Any] | None:
        folder, project = self._project.folder, self._project.project
        choice = self._previews.choice() if self.with_recipe else project.detector if project else None
        if self.picture is None or folder is None or choice is None:
            return None
        settings = self.training()
        count = min(AT_ONCE, max(1, settings.epochs - self.epoch))
        return {
            "project": str(folder.root),
            "picture": self.picture.path,
            "detector": choice.model_dump(mode="json"),
            "settings": settings.model_dump(mode="json"),
            "steps": [step.model_dump(mode="json") for step in (self.recipe_steps() if self.with_recipe else ())],
            "epoch": self.epoch,
            "count": count,
        }

    def _receive(self, asked: dict[str, Any], answer: dict[str, Any] | Message) -> None:
        if asked is not self._asked:
            return
        if isinstance(answer, Message):
            self.error = answer
        else:
            self.samples = tuple(_sample(told) for told in answer["samples"])
        self.changed.emit()

    def _form_settings(self) -> TrainSettings:
        try:
            return TrainSettings.model_validate(self._settings.value.pages.get(TRAIN_FORM, {}))
        except ValidationError:
            return TrainSettings()

    def _recipe_settings(self) -> TrainSettings:
        base = self._runs.by_name(self._recipe.base_run)
        settings = base.job.settings if base is not None and isinstance(base.job, TrainJob) else TrainSettings()
        planned = self._planned()
        return settings.model_copy(update={"epochs": planned.epochs}) if planned else settings

    def _planned(self) -> PlannedJob | None:
        """The first job of the recipe that trains on changed pictures."""
        latest = self._previews.latest
        for job in latest.jobs if latest else ():
            if job.epochs and any(self._changes_pictures(step) for step in (*job.steps, *job.alongside)):
                return job
        return None

    def _changes_pictures(self, step: Step) -> bool:
        card = self._catalog.technique(step.technique)
        return card is not None and card.phase == "data"


def _sample(told: dict[str, Any]) -> TrainingSample:
    boxes = tuple(BoxOnPicture(str(box["class"]), float(box["score"]), *box["box"]) for box in told["boxes"])
    return TrainingSample(int(told["epoch"]), str(told["file"]), int(told["width"]), int(told["height"]), boxes)
