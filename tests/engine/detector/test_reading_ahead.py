"""Batches are the same whoever makes them ahead, and whatever goes wrong there is raised where they are used."""

from __future__ import annotations

import os
import re
import signal
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from engine.contract.dataset import Index
from engine.contract.project import ProjectFolder
from engine.contract.text.messages import JobFailed, Message
from engine.detector.train.ahead import made_ahead


def test_that_processes_make_the_very_same_batches_as_a_thread(project: ProjectFolder) -> None:
    from engine.detector.base.spec import resolve
    from engine.detector.train.augmentation import AutoAugmentation, policy_of
    from engine.detector.train.reader import TrainingReader

    config = resolve(project.load().detector)
    with Index.open(project.index) as index:
        pictures = index.pictures("train")
    told = []
    for processes in (0, 2):
        reader = TrainingReader(pictures, config, batch_size=2, seed=3, augment="full", processes=processes)
        reader.put_first([AutoAugmentation(policy_of("v1"), even=True)])
        told.append([*reader.epoch(0, first=1), *reader.epoch(1)])
    assert len(told[0]) == 3 + 4
    for ours, theirs in zip(*told, strict=True):
        assert ours.keys() == theirs.keys()
        assert all(ours[name].tobytes() == theirs[name].tobytes() for name in ours)


@pytest.mark.parametrize("processes", [0, 2])
@pytest.mark.parametrize("error", [JobFailed("train.picture_failed", path="a.jpg", reason="b"), cv2.error("odd")])
@pytest.mark.timeout(20)
def test_that_what_is_raised_there_is_raised_here_after_what_came_before(processes: int, error: Exception) -> None:
    def make(number: int) -> dict[str, Any]:
        if number == 2:
            raise error
        return {"number": np.array(number)}

    found = made_ahead(make, range(9), processes)
    assert [int(batch["number"]) for batch in islice(found, 2)] == [0, 1]
    with pytest.raises(type(error), match=re.escape(str(error))) as raised:
        next(found)
    assert getattr(raised.value, "message", Message(code="")).code in ("train.picture_failed", "")


@pytest.mark.timeout(20)
def test_that_a_process_that_is_killed_fails_the_training_in_words() -> None:
    def make(number: int) -> dict[str, Any]:
        if number == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return {}

    with pytest.raises(JobFailed, match="want of memory"):
        list(made_ahead(make, range(9), 2))


@pytest.mark.parametrize("processes", [0, 2])
@pytest.mark.timeout(20)
def test_that_who_stops_early_leaves_nothing_at_work(tmp_path: Path, processes: int) -> None:
    def make(number: int) -> dict[str, Any]:
        (tmp_path / str(number)).touch()
        return {"process": os.getpid()}

    batches = made_ahead(make, range(1000), processes)
    made_by = next(batches)["process"]
    batches.close()  # type: ignore[attr-defined]
    assert len(list(tmp_path.iterdir())) < 20
    assert (made_by == os.getpid()) == (processes == 0)
    if processes:
        with pytest.raises(ProcessLookupError):
            os.kill(made_by, 0)
