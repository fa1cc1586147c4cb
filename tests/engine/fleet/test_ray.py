"""Ray itself, embedded: done, killed, cancelled, and heard by nobody. `tests/trial/fleet` does more of it, by hand."""

from __future__ import annotations

import importlib.util
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.contract.project import ProjectFolder
from engine.contract.run.folder import RunFolder
from engine.fleet.opening import opened
from tests.trial.fleet.driving import Sitting, at_work, heard_beyond_loopback
from tests.trial.fleet.ground import make_project, proof_of, short_runs
from tests.trial.marked import kill, marked, wait_until

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None, reason="Ray is not installed (make setup FLEET=1)"
)
Begin = Callable[[list[Path]], Sitting]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> ProjectFolder:
    return make_project(tmp_path_factory.mktemp("fleet"))


@pytest.fixture
def begin(folder: ProjectFolder) -> Iterator[Begin]:
    made: list[Sitting] = []

    def start(runs: list[Path]) -> Sitting:
        made.append(Sitting("ray", folder, runs, dict(os.environ)))
        return made[-1]

    yield start
    for sitting in made:
        sitting.kill()


def has_saved(run: Path) -> bool:
    return (run / "checkpoints" / "last.safetensors").is_file()


def test_that_a_piece_whose_worker_dies_is_done_by_another_and_none_twice(folder: ProjectFolder, begin: Begin) -> None:
    runs = short_runs(folder, 3, 12, "killed")
    sitting = begin(runs)
    assert wait_until(lambda: any(map(has_saved, runs)), 300)
    begun = next(filter(has_saved, runs))
    assert kill([process for process in marked(sitting.mark) if process.words[:1] == (f"ray::{begun.name}",)]) == 1
    sitting.end()
    proof = proof_of(runs)
    assert proof.finished == 3 and proof.holds, str(proof)
    assert sum(proof.sittings) == 4


def test_that_nobody_hears_it_and_a_cancel_leaves_nothing(folder: ProjectFolder, begin: Begin) -> None:
    runs = short_runs(folder, 3, 2000, "cancelled")
    sitting = begin(runs)
    assert wait_until(lambda: sum(map(has_saved, runs)) == 2, 300)
    assert heard_beyond_loopback(sitting.mark) == []
    sitting.process.send_signal(signal.SIGINT)
    assert wait_until(lambda: not marked(sitting.mark), 30), [process.name for process in marked(sitting.mark)]
    assert at_work(runs) == 0
    assert sorted(RunFolder(run).status() for run in runs) == ["cancelled", "cancelled", "queued"]


def test_that_what_lets_into_it_is_gone_with_it_and_another_can_follow(
    folder: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RAY_AUTH_TOKEN", raising=False)
    for _ in range(2):
        with opened("ray", folder) as fleet:
            assert os.environ["RAY_AUTH_TOKEN"] and fleet.nodes()
        assert "RAY_AUTH_TOKEN" not in os.environ
