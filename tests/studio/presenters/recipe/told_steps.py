"""Runs as the presenters of a recipe's consequences read them, without folders or a thread that follows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from engine.contract.figures import Conditions, Figure, FigureName, pick
from engine.contract.project import DetectorChoice
from engine.contract.recipe import Step
from engine.contract.run.job import TrainJob
from engine.contract.run.settings import TrainSettings
from studio.stores.run import Run

CHOICE = DetectorChoice(key="ssdlite_mobilenet_v3_small", size=96, classes=("stop",))


@dataclass
class _Told:
    name: str
    job: Any
    parent: str | None
    moments: dict[str, tuple[Figure, ...]]
    number: int = 0
    label: str = field(default="")
    status: str = "finished"

    def __post_init__(self) -> None:
        self.number, self.label = int(self.name[:4]), self.name[5:]

    def figures(self, moment: str = "final") -> tuple[Figure, ...]:
        return self.moments.get(moment, ())

    def figure(self, name: FigureName, **conditions: object) -> Figure | None:
        return pick(self.figures(), name, **conditions)


def told_run(
    name: str,
    parent: str | None = None,
    steps: Sequence[Step] = (),
    scores: tuple[float | None, float | None, float | None] = (None, None, 50.0),
    more: Sequence[Figure] = (),
    status: str = "finished",
    epochs: int = 2,
) -> Run:
    """A run; `scores` are val mAP of its start, after its steps, and at its end, None for not told."""
    start = f"runs/{parent}" if parent else None
    job = TrainJob(choice=CHOICE, index="i", start=start, steps=tuple(steps), settings=TrainSettings(epochs=epochs))
    moments: dict[str, tuple[Figure, ...]] = {
        moment: (val_map(score),) if score is not None else ()
        for moment, score in zip(("start", "transformed", "final"), scores, strict=True)
    }
    moments["final"] += tuple(more)
    return cast(Run, _Told(name, job, parent, moments, status=status))


def val_map(value: float, low: float | None = None, high: float | None = None) -> Figure:
    """mAP on val, measured."""
    conditions = Conditions(split="val")
    return Figure(name="map", value=value, unit="points", source="measured", low=low, high=high, conditions=conditions)
