"""A rank whose batch is long in coming keeps the others waiting where they may wait, not in a collective operation."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engine.contract.text.messages import Cancelled, JobFailed
from engine.detector.train import team
from engine.detector.train.team import Ranks
from engine.run.context import JobContext
from engine.run.ranks.meeting import Meeting

AS_LONG_AS_GLOO_WAITS_S = 0.8


class Table:
    """In place of gloo: two ranks agree on the larger number, or find after a while that one has not come."""

    def __init__(self) -> None:
        self._both = threading.Barrier(2, timeout=AS_LONG_AS_GLOO_WAITS_S)
        self._said = [0, 0]

    def agree(self, rank: int, wanted: int) -> int:
        self._said[rank] = wanted
        self._both.wait()
        strongest = max(self._said)
        self._both.wait()
        return strongest


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Table:
    monkeypatch.setattr(team, "PATIENCE_S", 0.1)
    monkeypatch.setattr(team, "LOOK_S", 0.02)
    monkeypatch.setattr(team, "share_denominators", lambda *_: None)
    table = Table()
    monkeypatch.setattr(Ranks, "_agree", lambda self, wanted: table.agree(self.rank, wanted))
    return table


def steps(folder: Path, number: int, batches: Iterator[int], stop: threading.Event | None = None) -> list[int]:
    """What a rank is given, until it is told to stop."""
    asked = threading.Event() if stop is None else stop
    context = JobContext(folder, lambda _: None, stop_asked=asked.is_set)
    meeting = Meeting(folder, number, 2, context.check_cancelled)
    return list(Ranks(meeting, None).steps(batches, context))


def slow() -> Iterator[int]:
    yield 1
    time.sleep(3 * AS_LONG_AS_GLOO_WAITS_S)
    yield 2


@pytest.mark.usefixtures("table")
def test_that_all_wait_for_a_batch_for_as_long_as_it_takes(tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        ranks = [pool.submit(steps, tmp_path, 0, iter([1, 2])), pool.submit(steps, tmp_path, 1, slow())]
        assert [rank.result(20) for rank in ranks] == [[1, 2], [1, 2]]


@pytest.mark.usefixtures("table")
def test_that_who_waits_for_a_batch_may_be_stopped(tmp_path: Path) -> None:
    def never() -> Iterator[int]:
        yield 1
        free.wait(30)

    free, stop = threading.Event(), threading.Event()
    with ThreadPoolExecutor(2) as pool:
        ranks = [pool.submit(steps, tmp_path, 0, iter([1, 2])), pool.submit(steps, tmp_path, 1, never(), stop)]
        time.sleep(0.5)
        stop.set()
        for rank in ranks:
            with pytest.raises(Cancelled):
                rank.result(10)
        free.set()


@pytest.mark.usefixtures("table")
def test_that_a_batch_that_fails_late_ends_all_with_its_reason(tmp_path: Path) -> None:
    def broken() -> Iterator[int]:
        time.sleep(0.5)
        raise JobFailed("train.reader_lost")
        yield

    with ThreadPoolExecutor(2) as pool:
        for rank in [pool.submit(steps, tmp_path, 0, iter([1])), pool.submit(steps, tmp_path, 1, broken())]:
            with pytest.raises(JobFailed) as caught:
                rank.result(10)
            assert caught.value.message.code == "train.reader_lost"
