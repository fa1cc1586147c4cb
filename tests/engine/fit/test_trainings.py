"""How a fit has its trials trained: side by side on cores, one after the other where they would share a GPU."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from engine.contract.fit.job import FitJob
from engine.fit import trainings
from engine.fit.trainings import Trainings


@pytest.mark.parametrize(("gpus", "begun"), [((), ["a", "b"]), (("0",), [])])
def test_that_trials_do_not_share_a_gpu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gpus: tuple[str, ...], begun: list[str]
) -> None:
    together, done = list[str](), list[str]()
    monkeypatch.setattr(trainings, "gpus_of", lambda _: gpus)
    monkeypatch.setattr(trainings, "begin", lambda run, _: together.append(run.root.name))
    job = FitJob(project=str(tmp_path), start=str(tmp_path / "runs" / "0001-base"), macs=0.5, at_once=2)
    nothing: Any = SimpleNamespace(run_dir=tmp_path)
    made = Trainings(job, nothing)
    monkeypatch.setattr(made, "_trial", lambda point, _: point.label)
    monkeypatch.setattr(made, "_run", lambda plan, *_: tmp_path / plan)

    def runs(plan: str) -> list[Path]:
        done.append(plan)
        return [tmp_path / plan]

    monkeypatch.setattr(made, "_runs", runs)
    monkeypatch.setattr(made, "_stopped_together", lambda _: nullcontext())
    points: list[Any] = [SimpleNamespace(label=label, number=number) for number, label in enumerate("ab", start=1)]
    assert made.trials(points) == [[tmp_path / "a"], [tmp_path / "b"]]
    assert together == begun and done == ["a", "b"]
