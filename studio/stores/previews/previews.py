"""What a recipe would do, in figures, and what runs see on pictures: both from warm engine processes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from PySide6.QtCore import QObject, QTimer, Signal

from engine.contract.figures import Figure
from engine.contract.latency import PhoneChoice, PhoneEstimate
from engine.contract.previews.figures import FiguresAnswer, FiguresRequest, Problem
from engine.contract.project import DetectorChoice
from engine.contract.recipe import PlannedJob
from engine.contract.run.job import TrainJob
from engine.contract.text.messages import Message
from studio.stores.project import ProjectStore
from studio.stores.recipe import RecipeStore
from studio.stores.runs import RunsStore
from studio.workers.engine_process import AnsweringEngine

__all__ = ["BoxOnPicture", "PictureStore", "Preview", "PreviewStore", "Problem", "read_preview"]

Figures = tuple[Figure, ...]
_UNUSED_MS = 30_000
"""After so long without a question the process for detectors' figures ends."""


@dataclass(frozen=True)
class Preview:
    """Figures of the base, of the whole recipe, and after each step (a switched-off one repeats the one before)."""

    base: Figures = ()
    figures: Figures = ()
    steps: tuple[Figures, ...] = ()
    problems: tuple[Problem, ...] = ()
    jobs: tuple[PlannedJob, ...] = ()
    command: str = ""
    error: Message | None = None
    phone: PhoneEstimate | None = None


@dataclass(frozen=True)
class BoxOnPicture:
    """A box that a run found, in pixels of the picture; score 0 to 1."""

    label: str
    score: float
    left: float
    top: float
    right: float
    bottom: float


class PreviewStore(QObject):
    """Asks whenever recipe, base or project change; `latest` keeps the last answer until the next."""

    changed = Signal()
    busy_changed = Signal(bool)

    def __init__(
        self, project: ProjectStore, recipe: RecipeStore, runs: RunsStore, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._project = project
        self._recipe = recipe
        self._runs = runs
        self.latest: Preview | None = None
        self._phone: PhoneChoice | None = None
        self._busy = False
        self._engine = AnsweringEngine("figures", self)
        # A detector that was never built takes seconds, and a recipe's figures must not wait for it.
        self._cards = AnsweringEngine("figures", self)
        self._unused = QTimer(self)
        self._unused.setSingleShot(True)
        self._unused.setInterval(_UNUSED_MS)
        self._unused.timeout.connect(self._cards.close)
        self._cards.busy_changed.connect(lambda busy: self._unused.stop() if busy else self._unused.start())
        # Several changes of one event ask once.
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self._ask)
        for signal in (project.opened, project.changed, recipe.changed):
            signal.connect(self.refresh)
        project.closed.connect(self._closed)

    @property
    def busy(self) -> bool:
        """True while `latest` is behind the recipe."""
        return self._busy

    def estimate_for(self, phone: PhoneChoice | None) -> None:
        """Have `phone_ms` among the figures, for this phone; None for no phone.

        After a step that quantises it is that of int8, whatever the precision of the choice, which is for float.
        """
        if phone != self._phone:
            self._phone = phone
            self.refresh()

    def refresh(self) -> None:
        """Ask again."""
        if self._project.project is not None:
            self._soon.start()

    def choice(self) -> DetectorChoice | None:
        """The detector that the recipe is applied to: the base run's, else the project's."""
        base = self._runs.by_name(self._recipe.base_run)
        if base is not None and isinstance(base.job, TrainJob):
            return base.job.choice
        return self._project.project.detector if self._project.project else None

    def figures_of(
        self, choice: DetectorChoice, receive: Callable[[Figures | Message], Any], phone: PhoneChoice | None = None
    ) -> None:
        """The figures of any detector at any size, and on a phone if one is named."""
        asked = FiguresRequest(detector=choice, phone=phone)

        def answered(answer: dict[str, Any] | Message) -> None:
            told = answer if isinstance(answer, Message) else read_preview(answer)
            receive(told if isinstance(told, Message) else told.error or told.base)

        self._cards.ask(asked.model_dump_json(), asked.model_dump(mode="json"), answered)

    def ask_aside(self, key: str, request: dict[str, Any], receive: Callable[[dict[str, Any] | Message], Any]) -> None:
        """Ask something else of the process that has the recipe's graphs in memory."""
        self._engine.ask(key, request, receive)

    def forget_aside(self, key: str) -> None:
        """Withdraw what was asked aside."""
        self._engine.forget(key)

    def close(self) -> None:
        """End the processes; they start again when they are needed."""
        self._soon.stop()
        self._engine.close()
        self._unused.stop()
        self._cards.close()
        self._set_busy(False)

    def _ask(self) -> None:
        choice, folder = self.choice(), self._project.folder
        if choice is None or folder is None:
            return
        path = self._recipe.path()
        request = FiguresRequest(
            detector=choice,
            recipe=self._recipe.recipe,
            project=str(folder.root),
            recipe_path=str(path) if path else None,
            start=self._recipe.base_run,
            teacher=self._recipe.teacher_run,
            phone=self._phone,
            follow=True,
        ).model_dump(mode="json")
        self._set_busy(True)
        self._engine.ask("recipe", request, self._receive)

    def _receive(self, answer: dict[str, Any] | Message) -> None:
        if self._project.project is None:
            return
        if isinstance(answer, Message):
            # The last good figures stay, beside the reason why there are no newer ones.
            before = self.latest or Preview()
            self.latest = replace(before, problems=(), jobs=(), error=answer)
        else:
            self.latest = read_preview(answer)
        self._set_busy(self._soon.isActive() or self._engine.waits("recipe"))
        self.changed.emit()

    def _closed(self) -> None:
        self._soon.stop()
        self._engine.forget("recipe")
        self.latest = None
        self._set_busy(False)
        self.changed.emit()

    def _set_busy(self, busy: bool) -> None:
        if busy != self._busy:
            self._busy = busy
            self.busy_changed.emit(busy)


class PictureStore(QObject):
    """Boxes of runs on pictures; two warm processes, so that the two sides of a comparison do not push each other."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._sides: list[tuple[Path | None, AnsweringEngine]] = [
            (None, AnsweringEngine("pictures", self)),
            (None, AnsweringEngine("pictures", self)),
        ]

    def boxes(
        self,
        run: Path,
        picture: Path,
        receive: Callable[[list[BoxOnPicture] | Message], Any],
        threshold: float = 0.5,
    ) -> None:
        """What a run finds on a picture, from a score of `threshold` on; of requests for one run the latest wins."""
        request = {"run": str(run), "picture": str(picture), "threshold": threshold}

        def answered(answer: dict[str, Any] | Message) -> None:
            receive(answer if isinstance(answer, Message) else _boxes(answer))

        self._side_of(run).ask(str(run), request, answered)

    def samples(self, request: dict[str, Any], receive: Callable[[dict[str, Any] | Message], Any]) -> None:
        """What training would make of a picture: see `engine/model/samples.py`; the latest request wins."""
        self._sides[0][1].ask("samples", {"what": "sample", **request}, receive)

    def close(self) -> None:
        """End both processes."""
        for _, engine in self._sides:
            engine.close()

    def _side_of(self, run: Path) -> AnsweringEngine:
        """The side that has this run warm, else the one that was used longest ago."""
        place = next((number for number, (warm, _) in enumerate(self._sides) if warm == run), 0)
        _, engine = self._sides.pop(place)
        self._sides.append((run, engine))
        return engine


def read_preview(answer: dict[str, Any]) -> Preview:
    """The answer of `serve figures`; one that cannot be read becomes a Preview with an error."""
    try:
        told = FiguresAnswer.model_validate({name: value for name, value in answer.items() if name != "id"})
    except ValidationError as error:
        return Preview(error=Message(code="studio.core.answer", args={"reason": str(error)[:200]}))
    steps: list[Figures] = []
    for step in told.steps:
        steps.append(step if step is not None else steps[-1] if steps else told.base)
    return Preview(told.base, told.figures, tuple(steps), told.problems, told.jobs, told.command, phone=told.phone)


def _boxes(answer: dict[str, Any]) -> list[BoxOnPicture]:
    return [BoxOnPicture(str(item["class"]), float(item["score"]), *item["box"]) for item in answer.get("boxes", ())]
