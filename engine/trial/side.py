"""A run under some steps: what it finds is remembered, a network is kept only while there is more to find."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.contract.figures import PADDLE, Conditions
from engine.contract.previews.trial import StepFate
from engine.model.assembly import Model
from engine.model.measurement import calibration_of, predictor_of
from engine.technique.base import Calibration
from engine.trial.weights import Check, Placed, checked, tried

if TYPE_CHECKING:
    from engine.contract.dataset import Picture
    from engine.detector.predict.evaluation import Detections, Predictor


@dataclass(frozen=True)
class Start:
    """A run's model, and the pictures of its project; `val` in the order in which it is looked at."""

    model: Model
    train: tuple[Picture, ...]
    val: tuple[Picture, ...]


class Side:
    """One side of a comparison; `check` of any call may raise, and leaves what is known."""

    def __init__(self, start: Start, steps: Sequence[Placed]) -> None:
        self._start, self._steps = start, steps
        self._fates: tuple[StepFate, ...] | None = None
        self._found: dict[str, Detections] = {}
        self._predict: Predictor | None = None
        self._held = contextlib.ExitStack()
        self.classes = start.model.choice.classes
        self.conditions = Conditions()

    @property
    def ready(self) -> bool:
        """Whether a network is kept for the next picture."""
        return self._predict is not None

    @property
    def known(self) -> bool:
        """Whether its steps were applied already."""
        return self._fates is not None

    def sleep(self) -> None:
        """Let go of the network; what it found stays."""
        self._predict = None
        self._held.close()

    def fates(self, check: Check) -> tuple[StepFate, ...]:
        """What became of each step; raises UserError where one cannot be."""
        if self._fates is None:
            self._wake(check)
        assert self._fates is not None
        return self._fates

    def rows(self, path: str, check: Check) -> Detections:
        """What is found on a picture; raises UserError for a file that is none."""
        from engine.detector.network.depthwise import fast_depthwise
        from engine.detector.predict.pictures import read_picture, to_inputs

        if path not in self._found:
            predict = self._predict or self._wake(check)
            check()
            with fast_depthwise():
                self._found[path] = predict(to_inputs(read_picture(path), self._start.model.config))[0]
        return self._found[path]

    def _wake(self, check: Check) -> Predictor:
        start = self._start
        calibration = calibration_of(start.model, start.train)
        model, self._fates = tried(start.model, self._steps, calibration, check)
        watched = Calibration(lambda: checked(calibration.batches(), check), calibration.count)
        size, precision = start.model.choice.size, "int8" if model.stack.quantised else "fp32"
        self.conditions = Conditions(runtime=PADDLE, precision=precision, input=f"{size}x{size}", split="val", nms=True)
        self._predict = self._held.enter_context(predictor_of(model, watched, check))
        return self._predict
