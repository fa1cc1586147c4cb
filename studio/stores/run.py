"""One run of the tree, with all figures that are known of it."""

from __future__ import annotations

import re
from pathlib import Path

from PySide6.QtCore import QObject

from engine.contract.figures import Figure, FigureName, pick
from engine.contract.run.findings.evaluations import evaluation_files, read_evaluation
from engine.contract.run.findings.resamples import Resamples, read_resamples, resamples_file
from engine.contract.run.job import TrainJob
from engine.contract.run.state import Moment
from studio.stores.followed import Followed
from studio.workers.following import Following

SPLITS = ("val", "test")
"""On which a run may have been evaluated."""


class Run(Followed):
    """A run folder of the project. `name` is the folder's, `number` its first part, `label` the rest."""

    def __init__(self, root: Path, following: Following, parent: QObject) -> None:
        super().__init__(root, following, parent)
        self.name = root.name
        matched = re.match(r"(\d+)-(.*)", root.name)
        self.number = int(matched[1]) if matched else 0
        self.label = matched[2] if matched else root.name
        self._kept: tuple[Figure, ...] = ()
        self._kept_mark: tuple[tuple[str, int], ...] = ()
        self._resamples: dict[str, Resamples | None] = {}
        self._read_kept()

    @property
    def parent(self) -> str | None:  # type: ignore[override]  # a QObject's own parent is never asked for here
        """Name of the run that this one started from."""
        job = self.job
        return Path(job.start).name if isinstance(job, TrainJob) and job.start else None

    def figures(self, moment: Moment = "final") -> tuple[Figure, ...]:
        """What the run itself told of one moment; for "final" with what was evaluated and measured later."""
        told = self.state.figures.get(moment, ())
        return told + self._kept if moment == "final" else told

    def figure(self, name: FigureName, **conditions: object) -> Figure | None:
        """The newest figure of a name whose conditions hold every given one."""
        return pick(self.figures("final"), name, **conditions)

    def resamples(self, split: str | None) -> Resamples | None:
        """Its scores on draws of a split's pictures, if it was evaluated on that."""
        return self._resamples.get(split or "")

    def look(self) -> None:
        """Look at the folder again, and at the figures that are kept with it."""
        super().look()
        if self._read_kept():
            self.changed.emit()

    def _read_kept(self) -> bool:
        paths = evaluation_files(self.root)
        drawn = {split: resamples_file(self.root, split) for split in SPLITS}
        mark = tuple((path.name, _time(path)) for path in (*paths, *drawn.values()))
        if mark == self._kept_mark:
            return False
        self._kept_mark = mark
        self._kept = tuple(figure for path in paths for figure in read_evaluation(path))
        self._resamples = {split: read_resamples(self.root, split) for split in drawn}
        return True


def _time(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
