"""Training under a teacher is exact as well: broken off anywhere and resumed, it ends in the same bits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from engine.contract.project import ProjectFolder
from engine.contract.recipe import Step
from engine.contract.run.events import Event, Metric
from engine.contract.run.job import TrainJob
from engine.jobs import train
from engine.run.context import JobContext
from tests.engine.model.test_prediction import make_run


class BrokenOff(Exception):
    """The process ends here, as by a kill: nothing is tidied up."""


def trained(folder: Path, job: TrainJob, breaks: tuple[int, ...] = ()) -> dict[str, np.ndarray]:
    """All tensors of the checkpoint to resume from; each of `breaks` ends a sitting when that step is told."""
    terms: dict[int, set[str]] = {}
    for sitting, last in enumerate((*breaks, None), 1):

        def tell(event: Event, last: int | None = last) -> None:
            if isinstance(event, Metric):
                terms.setdefault(event.step, set()).add(event.name)
                if event.step == last:
                    raise BrokenOff

        try:
            train.run(job, JobContext(folder, tell, sitting=sitting))
        except BrokenOff:
            assert last is not None
    assert all("distill_pkd" in names for step, names in terms.items() if step not in breaks)
    return load_file(folder / "checkpoints" / "last.safetensors")


@pytest.mark.slow
def test_that_an_adaptor_is_trained_and_resumed_to_the_bit_and_leaves_no_trace(
    project: ProjectFolder, train_job: TrainJob
) -> None:
    base = make_run(project, train_job)
    steps = (
        Step(technique="filter_prune", params={"ratio": 0.5}),
        Step(technique="distill", params={"kind": "pkd"}),
    )
    settings = train_job.settings.model_copy(update={"evaluate_every": 0, "epochs": 2})
    job = train_job.model_copy(update={"start": str(base), "teacher": str(base), "steps": steps, "settings": settings})
    whole = trained(project.new_run("whole"), job)
    # Broken off before the first step is kept, and after some.
    folder = project.new_run("broken")
    broken = trained(folder, job, breaks=(1, 3))
    assert whole.keys() == broken.keys()
    adaptors = {name for name in whole if name.startswith("lesson.0.adaptor")}
    assert len(adaptors) == 3 and all(whole[name].any() for name in adaptors)
    kept = {name for name in whole if name.startswith("optimizer.moment1.")}
    assert {f"optimizer.moment1.{name}" for name in adaptors} <= kept
    for name, value in whole.items():
        np.testing.assert_array_equal(broken[name], value, err_msg=name)
    best = load_file(folder / "checkpoints" / "best.safetensors")
    assert not any("lesson" in name for name in best)
