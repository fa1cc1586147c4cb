"""Batches made before they are asked for: by one thread, or by processes of their own where that is too slow."""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import Any, TypeVar

from engine.contract.system.processes import die_with_parent
from engine.contract.text.messages import JobFailed

Batch = dict[str, Any]
Asked = TypeVar("Asked")
AHEAD = 4
"""Batches made before they are asked for, and two more for each process beyond the second."""


def made_ahead(make: Callable[[Asked], Batch], asked: Sequence[Asked], processes: int = 0) -> Iterator[Batch]:
    """What `make` makes of each, in order; by a thread where there are no processes. What it raises is raised here.

    Whoever makes them owns the global random states meanwhile. Processes are forks, for they need not be told what the
    transforms are; they may use neither Paddle's operators nor a GPU. Raises JobFailed if one of them is killed.
    """
    pool, each_by = (_forks(make, processes), _made) if processes else (ThreadPoolExecutor(1), make)
    rest = iter(asked)
    waiting: deque[Future[Batch]] = deque()
    try:
        waiting.extend(_begun(pool, each_by, rest, max(AHEAD, 2 * processes)))
        while waiting:
            batch = waiting.popleft().result()
            waiting.extend(_begun(pool, each_by, rest, 1))
            yield batch
    except BrokenProcessPool as error:
        raise JobFailed("train.reader_lost") from error
    finally:
        pool.shutdown(cancel_futures=True)


def _begun(pool: Executor, make: Callable[[Any], Batch], rest: Iterator[Any], count: int) -> Iterator[Future[Batch]]:
    return (pool.submit(make, each) for each in islice(rest, count))


_make: Callable[[Any], Batch]


def _forks(make: Callable[[Any], Batch], count: int) -> Executor:
    return ProcessPoolExecutor(count, multiprocessing.get_context("fork"), initializer=_begin, initargs=(make,))


def _begin(make: Callable[[Any], Batch]) -> None:
    """In a new process: it ends with the training, which alone is asked to stop, for it must keep its weights first."""
    global _make  # noqa: PLW0603  # what a fork is begun with is there; the arguments of each call would be pickled
    _make = make
    die_with_parent()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)


def _made(asked: Any) -> Batch:
    return _make(asked)
