"""The ranks of one training, as the training loop sees them: one alone, or several that compute each step together.

Gradients are averaged by hand between the backward pass and the optimiser's step, not by `paddle.DataParallel`: its
hooks do not fit layers with a backward pass of their own (Paddle's documentation says so, and ours have), what a lesson
trains lies outside of the network, and a parameter that one rank alone has a gradient of would hang it.

After each step all ranks hold the same weights, optimiser and averages, and the statistics of batch norm of rank 0:
so every rank may evaluate a part, and a checkpoint of rank 0 is enough to go on from exactly.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

import numpy as np

from engine.contract.run.ranks import LostRank
from engine.contract.text.messages import Cancelled, JobFailed, UserError
from engine.detector.base.runtime import prepare
from engine.detector.predict.evaluation import BATCH, Detections, Predictor, find_all
from engine.detector.train.denominators import share_denominators
from engine.run.ranks.meeting import Meeting
from engine.run.ranks.processes import lose

prepare()

import paddle  # noqa: E402

if TYPE_CHECKING:
    from engine.contract.dataset import Picture
    from engine.run.context import JobContext

T = TypeVar("T")
Progress = Callable[[int, int], None]
GO_ON, WAIT, PAUSE, STOP, FAIL = range(5)
PATIENCE_S = 10.0
"""How long to wait for a batch before the others are told to wait for it where they may wait for long."""
LOOK_S = 0.25
"""So often who waits for a batch looks whether the job is to stop."""
LOST_S = 10.0
"""How long to wait, once a collective operation broke, for who watches the ranks to tell which was lost."""


class Team(Protocol):
    """What the training loop asks of the ranks; each call is made by all of them at the same place."""

    rank: int
    size: int

    def steps(self, batches: Iterable[T], context: JobContext) -> Iterator[T]:
        """The batches of this rank, as long as all ranks go on; raises what one of them ends with."""

    def mean(self, told: Mapping[str, float]) -> dict[str, float]:
        """The mean over ranks of each number."""

    def share(self, trained: Sequence[paddle.Tensor], state: Sequence[paddle.Tensor]) -> None:
        """Average the gradients of what is trained, and give all ranks the `state` of rank 0."""

    def meet(self) -> None:
        """Wait for the others, for as long as they need."""

    def tell(self, value: float | None) -> float | None:
        """What rank 0 tells."""

    def find(
        self, predictor: Predictor, pictures: Sequence[Picture], config: Mapping[str, Any], progress: Progress
    ) -> list[Detections]:
        """What is found on each picture, by all ranks together; only rank 0 is told everything."""


class Alone:
    """A training in one process."""

    rank, size = 0, 1

    def steps(self, batches: Iterable[T], context: JobContext) -> Iterator[T]:
        """Each batch, unless the job was cancelled before it."""
        for batch in batches:
            context.check_cancelled()
            yield batch

    def mean(self, told: Mapping[str, float]) -> dict[str, float]:
        """As told."""
        return dict(told)

    def share(self, trained: Sequence[paddle.Tensor], state: Sequence[paddle.Tensor]) -> None:
        """Nobody to share with."""

    def meet(self) -> None:
        """Nobody to wait for."""

    def tell(self, value: float | None) -> float | None:
        """As told."""
        return value

    def find(
        self, predictor: Predictor, pictures: Sequence[Picture], config: Mapping[str, Any], progress: Progress
    ) -> list[Detections]:
        """What is found on each picture."""
        return find_all(predictor, pictures, config, progress)


class Coming(Generic[T]):
    """A batch that is being made, by another thread: `batch` and `error` are what came of it once it is `there`."""

    def __init__(self, made: Future[T | None], context: JobContext) -> None:
        self.context, self._made = context, made
        self.there = False
        self.batch: T | None = None
        self.error: Cancelled | JobFailed | UserError | None = None

    def look(self, patience_s: float | None) -> None:
        """Wait until it is there, so many seconds at most, or until the job is to stop."""
        until = math.inf if patience_s is None else time.monotonic() + patience_s
        try:
            while not self._made.done() and time.monotonic() < until:
                self.context.check_stopped()
                wait_for([self._made], LOOK_S)
            self.context.check_stopped()
            self.there = self._made.done()
            self.batch = self._made.result() if self.there else None
        except (Cancelled, JobFailed, UserError) as raised:
            self.there, self.error = True, raised


class Ranks:
    """One of several, once Paddle's collective operations are set up (`connection.py`)."""

    def __init__(self, meeting: Meeting, network: paddle.nn.Layer) -> None:
        self.meeting, self.rank, self.size = meeting, meeting.rank, meeting.size
        share_denominators(network, lambda count: self.mean({"count": count})["count"], self.size)

    def steps(self, batches: Iterable[T], context: JobContext) -> Iterator[T]:
        """Each batch, once all ranks have one; a rank that stops or fails takes all others along at the same step."""
        fetching = ThreadPoolExecutor(1, "batch")
        source = iter(batches)
        try:
            while (batch := self._next(Coming(fetching.submit(next, source, None), context))) is not None:
                yield batch
        finally:
            fetching.shutdown(wait=False)  # what is stuck in a disk keeps nobody from stopping

    def _next(self, coming: Coming[T]) -> T | None:
        """A batch that all ranks have theirs beside; None after the last."""
        while True:
            coming.look(PATIENCE_S)
            if coming.error is not None:
                self.meeting.end(coming.error)  # before it is agreed on, so that all can read why
            wanted = self._agree(self._wish(coming))
            if coming.error is not None:
                raise coming.error
            if wanted == STOP:
                raise Cancelled
            if wanted == FAIL:
                self.meeting.raise_ended()
                raise JobFailed("ranks.ended")
            if wanted == GO_ON:
                return coming.batch
            if wanted == PAUSE:
                self._pause(coming.context)
            else:
                coming.look(None)
                self.meet()

    def _wish(self, coming: Coming[T]) -> int:
        if coming.error is not None:
            return STOP if isinstance(coming.error, Cancelled) else FAIL
        if self.rank == 0 and coming.context.is_in_the_way():
            return PAUSE
        return GO_ON if coming.there else WAIT

    def _pause(self, context: JobContext) -> None:
        """Let another job measure times: all wait where they may wait for long, which is in no collective operation."""
        if self.rank == 0:
            try:
                context.let_measure()
            except Cancelled as raised:
                self.meeting.end(raised)
                raise
        self.meet()

    def mean(self, told: Mapping[str, float]) -> dict[str, float]:
        """The mean over ranks, to the same bit on each."""
        values = paddle.to_tensor(list(told.values()), "float64")
        self._sum(values)
        return dict(zip(told, (values / self.size).tolist(), strict=True))

    @paddle.no_grad()
    def share(self, trained: Sequence[paddle.Tensor], state: Sequence[paddle.Tensor]) -> None:
        """All in one operation: gradients, which parameters have one, and the state, of which all but rank 0 add 0."""
        grads = [p.grad for p in trained]
        known = paddle.to_tensor([0.0 if grad is None else 1.0 for grad in grads], "float32")
        given = [paddle.zeros([p.size]) if g is None else g.flatten() for p, g in zip(trained, grads, strict=True)]
        own = [value.flatten() if self.rank == 0 else paddle.zeros([value.size]) for value in state]
        together = paddle.concat([known, *given, *own])
        self._sum(together)
        pieces = paddle.split(together, [len(grads), *(p.size for p in trained), *(value.size for value in state)])
        for parameter, had, total in zip(trained, pieces[0].tolist(), pieces[1 : len(grads) + 1], strict=True):
            if had:  # one that no rank has a gradient of is left alone, as it is by a single process
                parameter.grad = (total / self.size).reshape(parameter.shape)
        if self.rank:
            for value, told in zip(state, pieces[len(grads) + 1 :], strict=True):
                value.set_value(told.reshape(value.shape))  # `assign` would make it something that is trained

    def meet(self) -> None:
        """Outside of collective operations, none of which may wait for longer than 30 seconds."""
        self.meeting.exchange()

    def tell(self, value: float | None) -> float | None:
        """What rank 0 tells, to the last digit."""
        told: float | None = self.meeting.exchange(value)[0]
        return told

    def find(
        self, predictor: Predictor, pictures: Sequence[Picture], config: Mapping[str, Any], progress: Progress
    ) -> list[Detections]:
        """Batches in turns, each made up as by one process, for its last digits hang on that; told through files."""
        batches = [range(first, min(first + BATCH, len(pictures))) for first in range(0, len(pictures), BATCH)]
        ours = [number for batch in batches[self.rank :: self.size] for number in batch]

        def tell(done: int, _: int) -> None:
            progress(min(done * self.size, len(pictures) - 1), len(pictures))

        found = dict(zip(ours, find_all(predictor, [pictures[number] for number in ours], config, tell), strict=True))
        if self.rank:
            self._write_found(found)
        self.meet()
        if self.rank == 0:
            for rank in range(1, self.size):
                found |= self._take_found(rank)
        return [found[number] for number in sorted(found)]

    def _write_found(self, found: Mapping[int, Detections]) -> None:
        rows = np.concatenate([*found.values(), np.zeros((0, 6), np.float32)])
        counts = np.array([len(one) for one in found.values()], np.int64)
        file = self._found_file(self.rank)
        with file.with_suffix(".new").open("wb") as stream:
            np.savez(stream, numbers=np.array(list(found), np.int64), counts=counts, rows=rows)
        file.with_suffix(".new").replace(file)

    def _take_found(self, rank: int) -> dict[int, Detections]:
        file = self._found_file(rank)
        with np.load(file) as told:
            numbers, counts, rows = told["numbers"], told["counts"], told["rows"]
        file.unlink()
        parts = np.split(rows, np.cumsum(counts)[:-1]) if len(counts) else []
        return dict(zip(numbers.tolist(), parts, strict=True))

    def _found_file(self, rank: int) -> Path:
        return self.meeting.folder / f"found.{rank}.npz"

    def _agree(self, wanted: int) -> int:
        """The strongest of what ranks want."""
        flag = paddle.to_tensor([wanted], "int64")
        self._collect(flag, paddle.distributed.ReduceOp.MAX)
        return int(flag[0])

    def _sum(self, tensor: paddle.Tensor) -> None:
        self._collect(tensor, paddle.distributed.ReduceOp.SUM)

    def _collect(self, tensor: paddle.Tensor, how: int) -> None:
        try:
            paddle.distributed.all_reduce(tensor, how)
        except (RuntimeError, OSError) as error:
            time.sleep(LOST_S)  # who watches the ranks of this machine tells which was lost, and ends this process
            self.meeting.raise_ended()
            reason = str(error).strip().splitlines()[-1][:200]
            if self.meeting.apart:  # nobody watches a machine elsewhere, which a person has to have joined again
                raise JobFailed("ranks.lost", reason=reason) from error
            lose(self.meeting.run_dir, LostRank(rank=self.rank, exit=0, stalled=reason))
