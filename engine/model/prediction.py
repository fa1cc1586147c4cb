"""Finds boxes on pictures with a run's model, in the form that its steps leave it in."""

from __future__ import annotations

import contextlib
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from engine.contract.project import ProjectFolder
from engine.contract.run.folder import RunFolder, read_job
from engine.contract.run.job import TrainJob
from engine.model.assembly import Model, load
from engine.model.measurement import calibration_of, predictor_of
from engine.technique.base import Calibration

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Box = dict[str, Any]
"""`class` by name, `score` from 0 to 1, `box` as left, top, right, bottom in pixels of the picture."""


class Finder:
    """A run's model, kept ready from picture to picture; close it, or use it as a context manager.

    Raises UserError when the run has no checkpoint, or was quantised on pictures that are gone.
    """

    def __init__(self, run: Path) -> None:
        self.model, _ = load(run)
        self._held = contextlib.ExitStack()
        calibration = _calibration(run, self.model) if self.model.stack.acts_on_program else None
        self._predict = self._held.enter_context(predictor_of(self.model, calibration))

    def __enter__(self) -> Finder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End what runs the model."""
        self._held.close()

    def boxes(self, picture: NDArray[np.uint8], threshold: float) -> list[Box]:
        """The boxes on an RGB picture with at least the score `threshold`."""
        from engine.detector.network.depthwise import fast_depthwise
        from engine.detector.predict.pictures import to_inputs

        with fast_depthwise():
            rows = self._predict(to_inputs(picture, self.model.config))[0]
        classes = self.model.choice.classes
        return [
            {"class": classes[int(row[0])], "score": float(row[1]), "box": [float(value) for value in row[2:6]]}
            for row in rows
            if row[1] >= threshold
        ]


def _calibration(run: Path, model: Model) -> Calibration | None:
    """The pictures that the run was quantised on; None for a checkpoint that lies in no run."""
    from engine.contract.dataset import Index

    if not RunFolder(run).job.is_file():
        return None
    job = read_job(RunFolder(run))
    # A project that was moved has its data beside the run, and elsewhere than the job says.
    beside = ProjectFolder(run.resolve().parent.parent).index
    path = beside if beside.is_file() or not isinstance(job, TrainJob) else Path(job.index)
    with Index.open(path) as index:
        return calibration_of(model, index.pictures("train"))
