"""The training loop: eager, checkpointed, and the same to the bit whether or not it was interrupted."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from engine.contract.run.settings import TrainSettings
from engine.contract.text.messages import Cancelled
from engine.detector.base.header import Position
from engine.detector.base.runtime import prepare
from engine.detector.families.raw import tell_progress
from engine.detector.network.activations import fast_activations
from engine.detector.network.checkpoint import network_arrays, put_weights
from engine.detector.network.depthwise import fast_depthwise
from engine.detector.network.memory import keep_memory
from engine.detector.train.divergence import NOTHING, follow, judge_loss, judge_map
from engine.detector.train.failing import diverged, not_finite
from engine.detector.train.lesson import Lesson, trained
from engine.detector.train.mixed import MixedPrecision
from engine.detector.train.optimiser import make_optimiser, optimiser_arrays, restore_optimiser
from engine.detector.train.reader import TrainingReader
from engine.detector.train.team import Alone, Team
from engine.detector.train.weight_average import AveragedWeights
from engine.run.context import JobContext

prepare()

import paddle  # noqa: E402

Arrays = Mapping[str, NDArray[Any]]
COLLAPSE = 0.5
"""Share of the best val mAP below which a run counts as collapsed and ends with its best weights."""
APART = 1 << 40
"""Between the seeds of what two ranks draw in one step."""


@dataclass
class Trainer:
    """Trains `network`; `evaluate` gives the val mAP, `save(kind, position, tensors)` keeps a checkpoint.

    `begin_epoch` is told which one, from 0, once the network is in training mode, also on resuming in it. `amp` mixes
    precisions, which only a GPU does. Of several ranks (`join`) only the first keeps checkpoints.
    """

    network: paddle.nn.Layer
    reader: TrainingReader
    settings: TrainSettings
    rate: Callable[[int], float]
    evaluate: Callable[[], float | None]
    save: Callable[[str, Position, Arrays], None]
    context: JobContext
    lessons: Sequence[Lesson] = ()
    position: Position = field(default_factory=Position)
    begin_epoch: Callable[[int], None] = lambda _: None
    amp: bool = False

    def __post_init__(self) -> None:
        weights = trained(self.network, self.lessons)
        self.optimiser = make_optimiser(weights, self.settings)
        # Found out before any forward pass: what one writes into, such as a quantiser's scale, then says it is trained.
        self._moved = [weight for weight in weights.values() if not weight.stop_gradient]
        moved = {id(weight) for weight in self._moved}
        every = {**self.network.state_dict(), **weights}
        self._state = [each for each in every.values() if id(each) not in moved and each.dtype == paddle.float32]
        self.average = AveragedWeights(self.network, self.settings.ema)
        self.mixed = MixedPrecision(self.amp)
        self.team: Team = Alone()

    def join(self, team: Team) -> None:
        """Train as one of several ranks from now on, all of which are where this one is."""
        self.team = team
        self.reader.part, self.reader.parts = team.rank, team.size

    def begin(self, score: float | None) -> None:
        """Keep the checkpoint to resume from; with the val mAP of the weights as they are, also as the best so far.

        A training that only makes things worse, as one of simulated int8 may, then ends where it began.
        """
        if score is not None and self.settings.evaluate_every:
            self.position.best_map, self.position.best_epoch = score, 0
            self._keep_best()
        self.keep_last()

    def restore(self, position: Position, optimiser: Arrays, average: Arrays, lessons: Arrays, scaler: Arrays) -> None:
        """Go on where a checkpoint was written; the network has its weights already."""
        self.position = position.model_copy()
        restore_optimiser(self.optimiser, trained(self.network, self.lessons), optimiser)
        self.average.restore(average)
        self.mixed.restore(scaler)
        for number, layer in self._taught():
            prefix = f"{number}."
            own = {name[len(prefix) :]: value for name, value in lessons.items() if name.startswith(prefix)}
            put_weights(layer, own, f"{self._run}: lesson {number}")

    def run(self) -> Position:
        """Train to the end of the last epoch, or until val has stopped rising; returns where it stopped."""
        keep_memory()
        with fast_depthwise(), fast_activations():
            while self.position.epoch < self.settings.epochs and not self.position.finished:
                self._epoch()
                self.position.epoch, self.position.batch = self.position.epoch + 1, 0
                self._judge()
                self.keep_last()
                self.team.meet()
        if self.position.best_epoch < 0:
            self._keep_best()
        self.position.finished = True
        return self.position

    @property
    def _run(self) -> str:
        return self.context.run_dir.name

    def keep_last(self) -> None:
        """Write the checkpoint to resume from."""
        if self.team.rank:
            return
        tensors = _prefixed("model", network_arrays(self.network))
        tensors |= _prefixed("optimizer", optimiser_arrays(self.optimiser, trained(self.network, self.lessons)))
        if self.settings.ema:
            tensors |= _prefixed("average", self.average.arrays)
        tensors |= _prefixed("scaler", self.mixed.arrays)
        for number, layer in self._taught():
            tensors |= _prefixed(f"lesson.{number}", network_arrays(layer))
        self.save("last", self.position, tensors)

    def _keep_best(self) -> None:
        if self.team.rank == 0:
            self.save("best", self.position, _prefixed("model", self.average.current()))

    def _taught(self) -> list[tuple[int, paddle.nn.Layer]]:
        """What lessons train beside the network, by number."""
        return [(number, lesson.learns) for number, lesson in enumerate(self.lessons) if lesson.learns is not None]

    def _epoch(self) -> None:
        self.network.train()
        self.begin_epoch(self.position.epoch)
        tell_progress(self.network, self.position.epoch / self.settings.epochs)
        total = self.settings.epochs * len(self.reader)
        batches = self.reader.epoch(self.position.epoch, self.position.batch)
        try:
            for batch in self.team.steps(batches, self.context):
                self._step({name: paddle.to_tensor(value) for name, value in batch.items()})
                self.context.progress(self.position.step, total, "step")
                if self.position.step % self.settings.checkpoint_every == 0:
                    self.keep_last()
                    self.team.meet()
        except Cancelled:
            self.keep_last()
            raise

    def _step(self, batch: dict[str, paddle.Tensor]) -> None:
        rate = self.rate(self.position.step)
        self.optimiser.set_lr(rate)
        # What a loss draws (the RoIs of a box head) depends on the step alone, so that a resumed run draws the same.
        paddle.seed(self.settings.seed * 1_000_003 + self.position.step + self.team.rank * APART)
        with self.mixed.cast():
            total, losses = self._losses(batch)
        told = self.team.mean({"loss": float(total), **{name: float(part) for name, part in losses.items()}})
        value = told["loss"]
        if not math.isfinite(value):
            raise not_finite(self.position, self.settings, rate, self._run)
        self.mixed.step(total, self.optimiser, self._share)
        self.optimiser.clear_grad()
        self.position.step += 1
        self.position.batch += 1
        self.average.update(self.position.step)
        self._tell(told, rate)
        self._watch(value, rate)

    def _share(self) -> None:
        """With the other ranks: gradients, and what is not trained but changes, such as batch norm's statistics."""
        if self.team.size == 1:
            return
        told = self._state
        if self.position.step == 0:  # what a lesson trains begins by what its first batch was
            told = told + [weight for _, layer in self._taught() for weight in layer.parameters()]
        self.team.share(self._moved, told)

    def _losses(self, batch: dict[str, paddle.Tensor]) -> tuple[paddle.Tensor, dict[str, paddle.Tensor]]:
        """The sum of all losses, and each by its name."""
        losses = dict(self.network(batch))
        total = own = losses.pop("loss")
        for lesson in self.lessons:
            for name, term in lesson.loss(batch, own).items():
                losses[name] = term
                total = total + term
        return total, losses

    def _watch(self, loss: float, rate: float) -> None:
        """Raise JobFailed where the loss has risen for good."""
        trend = follow(self.position.loss, loss, self.settings.epochs * len(self.reader))
        self.position.loss, found = judge_loss(trend, len(self.reader))
        if found is not None:
            raise diverged(found, self.position, self.settings, rate, self._run)

    def _tell(self, losses: Mapping[str, float], rate: float) -> None:
        step = self.position.step
        for name, value in losses.items():
            self.context.metric(name, step, value)
        self.context.metric("learning_rate", step, rate)

    def _judge(self) -> None:
        """Evaluate if due, keep the best weights, and see whether it is time to stop."""
        position, settings = self.position, self.settings
        last = position.epoch == settings.epochs
        if not settings.evaluate_every or (position.epoch % settings.evaluate_every and not last):
            return
        with self.average.in_place():
            score = self.evaluate()
        if score is None:
            return
        position.evaluated += 1
        self.context.metric("map", position.step, score)
        if position.best_map is None or score > position.best_map:
            position.best_map, position.best_epoch = score, position.epoch
            self._keep_best()
        stale = (position.epoch - position.best_epoch) // settings.evaluate_every
        if settings.stop_after and stale >= settings.stop_after:
            position.finished = True
            self.context.notice("train.stopped_rising", epoch=position.epoch, best=position.best_epoch)
        elif score < COLLAPSE * position.best_map and position.best_map >= NOTHING:
            self.context.notice("train.fell", level="warning", epoch=position.epoch, best=position.best_epoch)
        position.fall, found = judge_map(position.fall, position.loss, score, position.best_map)
        if found is not None:
            raise diverged(found, position, settings, self.rate(position.step), self._run)


def _prefixed(prefix: str, arrays: Arrays) -> dict[str, NDArray[Any]]:
    return {f"{prefix}.{name}": value for name, value in arrays.items()}
