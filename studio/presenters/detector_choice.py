"""Choosing another detector or size for a project, and what that means for what was made before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from engine.contract.catalog import DetectorCard
from engine.contract.figures import FigureName
from engine.contract.project import DetectorChoice
from engine.contract.published import PublishedFigure
from engine.contract.run.job import TrainJob
from studio.i18n import tr
from studio.presenters.numbers import NAMES, show_value
from studio.stores.run import Run

Anchors = tuple[tuple[int, int], ...]
_ANCHORED = "yolov3"


def scaled(anchors: Anchors, before: int, after: int) -> Anchors:
    """Anchors fitted at one input size, in whole pixels of another.

    Boxes grow with the input in proportion and IoU does not see scale, so fitting again would give the same.
    """
    return tuple((max(1, round(w * after / before)), max(1, round(h * after / before))) for w, h in anchors)


class AnchorMemory:
    """Keeps the anchors that were fitted to a project's boxes while a detector without anchors is tried."""

    def __init__(self) -> None:
        self._fitted: tuple[Anchors, int] | None = None

    def see(self, choice: DetectorChoice | None) -> None:
        """Note what a project has now; None when it is another project's turn."""
        if choice is None:
            self._fitted = None
        elif choice.anchors is not None:
            self._fitted = choice.anchors, choice.size

    def anchors_for(self, card: DetectorCard, size: int) -> Anchors | None:
        """The fitted anchors at `size`, where the detector takes some and some were fitted."""
        if self._fitted is None or card.family != _ANCHORED:
            return None
        anchors, at = self._fitted
        return scaled(anchors, at, size)


def nearest_size(sizes: Mapping[str, int], wanted: int) -> int:
    """The size in pixels nearest to `wanted` that a detector with `sizes` (min, max, multiple) takes."""
    multiple = sizes["multiple"]
    low, high = -(-sizes["min"] // multiple), sizes["max"] // multiple
    return multiple * max(low, min(high, round(wanted / multiple)))


def choice_of(card: DetectorCard, size: int, classes: tuple[str, ...], memory: AnchorMemory) -> DetectorChoice:
    """A detector for these classes at the size it takes that is nearest to `size`."""
    fitting = nearest_size(card.sizes, size)
    return DetectorChoice(key=card.key, size=fitting, classes=classes, anchors=memory.anchors_for(card, fitting))


def other_runs(runs: Iterable[Run], choice: DetectorChoice) -> list[Run]:
    """The runs that were made with another detector, or at another input size."""
    made = [(run, run.job) for run in runs]
    return [
        run
        for run, job in made
        if isinstance(job, TrainJob) and (job.choice.key, job.choice.size) != (choice.key, choice.size)
    ]


def can_start_from(run: Run, choice: DetectorChoice) -> bool:
    """Whether training of `choice` can go on from a run: the same detector and classes, at whatever size."""
    job = run.job
    return isinstance(job, TrainJob) and (job.choice.key, job.choice.classes) == (choice.key, choice.classes)


def published_of(card: DetectorCard, name: FigureName, size: int) -> PublishedFigure | None:
    """What was published of a figure, at `size` if it was, else what stands first; phones with most threads first."""
    rows = [row for row in card.published if row.name == name]
    rows.sort(key=lambda row: (row.input != str(size), -(row.threads or 0)))
    return rows[0] if rows else None


def conditions_of(row: PublishedFigure) -> str:
    """Under what a published figure holds, in one line."""
    parts = [row.device] if row.device else []
    if row.threads:
        parts.append(tr("studio.detector.threads", count=row.threads))
    if row.precision:
        parts.append(row.precision.upper())
    if row.input:
        parts.append(f"{row.input} px")
    if row.runtime:
        parts.append(row.runtime)
    return ", ".join(parts)


def published_line(row: PublishedFigure) -> str:
    """A published figure with its conditions and its source."""
    return f"{tr(NAMES[row.name])} {show_value(row.value, row.unit)} ({conditions_of(row)})\n{row.source}"
