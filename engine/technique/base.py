"""What a technique is: one class, one file of `engine/techniques/`, all hooks optional (docs/architecture.md)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from engine.contract.parameters import parameter
from engine.contract.project import DetectorChoice
from engine.contract.published import PublishedEffect
from engine.contract.recipe import Recovery
from engine.contract.text.messages import Message, UserError
from engine.contract.text.reasons import place_of, reason_of

if TYPE_CHECKING:
    from paddle import nn

    from engine.detector.train.lesson import Lesson
    from engine.graph.graph import Graph

SHORT, SHORTEST = 0.25, 3
"""A short recovery: this share of the base's epochs, and at least so many."""
OWN_LENGTH = ("recovery", "own")
"""When a length in epochs counts."""
Record = dict[str, Any]
Transform = Callable[[dict[str, Any]], dict[str, Any]]
"""A change of one training sample as ppdet's transforms make it: `image` (height, width, 3) in RGB bytes, `gt_bbox`
(boxes, 4) as x1, y1, x2, y2 in pixels, `gt_class`, `gt_score`; `curr_iter` is the optimiser step its epoch began at."""


class Phase(IntEnum):
    """When a technique acts; the plan orders steps by it."""

    ARCHITECTURE = 1
    DATA = 2
    SCHEDULE = 3
    PRUNE = 4
    TRAIN = 5
    QUANTISE = 6


@dataclass(frozen=True)
class Calibration:
    """Pictures for post-training steps: `batches()` yields network inputs as arrays, one picture each.

    Of `noise` in place of pictures nothing can be learnt but that a step works.
    """

    batches: Callable[[], Any]
    count: int
    noise: bool = False


@dataclass(frozen=True)
class Context:
    """What a hook may look at: the built configuration, and the pictures if there are any; at export the network.
    Where a teacher teaches, that one's configuration.

    `check` is called now and then by what takes long, and raises if nobody waits for it any more; `told` hears how many
    layers are looked at, of how many, by what looks at each.
    """

    config: Mapping[str, Any]
    choice: DetectorChoice
    calibration: Calibration | None = None
    work_dir: Path | None = None
    network: nn.Layer | None = None
    check: Callable[[], None] = lambda: None
    teacher: Mapping[str, Any] | None = None
    told: Callable[[int, int], None] = lambda *_: None


@dataclass(frozen=True)
class Base:
    """What a recipe is applied to: a detector, under the techniques of the run that it starts from, if it does."""

    choice: DetectorChoice
    techniques: tuple[Technique, ...] = ()

    def config(self) -> dict[str, Any]:
        """What is built of it, made anew; raises UserError where a technique cannot act on the detector."""
        from engine.detector.base.spec import resolve

        config: dict[str, Any] = resolve(self.choice)
        for technique in self.techniques:
            technique.configure(config)
        return config


class Round(NamedTuple):
    """What parameters a step has more in one of its rounds, and epochs trained after it; None for the step's own."""

    params: Record
    epochs: int | None = None


class Technique:
    """A way to make a detector smaller, faster or better; its card's texts are `technique.KEY.title` and `.summary`."""

    key: ClassVar[str]
    phase: ClassVar[Phase]
    trains: ClassVar[bool] = False
    """Whether the network must be trained on after the step; such a technique's Params are TrainingParams."""
    averages: ClassVar[float] = 0.0
    """The decay by which its training averages weights where the base's did not (`TrainSettings.ema`); 0 for none."""
    families: ClassVar[tuple[str, ...] | None] = None
    """Detector families that the technique works on; None for all."""
    refusal: ClassVar[str] = "plan.family"
    """Code of the sentence for detectors of other families; it may name {technique}, {family} and {known}."""
    published: ClassVar[tuple[PublishedEffect, ...]] = ()

    class Params(BaseModel):
        """Parameters with bounds and descriptions: the form, the schema and the check."""

        model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    class TrainingParams(Params):
        """What every technique that trains has besides its own parameters.

        After a cut a training as long as the first brings back what a short one does not: Group Fisher Pruning (arXiv
        2108.00708, table 5) trains as many epochs again; a restart at the full rate does more than a better choice of
        what to cut (Le and Hua, ICLR 2021).
        """

        recovery: Recovery = parameter("training.recovery", "base", simple=True)
        epochs: int = parameter("training.epochs", 20, ge=0, le=1000, simple=True, when=OWN_LENGTH)
        rate_factor: float = parameter("training.rate_factor", 1.0, gt=0, le=10)

        @model_validator(mode="before")
        @classmethod
        def _own_where_epochs_are_told(cls, given: Any) -> Any:
            # So a recipe that was written before there was a choice means what it meant.
            if isinstance(given, dict) and "epochs" in given and "recovery" not in given:
                return {**given, "recovery": "own"}
            return given

        def length(self, base: int | None) -> int:
            """Epochs of the training after a base of so many; `epochs` stand for those where they are not known."""
            if self.recovery == "own":
                return self.epochs
            epochs = base or self.epochs
            if self.recovery == "short":
                return max(SHORTEST, math.ceil(SHORT * epochs))
            return 2 * epochs if self.recovery == "twice" else epochs

    def __init__(self, params: Mapping[str, Any], record: Record | None = None) -> None:
        """Raises UserError for parameters that cannot be.

        `record` is what `transform` recorded where the technique acted already, or is known to record where it will:
        what hangs on weights and pictures. An old record tells what an old version did, whatever the defaults are now.
        """
        self.record = record
        try:
            self.params: Any = self.Params.model_validate(dict(params))
        except ValidationError as error:
            first = error.errors()[0]
            raise UserError(
                "technique.parameter",
                technique=self.key,
                place=place_of(first),
                reason=reason_of(first),
                given=str(first.get("input"))[:80],
            ) from error

    def check(self, others: Sequence[Technique], base: Base) -> list[Message]:
        """Problems of this step beside the other steps of the recipe, on what that is applied to."""
        return []

    def configure(self, config: dict[str, Any]) -> None:
        """Change the configuration before the network is built; raises UserError where that cannot be."""

    def estimate(self, graph: Graph) -> Graph:
        """The graph after this step, for channel changes made to the built network; pure.

        Raises UserError where a parameter names what the graph has not.
        """
        return graph

    @property
    def in_rounds(self) -> bool:
        """Whether the step is to be done in several rounds."""
        return False

    def rounds(self, graph: Graph) -> list[Round]:
        """The step's rounds, which together do what `estimate` tells; raises UserError as that does. Pure."""
        return [Round({})]

    def int8_layers(self, graph: Graph) -> set[str]:
        """Names of the convolutions that the export holds in int8; none for techniques that do not quantise. Pure."""
        return set()

    def spare_bytes(self, graph: Graph) -> int:
        """By how many bytes the int8 file may grow for what is known only once the weights were measured. Pure."""
        return 0

    def foreseen(self, graph: Graph, errors: Mapping[str, float]) -> Record | None:
        """What `transform` will record where int8's errors are known by layer; None if that cannot be told. Pure."""
        return None

    def findings(self) -> list[Message]:
        """What a person should know of what was recorded."""
        return []

    def transform(self, network: nn.Layer, context: Context) -> Record | None:
        """Change the built network in place; returns the JSON record from which `replay` can do it again.

        Raises UserError as `estimate` does, and where the context lacks what is needed.
        """
        return None

    def replay(self, network: nn.Layer, record: Record) -> None:
        """Give a freshly built network the structure that `record` tells; weights are loaded afterwards.

        Raises JobFailed when the record does not fit the network.
        """

    def teach(self, student: nn.Layer, teacher: nn.Layer | None, context: Context) -> Lesson | None:
        """Start teaching the student; None for techniques that do not. Raises UserError where a teacher is missing."""
        return None

    def admits_teacher(self, student: DetectorChoice, teacher: DetectorChoice) -> Message | None:
        """Why that teacher cannot teach that student; None when it can, or when the technique has no teacher."""
        return None

    def rate(self, base: float, step: int, steps_per_epoch: int, epochs: int) -> float | None:
        """Learning rate at optimiser step `step` (from 0); None for techniques that do not schedule. Pure."""
        return None

    def begin_epoch(self, network: nn.Layer, epoch: int, epochs: int) -> None:
        """Set the network, which is in training mode, up for an epoch, from 0, of so many; also on resuming in it."""

    def augment(self, context: Context, steps: int) -> Sequence[Transform]:
        """What is done to each training picture before the job's own augmentation; `steps` in the whole training.

        Chance is drawn from the global states of `random` and `numpy` alone, which are set anew for every sample.
        """
        return ()

    def export(self, program_dir: Path, context: Context) -> Record | None:
        """Work on the saved inference program in `program_dir` (model.pdmodel, model.pdiparams), in place.

        Raises UserError where the context lacks what is needed.
        """
        return None
