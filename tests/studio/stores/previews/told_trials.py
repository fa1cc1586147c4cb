"""What the engine would answer to whoever tries a recipe, part by part, without an engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.contract.figures import Conditions, Figure
from engine.contract.previews.trial import FoundBox, Part, StepFate, TrialAnswer, TrialRequest, TrialScore
from engine.contract.text.messages import Message

Receive = Callable[[Any], object]
STOP = FoundBox(label="stop", score=0.9, box=(10, 10, 40, 40))
YIELD = FoundBox(label="give way", score=0.8, box=(50, 50, 60, 60))


class ToldEngine:
    """In place of an `AnsweringEngine`: remembers what is asked and answers when it is told to."""

    made: list[ToldEngine]

    def __init__(self, what: str, parent: object | None = None) -> None:
        self.requests: list[TrialRequest] = []
        self._receive: Receive | None = None
        self.halts = self.closes = 0
        self.made.append(self)

    @property
    def busy(self) -> bool:
        return self._receive is not None

    def stream(self, key: str, request: dict[str, Any], receive: Receive) -> None:
        assert request.pop("what") == "try"
        self.requests.append(TrialRequest.model_validate(request))
        self._receive = receive

    def halt(self) -> None:
        self.halts += self._receive is not None
        self._receive = None

    def close(self) -> None:
        self.closes += 1
        self._receive = None

    def answer(self, *parts: TrialAnswer | Message) -> None:
        """Tell parts of the answer to what was asked last."""
        for part in parts:
            receive, last = self._receive, isinstance(part, Message) or not part.more
            assert receive is not None
            if last:
                self._receive = None
            receive(part if isinstance(part, Message) else part.model_dump(mode="json", exclude_none=True) | {"id": 1})

    def answer_whole(self, value: float, *acts: int, total: int = 4) -> None:
        """Fates of the steps that act now, boxes of both sides, mAP on all pictures, the end."""
        fates = tuple(StepFate(step=place, acts="now") for place in acts)
        self.answer(
            TrialAnswer(fates=fates), boxes("tried", YIELD), boxes("base", STOP), score(value, total=total), END
        )


END = TrialAnswer(more=False)


def boxes(side: Part, *found: FoundBox) -> TrialAnswer:
    return TrialAnswer(boxes={side: found})


def score(value: float, pictures: int | None = None, total: int = 4, base: float = 60.0) -> TrialAnswer:
    """mAP of the recipe, 5 points to both sides, and that of the run."""

    def points(number: float) -> Figure:
        return Figure(
            name="map", value=number, unit="points", source="measured", low=number - 5, high=number + 5,
            conditions=Conditions(split="val"),
        )  # fmt: skip

    tried, before, change = points(value), points(base), points(value - base)
    return TrialAnswer(
        score=TrialScore(pictures=pictures or total, total=total, tried=tried, base=before, change=change)
    )
