"""Folders of fits as a worker leaves them, written by hand: their fronts are known to the last digit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from engine.contract.fit.front import FRONT, FitVerdict, Front, FrontPoint
from engine.contract.fit.job import FitJob
from engine.contract.project import ProjectFolder
from engine.contract.run.events import Artifact, Event, Finished, Hello, Stage
from engine.contract.run.folder import RunFolder
from engine.contract.run.lock import RunLock
from engine.contract.text.messages import Message
from tests.studio.stores.told_runs import line

RATIOS = {"backbone.conv10.expand_conv.conv": 0.5, "backbone.conv14.pointwise_conv.conv": 0.25}


def fit_of(project: Path, start: Path, **asked: Any) -> FitJob:
    """A fit of a run to 5 ms on SD855, unless something else is asked."""
    told: dict[str, Any] = {"ms": 5.0, "phone": "SD855", "threads": 4, **asked}
    return FitJob(project=str(project), start=str(start), **told)


def hollow(ms: float, share: float, low: float | None = None, high: float | None = None) -> FrontPoint:
    """A cut that was not trained."""
    return FrontPoint(
        kind="hollow", ms=ms, ms_low=0.8 * ms, ms_high=ms, ms_source="estimated", macs=share, mb=5 * share,
        saliency=0.1 * (1 - share), map_low=low, map_high=high, ratios=RATIOS,
    )  # fmt: skip


def trial(number: int, ms: float, score: float | None, run: str | None = None, **told: Any) -> FrontPoint:
    """A trial; without a score it is at work."""
    known = (
        {} if score is None else {"map": score, "map_low": score - 3, "map_high": score + 3, "seconds": 60.0 * number}
    )
    given: dict[str, Any] = {
        "kind": "trial",
        "ms_source": "estimated",
        "ratios": {**RATIOS, "head": number / 10},
        **known,
    }
    given |= {"ms": ms, "ms_low": 0.8 * ms, "ms_high": ms, "macs": ms / 10, "mb": ms / 2, "saliency": 0.05}
    return FrontPoint.model_validate({**given, "number": number, "epochs": 6, "aimed": 1.0, "run": run, **told})


def points_of(base: float = 60.0) -> tuple[FrontPoint, ...]:
    """A base of 10 ms, hollow points below it, two trials and a winner."""
    return (
        FrontPoint(kind="base", ms=10.0, ms_low=8.0, ms_high=10.0, ms_source="estimated", map=base, map_low=base - 3,
                   map_high=base + 3),
        hollow(8.0, 0.8, 50.0, 63.0),
        hollow(6.0, 0.6, 50.0, 63.0),
        hollow(4.0, 0.4),
        trial(1, 5.2, 52.0, "0002-fit-trial-1", aimed=1.0),
        trial(2, 4.9, 53.0, "0003-fit-trial-2", aimed=1.0),
        trial(2, 4.9, 57.5, "0004-fit-winner", kind="winner", epochs=40),
    )  # fmt: skip


def write_fit(
    job: FitJob, points: tuple[FrontPoint, ...], *, met: bool | None = None, end: Event | None = None
) -> Path:
    """A folder with a front; with `met` there is a verdict, and the fit is finished unless it has another `end`."""
    task = ProjectFolder(Path(job.project)).new_task(job.kind)
    RunFolder(task).job.write_text(job.model_dump_json())
    write_front(task, job, points, met=met)
    ended = [end] if end is not None else [Finished()] if met is not None else []
    stage = Stage(message=Message(code="fit.descending", args={"groups": 3}), text="Looking")
    artifact = Artifact(kind=FRONT, path="front.json", bytes=1)
    events: list[Event] = [Hello(pid=1, versions={}, device="CPU"), stage, artifact, *ended]
    RunFolder(task).events.write_text("".join(line(number, event) for number, event in enumerate(events)))
    return task


def write_front(task: Path, job: FitJob, points: tuple[FrontPoint, ...], *, met: bool | None = None) -> None:
    """The front alone, as it is written anew while a fit is at work."""
    args = {"target": f"--ms {job.ms}", "phone": "SD855", "run": "0004-fit-winner", "ms": "4.90 ms", "map": "57.5"}
    message = Message(code="fit.met_upper_end", args={**args, "change": "-2.5"})
    verdict = (
        FitVerdict(met=met, message=message, guarantee="upper_end", run="0004-fit-winner") if met is not None else None
    )
    Front(run=Path(job.start).name, job=job, points=points, verdict=verdict).write(task)


def tell_front(task: Path, job: FitJob, points: tuple[FrontPoint, ...], *, met: bool | None = None) -> None:
    """Write the front anew and say so, as a worker does after each step."""
    write_front(task, job, points, met=met)
    stream = RunFolder(task).events
    number = len(stream.read_text().splitlines())
    with stream.open("a") as events:
        events.write(line(number, Artifact(kind=FRONT, path="front.json", bytes=1)))
        if met is not None:
            events.write(line(number + 1, Finished()))


@contextmanager
def at_work(task: Path) -> Iterator[None]:
    """As long as a worker is at it."""
    lock = RunLock.take(RunFolder(task).lock)
    try:
        yield
    finally:
        lock.close()
