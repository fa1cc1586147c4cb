"""Work that asks nobody is broken off in its middle, and cleaned up."""

from __future__ import annotations

import signal
import threading
import time
from pathlib import Path

import pytest

from engine.contract.project import ProjectFolder
from engine.contract.run.job import EvaluateJob, ExportJob
from engine.contract.text.messages import Cancelled
from engine.run.context import JobContext
from engine.run.interruption import interruptible


def raise_if(path: Path) -> None:
    if path.exists():
        raise Cancelled


def test_a_block_that_asks_nobody_is_left_and_cleans_up(tmp_path: Path) -> None:
    flag, cleaned = tmp_path / "cancel", []
    threading.Timer(0.2, flag.touch).start()
    earlier = signal.getsignal(signal.SIGUSR1)
    with pytest.raises(Cancelled), interruptible(lambda: raise_if(flag)):
        try:
            time.sleep(60)
        finally:
            cleaned.append(True)
    assert cleaned and signal.getsignal(signal.SIGUSR1) is earlier


def test_a_library_that_swallows_it_is_asked_again(tmp_path: Path) -> None:
    flag, swallowed = tmp_path / "cancel", 0
    flag.touch()
    with pytest.raises(Cancelled), interruptible(lambda: raise_if(flag)):
        try:
            time.sleep(60)
        except Cancelled:
            swallowed += 1
        time.sleep(60)
    assert swallowed == 1


def test_without_a_cancel_nothing_happens_also_in_another_thread(tmp_path: Path) -> None:
    done: list[int] = []

    def work() -> None:
        with interruptible(lambda: raise_if(tmp_path / "never")):
            done.append(1)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    work()
    assert done == [1, 1]


@pytest.mark.parametrize("kind", ["export", "evaluate"])
def test_an_export_and_an_evaluation_are_left_in_their_middle(
    kind: str, project: ProjectFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also while a network is loaded or built, in which nobody looks whether to go on."""
    from engine.jobs import evaluate, export

    for module in (evaluate, export):
        monkeypatch.setattr(module, "load", lambda _: time.sleep(60))
    context = JobContext(tmp_path, lambda _: None, stop_asked=lambda: True)
    began = time.monotonic()
    with pytest.raises(Cancelled):
        if kind == "export":
            job = ExportJob(run="1", out=str(tmp_path), target="arm", precision="fp32", index=str(project.index))
            export.run(job, context)
        else:
            evaluate.run(EvaluateJob(run="1", index=str(project.index), split="val"), context)
    assert time.monotonic() - began < 50, "it was left to sleep"
