"""What the recipe does to the run that it starts from, before any training: boxes on a picture, and mAP."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pydantic import ValidationError
from PySide6.QtCore import QObject, QTimer, Signal

from engine.contract.previews.trial import SIZES, FoundBox, Part, StepFate, TrialAnswer, TrialRequest, TrialScore
from engine.contract.recipe import Recipe
from engine.contract.text.messages import Message
from studio.stores.project import ProjectStore
from studio.stores.recipe import RecipeStore
from studio.workers.engine_process import AnsweringEngine

LOWEST = 0.05
"""Boxes are asked for from this score on; who shows them hides the rest without asking again."""
SOON_MS = 60
"""So long a slider must rest before it is asked what it does."""
UNUSED_MS = 60_000
"""After so long out of sight the process ends, and its networks with it."""
OF_STEPS = 64
"""On how many pictures the mAP after each single step is told."""


@dataclass(frozen=True)
class Trial:
    """What is known of one recipe from one run: scores by the number of pictures, boxes of the picture in view."""

    fates: tuple[StepFate, ...] = ()
    boxes: dict[Part, tuple[FoundBox, ...]] = field(default_factory=dict)
    score: TrialScore | None = None
    notice: Message | None = None
    pending: Message | None = None


class Shown(NamedTuple):
    """What is tried: the steps of a recipe, as JSON, up to a place, on a run of a project."""

    project: str
    start: str
    steps: str
    upto: int | None


class TrialsStore(QObject):
    """Asks while somebody `watches`; `changed` tells whenever more is known."""

    changed = Signal()

    def __init__(self, project: ProjectStore, recipe: RecipeStore, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project, self._recipe = project, recipe
        self._engine = AnsweringEngine("pictures", self)
        self._watched = False
        self._picture: str | None = None
        self._upto: int | None = None
        self._asked: tuple[Shown, str | None] | None = None
        self.trial = Trial()
        self.error: Message | None = None
        self.busy = False
        self._of_steps: dict[Shown, TrialScore] = {}
        self._soon = self._timer(SOON_MS, self._ask)
        self._unused = self._timer(UNUSED_MS, self._engine.close)
        for signal in (recipe.changed, project.changed, project.opened):
            signal.connect(self._look)
        project.closed.connect(self._closed)

    def _timer(self, after_ms: int, call: Any) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(after_ms)
        timer.timeout.connect(call)
        return timer

    @property
    def at_work(self) -> bool:
        """Whether something is still to be told: of the recipe, or of the steps on the way."""
        return self._soon.isActive() or self._engine.busy

    @property
    def upto(self) -> int | None:
        """The step up to which all act; None for the whole recipe."""
        return self._upto

    def watch(self, on: bool) -> None:
        """Begin or cease to ask."""
        self._watched = on
        if on:
            self._unused.stop()
            self._look()
        else:
            self._soon.stop()
            self._engine.halt()
            if self.busy:
                self._asked, self.busy = None, False
            self._unused.start()

    def show(self, picture: str | None, upto: int | None) -> None:
        """Look at a picture, with the steps up to a place of the recipe."""
        if (picture, upto) != (self._picture, self._upto):
            self._picture, self._upto = picture, upto
            self._look()

    def after_step(self, place: int) -> TrialScore | None:
        """mAP with the steps up to a place of the recipe as it is now; None while it is not known."""
        shown = self._shown(place)
        return self._of_steps.get(shown) if shown is not None else None

    def again(self) -> None:
        """Ask once more, after an error."""
        self._asked = None
        self._look()

    def close(self) -> None:
        """End the process."""
        self._soon.stop()
        self._unused.stop()
        self._engine.close()

    def _shown(self, upto: int | None) -> Shown | None:
        folder, start = self._project.folder, self._recipe.base_run
        if folder is None or start is None:
            return None
        unnamed = self._recipe.recipe.model_copy(update={"name": ""})
        return Shown(str(folder.root), start, unnamed.model_dump_json(), upto)

    def _look(self) -> None:
        if self._watched:
            self._soon.start()

    def _ask(self) -> None:
        shown = self._shown(self._upto)
        if not self._watched:
            return
        if shown is None:
            self._forget()
            return
        if self._asked == (shown, self._picture):
            if not self.at_work and shown in self._of_steps:
                self._ask_next_step()
            return
        before, self._asked = self._asked, (shown, self._picture)
        # What the run itself finds stays in view while the same picture is looked at.
        same = before is not None and before[0][:2] == shown[:2] and before[1] == self._picture
        kept: dict[Part, tuple[FoundBox, ...]] = {}
        if same and "base" in self.trial.boxes:
            kept["base"] = self.trial.boxes["base"]
        self.trial, self.error, self.busy = Trial(boxes=kept), None, True
        self._stream(shown, self._picture, SIZES)
        self.changed.emit()

    def _stream(self, shown: Shown, picture: str | None, sizes: tuple[int, ...]) -> None:
        request = TrialRequest(
            project=shown.project,
            start=shown.start,
            recipe=Recipe.model_validate_json(shown.steps),
            upto=shown.upto,
            picture=picture,
            threshold=LOWEST,
            sizes=sizes,
        )
        asked = {"what": "try", **request.model_dump(mode="json")}
        main = picture is not None or sizes == SIZES
        self._engine.stream("trial", asked, lambda answer: self._take(shown, main, answer))

    def _take(self, shown: Shown, main: bool, answer: dict[str, Any] | Message) -> None:
        """One part of the answer to the question that was asked last."""
        told = answer if isinstance(answer, Message) else _read(answer)
        if isinstance(told, Message):
            if main:
                self.error, self.busy = told, False
            self.changed.emit()
            return
        score = told.score
        # Of all steps on the same pictures, and only once it stands beside the run's own.
        if score is not None and score.change is not None and score.pictures == min(OF_STEPS, score.total):
            self._of_steps[shown] = score
        if main:
            self._add(told)
        if not told.more:
            self.busy = False
            # Without val pictures no step is told of, however often it is asked.
            if shown in self._of_steps:
                self._ask_next_step()
        self.changed.emit()

    def _add(self, told: TrialAnswer) -> None:
        trial = self.trial
        self.trial = Trial(
            fates=told.fates if told.fates is not None else trial.fates,
            boxes={**trial.boxes, **(told.boxes or {})},
            score=told.score or trial.score,
            notice=told.notice or trial.notice,
            pending=trial.pending if told.fates is None else told.pending,
        )

    def _ask_next_step(self) -> None:
        """Find out what the steps before the last do, one after another, while nothing else is asked."""
        acting = [fate.step for fate in self.trial.fates if fate.acts == "now"]
        for place in acting:
            shown = self._shown(place)
            if shown is not None and shown not in self._of_steps:
                self._stream(shown, None, (OF_STEPS,))
                return

    def _forget(self) -> None:
        """Nothing is tried: what was found is of nothing that is in view."""
        self._engine.halt()
        self._asked, self.trial, self.error, self.busy = None, Trial(), None, False
        self.changed.emit()

    def _closed(self) -> None:
        self._soon.stop()
        self._engine.close()
        self._picture, self._upto = None, None
        self._of_steps.clear()
        self._forget()


def _read(answer: dict[str, Any]) -> TrialAnswer | Message:
    try:
        return TrialAnswer.model_validate({key: value for key, value in answer.items() if key != "id"})
    except ValidationError as error:
        return Message(code="serve.failed", args={"reason": str(error)[:200]})
