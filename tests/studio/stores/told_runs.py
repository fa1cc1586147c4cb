"""Run folders as a worker leaves them, written by hand: what they tell is known to the last digit."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.contract.figures import Conditions, Figure
from engine.contract.project import ProjectFolder
from engine.contract.recipe import Step
from engine.contract.run.events import Event, Figures, Finished, Hello, Metric, Progress, Stage
from engine.contract.run.findings.resamples import Resamples, keep_resamples
from engine.contract.run.folder import RunFolder
from engine.contract.run.job import Split, TrainJob
from engine.contract.run.settings import TrainSettings
from engine.contract.text.messages import Message

STEPS = 20
EPOCHS = 4


def figure(name: Any, value: float, unit: str, source: Any = "measured", **conditions: Any) -> Figure:
    return Figure(name=name, value=value, unit=unit, source=source, conditions=Conditions(**conditions))


def final_figures(score: float, macs: float, split: str = "val") -> tuple[Figure, ...]:
    return (
        figure("map", score, "points", split=split),
        figure("map50", score + 20, "points", split=split),
        figure("map_class", score + 1, "points", split=split, subject="stop"),
        figure("map_class", score - 1, "points", split=split, subject="give way"),
        figure("conv_macs", macs, "MACs", "computed"),
        figure("params", macs / 30, "parameters", "computed"),
    )


def training_events(figures: Sequence[Figure], end: Event | None) -> list[Event]:
    """The stream of a training of 20 steps in 4 epochs; without `end` it is one that was lost."""
    hello = Hello(pid=1, versions={}, device="CPU")
    stage = Stage(message=Message(code="train.running", args={"epochs": EPOCHS}), text="Training for 4 epochs")
    events: list[Event] = [hello, stage]
    for step in range(1, STEPS + 1):
        events.append(Metric(name="loss", step=step, value=10 / step))
        events.append(Metric(name="loss_box", step=step, value=4 / step))
        events.append(Metric(name="learning_rate", step=step, value=0.001))
        if step % (STEPS // EPOCHS) == 0:
            events.append(Metric(name="map", step=step, value=float(step)))
        events.append(Progress(done=step, total=STEPS, unit="step", eta_s=float(STEPS - step)))
    events.append(Figures(moment="final", figures=tuple(figures)))
    return [*events, *([end] if end else [])]


def write_run(
    project: Path,
    label: str = "train",
    parent: Path | None = None,
    *,
    score: float = 50.0,
    macs: float = 30e6,
    steps: tuple[Step, ...] = (),
    end: Event | None = Finished(),  # noqa: B008 - it is frozen
) -> Path:
    """A run folder that has told everything; `parent` is the run that it started from."""
    folder = ProjectFolder(project)
    root = folder.new_run(label)
    job = TrainJob(
        choice=folder.load().detector,
        index=str(folder.index),
        start=str(parent) if parent else None,
        steps=steps,
        settings=TrainSettings(epochs=EPOCHS),
    )
    events = training_events(final_figures(score, macs), end)
    RunFolder(root).events.write_text("".join(line(number, event) for number, event in enumerate(events)))
    RunFolder(root).job.write_text(job.model_dump_json())
    return root


def keep_scores(root: Path, score: float, split: Split = "val") -> None:
    """What an evaluation leaves beside a run of its scores on draws of pictures."""
    values = tuple(score + (place % 7 - 3) / 10 * (score % 1 + 1) for place in range(100))
    keep_resamples(root, Resamples(draws="same", split=split, pictures=2, values={"map": values, "map50": values}))


def line(number: int, event: Event) -> str:
    return event.model_copy(update={"seq": number, "time": 1_790_000_000.0 + number}).model_dump_json() + "\n"


def keep_figures(root: Path, name: str, figures: Sequence[Figure]) -> None:
    """What an evaluation or a measurement leaves beside a run."""
    (root / "evaluations").mkdir(exist_ok=True)
    kept = [one.model_dump(exclude_none=True) for one in figures]
    (root / "evaluations" / f"{name}.json").write_text(json.dumps(kept))
