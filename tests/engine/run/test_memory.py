"""A worker that was killed for want of memory is told from one that somebody killed, by evidence."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from engine.contract.project import DetectorChoice
from engine.contract.run.folder import RunFolder
from engine.contract.run.job import TrainJob
from engine.contract.run.lock import LockRecord, RunLock
from engine.contract.run.settings import TrainSettings
from engine.contract.system.memory import kernel_kills, total_bytes
from engine.run import keeper
from engine.run.worker import _explain

KILLED = -signal.SIGKILL


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    folder = RunFolder(tmp_path / "0001-test")
    folder.root.mkdir()
    choice = DetectorChoice(key="ssdlite_mobilenet_v3_small", size=96, classes=("a",))
    job = TrainJob(choice=choice, index="nowhere", settings=TrainSettings(batch_size=7))
    folder.job.write_text(job.model_dump_json())
    return folder


@pytest.mark.parametrize(
    ("status", "kills", "share", "stopped", "starved"),
    [
        (KILLED, 1, 0.1, False, True),
        (KILLED, 0, 0.9, False, True),
        (KILLED, 0, 0.1, False, False),
        (KILLED, 1, 0.9, True, False),
        (-signal.SIGSEGV, 1, 0.9, False, False),
        (1, 1, 0.9, False, False),
    ],
)
def test_what_is_evidence(
    monkeypatch: pytest.MonkeyPatch, status: int, kills: int, share: float, stopped: bool, starved: bool
) -> None:
    monkeypatch.setattr(keeper, "kernel_kills", lambda: 5 + kills)
    monkeypatch.setattr(keeper, "peak_of_children", lambda: int(share * total_bytes()))
    told = keeper._memory(status, 5, stopped=stopped)
    assert told["no_memory"] is starved and told["peak_mb"] == round(share * total_bytes() / 1e6)


def test_that_the_machine_tells_of_its_memory() -> None:
    assert total_bytes() > 1 << 28 and kernel_kills() >= 0


def test_that_a_starved_worker_is_lost_with_a_smaller_batch(run: RunFolder) -> None:
    lock = RunLock.take(run.lock)
    lock.write(LockRecord(exit=KILLED, peak_mb=900, no_memory=True))
    lock.close()
    told = run.worker_lost().message
    assert told.code == "run.lost_memory" and "900 MB" in told.text() and "batch_size=3" in told.text()
    assert "batch_size=3" in told.text("zh")


@pytest.mark.parametrize(
    ("last", "code"),
    [("terminate called after throwing an instance of 'std::bad_alloc'", "run.lost_memory"), ("segfault", "run.lost")],
)
def test_that_the_log_of_one_that_aborted_is_evidence_too(run: RunFolder, last: str, code: str) -> None:
    lock = RunLock.take(run.lock)
    lock.write(LockRecord(exit=-signal.SIGABRT, peak_mb=900))
    lock.close()
    run.log.write_text(f"so far so good\n{last}\n")
    assert run.worker_lost().message.code == code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (MemoryError("(ResourceExhausted) Fail to alloc memory of 4718592 size, error code is 12."), "train.no_memory"),
        (OSError(12, "Cannot allocate memory"), "train.no_memory"),
        (RuntimeError("std::bad_alloc"), "train.no_memory"),
        (RuntimeError("(InvalidArgument) shapes differ"), "run.crashed"),
    ],
)
def test_that_a_training_without_memory_fails_with_a_smaller_batch(run: RunFolder, error: Exception, code: str) -> None:
    told = _explain(error, run)
    assert told.code == code
    assert code != "train.no_memory" or told.args == {"batch": 7, "half": 3}
