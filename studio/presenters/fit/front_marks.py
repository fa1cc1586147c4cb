"""A front as marks on two axes: what every point costs over its mAP, with intervals, targets and the best of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from engine.contract.figures import comparable
from engine.contract.fit.front import Front, FrontPoint, best_of
from engine.contract.fit.job import FitJob
from studio.i18n import tr
from studio.stores.run import Run

Axis = Literal["ms", "macs", "mb"]
MarkKind = Literal["base", "hollow", "trial", "winner", "begun", "other"]
"""`begun` is a trial or winner of which nothing is known yet, `other` a run of the project that is no point."""
Span = tuple[float, float]


@dataclass(frozen=True)
class FrontMark:
    """A point as it is drawn. Without a `y` its mAP is not known, and it stands on the lower axis."""

    key: str
    kind: MarkKind
    tag: str
    x: float
    y: float | None
    x_span: Span | None = None
    y_span: Span | None = None
    run: str | None = None


@dataclass(frozen=True)
class FrontDrawing:
    """All that is drawn. `best` are the trained points that none beats, `target` and `floor` what was asked for."""

    axis: Axis
    marks: tuple[FrontMark, ...] = ()
    best: tuple[tuple[float, float], ...] = ()
    target: float | None = None
    floor: float | None = None


def axis_of(job: FitJob) -> Axis:
    """What a fit is drawn over: the time where one was asked for, else the share of the MACs, else the file."""
    if job.ms is not None:
        return "ms"
    return "mb" if job.macs is None and job.mb is not None else "macs"


def keyed(front: Front) -> dict[str, FrontPoint]:
    """Every point by a key that stays the same while the front grows."""
    found: dict[str, FrontPoint] = {}
    hollow = 0
    for point in front.points:
        if point.kind == "hollow":
            hollow += 1
            found[f"hollow-{hollow}"] = point
        elif point.kind == "trial":
            found[f"trial-{point.number}"] = point
        else:
            found[point.kind] = point
    return found


def drawing(front: Front, others: Iterable[FrontMark] = ()) -> FrontDrawing:
    """A front as it is drawn, with other runs of the project beside it."""
    job, axis = front.job, axis_of(front.job)
    own = [mark for key, point in keyed(front).items() if (mark := _mark(key, point, axis, front.run)) is not None]
    trained = [point for point in front.points if point.kind != "hollow" and _known(point)]
    # What was planned has a time that was predicted, and no mAP: it is not among the best.
    best = [(cost, point.map) for point in best_of(trained) if (cost := cost_of(point, axis)) is not None]
    base = front.base
    floor = base.map - job.points if base is not None and base.map is not None and job.points is not None else None
    target = {"ms": job.ms, "macs": 100 * job.macs if job.macs is not None else None, "mb": job.mb}[axis]
    line = tuple((cost, score) for cost, score in best if score is not None)
    return FrontDrawing(axis, (*others, *own), line, target, floor)


def other_marks(front: Front, runs: Iterable[Run]) -> list[FrontMark]:
    """Runs that are no points of the front, whose mAP and cost were measured as its own were."""
    axis, known = axis_of(front.job), {front.run, *(point.run for point in front.points)}
    told = list(runs)
    base = next((run for run in told if run.name == front.run), None)
    start = base.figure("map", split="val") if base is not None else None
    found = []
    for run in told:
        score, cost = run.figure("map", split="val"), _cost_of_run(run, base, front.job, axis)
        if run.name in known or score is None or cost is None or start is None or comparable(start, score) is not None:
            continue
        found.append(FrontMark(f"run-{run.name}", "other", f"{run.number:04d}", cost, score.value, run=run.name))
    return found


def cost_of(point: FrontPoint, axis: Axis) -> float | None:
    """Milliseconds, percent of the MACs, or MB."""
    return {"ms": point.ms, "macs": 100 * point.macs, "mb": point.mb}[axis]


def axis_title(axis: Axis, job: FitJob) -> str:
    """The name of the horizontal axis with its unit."""
    if axis == "ms":
        return tr("studio.fit.axis_host" if job.on_host else "studio.fit.axis_ms")
    return tr("studio.fit.axis_macs") if axis == "macs" else tr("studio.fit.axis_mb")


def _known(point: FrontPoint) -> bool:
    return point.kind == "base" or point.done


def _mark(key: str, point: FrontPoint, axis: Axis, start: str) -> FrontMark | None:
    cost = cost_of(point, axis)
    if cost is None:
        return None
    trained = point.kind != "hollow"
    kind: MarkKind = point.kind if not trained or _known(point) else "begun"
    times = _span(point.ms_low, point.ms_high) if axis == "ms" else None
    scores = _span(point.map_low, point.map_high)
    score = point.map if trained else (sum(scores) / 2 if scores is not None else None)
    run = start if point.kind == "base" else point.run
    return FrontMark(key, kind, _tag(point), cost, score, times, scores, run)


def _tag(point: FrontPoint) -> str:
    if point.kind == "trial":
        return str(point.number)
    return {"base": tr("studio.fit.tag_base"), "winner": tr("studio.fit.tag_winner")}.get(point.kind, "")


def _span(low: float | None, high: float | None) -> Span | None:
    return (low, high) if low is not None and high is not None and high > low else None


def _cost_of_run(run: Run, base: Run | None, job: FitJob, axis: Axis) -> float | None:
    if axis == "ms":
        # What phones measured stands on their own page.
        found = run.figure("host_ms_total") if job.on_host else None
        return found.value if found is not None and found.source == "measured" else None
    if axis == "mb":
        size = run.figure("nb_bytes", precision=job.precision)
        return size.value / 1e6 if size is not None else None
    own, whole = (each.figure("conv_macs") if each is not None else None for each in (run, base))
    return 100 * own.value / whole.value if own is not None and whole is not None else None
