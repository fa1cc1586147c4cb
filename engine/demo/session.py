"""The whole session on the built-in sample: what `espalier demo` does and comes to."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.contract.figures import Figure, pick
from engine.contract.project import DetectorChoice, Project, ProjectFolder
from engine.contract.recipe import Recipe, Step, load_recipe
from engine.contract.run.folder import RunFolder
from engine.contract.run.job import EvaluateJob, ExportJob, HostJob, Job, Precision, PredictJob, RecipeJob, TrainJob
from engine.contract.run.lineage import runs_of
from engine.contract.run.settings import TrainSettings
from engine.contract.run.state import RunState, fold
from engine.contract.run.tail import EventTail
from engine.contract.system.files import write_atomically
from engine.contract.text.resources import SAMPLES
from engine.run.workers import Workers

DETECTOR, SIZE = "ssdlite_mobilenet_v3_small", 160
RECIPE = SAMPLES / "signs-phone.json"
WEIGHTS = SAMPLES / "signs_ssdlite_small_160.safetensors"
SETTINGS = TrainSettings(
    batch_size=8,
    learning_rate=2e-3,
    ema=0.998,
    weight_decay=5e-5,
    augment="light",  # as the base was trained at last; without it the base trained on is held back, and looks beaten
    threads=1,
    evaluate_every=3,
    checkpoint_every=1000,
)


@dataclass
class Line:
    """One model of the table with all figures that were told of it."""

    label: str
    run: str
    figures: list[Figure] = field(default_factory=list)


@dataclass
class Outcome:
    """What the session came to."""

    lines: list[Line]
    pictures: Path
    seconds: float

    def value(self, number: int, name: str, **conditions: Any) -> float | None:
        """A figure of line `number`, or None."""
        found = pick(self.lines[number].figures, name, **conditions)  # type: ignore[arg-type]
        return None if found is None else found.value

    def document(self) -> dict[str, Any]:
        """The outcome as JSON."""
        lines = [
            {"model": line.label, "run": line.run, "figures": [f.model_dump(exclude_none=True) for f in line.figures]}
            for line in self.lines
        ]
        figures = lines[-1]["figures"]
        return {"figures": figures, "models": lines, "pictures": str(self.pictures), "seconds": self.seconds}


class Demonstration:
    """Makes the project and runs every job in it; `follow` follows a worker to its end."""

    def __init__(self, root: Path, follow: Callable[[Path], RunState]) -> None:
        self.folder = ProjectFolder(root)
        self.workers = Workers(follow)

    def run(self) -> Outcome:
        """The session; raises what a failed job means (UserError, JobFailed, Cancelled), and leaves no worker."""
        with self.workers:
            return self._session()

    def _session(self) -> Outcome:
        from engine.recipe.plan import plan

        began = time.monotonic()
        choice = self._project()
        recipe = load_recipe(RECIPE)
        base = self._work(self._job(choice, str(WEIGHTS), 0, ()), self.folder.new_run("base"))
        epochs = sum(job.epochs for job in plan(recipe, choice))
        schedule = next(step for step in recipe.steps if step.technique == "lr_schedule")
        control = self.folder.new_run("base-trained-on")
        self.workers.begin(self._job(choice, str(base), epochs, (schedule,)), control)
        compressed, quantised = self._compress(recipe, base)
        self.workers.wait(control)
        lines = [
            Line("base", base.name, _told(base, "final")),
            Line("base, trained on for the same steps", control.name, _told(control, "final")),
            Line("pruned, not recovered", compressed.name, _told(compressed, "transformed")),
            Line("pruned and distilled", compressed.name, _told(compressed, "final")),
            Line("... and int8", quantised.name, _told(quantised, "final")),
        ]
        pictures = self._measure(lines)
        self._host(lines)
        outcome = Outcome(lines, pictures, time.monotonic() - began)
        write_atomically(self.folder.root / "demo.json", json.dumps(outcome.document(), ensure_ascii=False, indent=1))
        return outcome

    def _project(self) -> DetectorChoice:
        from engine.contract.dataset import Index
        from engine.data.dataset_import import import_dataset
        from engine.data.sample.write import sample_folder, write_sample

        import_dataset(write_sample(sample_folder()), self.folder.index)
        with Index.open(self.folder.index) as index:
            choice = DetectorChoice(key=DETECTOR, size=SIZE, classes=index.classes())
        self.folder.save(Project(name="demo", detector=choice))
        self.folder.recipes.mkdir(exist_ok=True)
        write_atomically(self.folder.working_recipe, RECIPE.read_text(encoding="utf-8"))
        return choice

    def _job(self, choice: DetectorChoice, start_from: str, epochs: int, steps: tuple[Step, ...]) -> TrainJob:
        settings = SETTINGS.model_copy(update={"epochs": epochs})
        return TrainJob(choice=choice, index=str(self.folder.index), start=start_from, steps=steps, settings=settings)

    def _compress(self, recipe: Recipe, base: Path) -> tuple[Path, Path]:
        job = RecipeJob(project=str(self.folder.root), recipe=recipe, start=str(base))
        task = self._work(job, self.folder.new_task(job.kind))
        first, last = (run for _, run in sorted(runs_of(task).items()))
        return first, last

    def _work(self, job: Job, run_dir: Path) -> Path:
        self.workers.wait(self.workers.begin(job, run_dir))
        return run_dir

    def _measure(self, lines: list[Line]) -> Path:
        """Add what test and the phone models' sizes say, two jobs at a time; draw test pictures before and after.

        The pictures have the base's boxes on the left and the last model's on the right.
        """
        from engine.contract.dataset import Index
        from engine.detector.predict.drawing import join_files

        with Index.open(self.folder.index) as index:
            chosen = tuple(str(picture.path) for picture in index.pictures("test", limit=6))
        drawn = [self.folder.root / "pictures" / lines[number].run for number in (0, 4)]
        tested = [lines[number] for number in (0, 1, 3, 4)]
        exported: tuple[tuple[Line, Precision], ...] = ((lines[0], "fp32"), (lines[3], "fp32"), (lines[4], "int8"))
        jobs: list[Job] = [
            *(EvaluateJob(run=self._path(line), index=str(self.folder.index), split="test") for line in tested),
            *(self._export_job(line, precision) for line, precision in exported),
            *(PredictJob(run=str(self.folder.runs / out.name), pictures=chosen, out=str(out)) for out in drawn),
        ]
        states = self._in_pairs(jobs)
        for line, state in zip([*tested, *(line for line, _ in exported)], states, strict=False):
            line.figures += state.figures["final"]
        return join_files(drawn[0], drawn[1], self.folder.root / "pictures")

    def _in_pairs(self, jobs: list[Job]) -> list[RunState]:
        """The states of jobs after their end; while one is followed, the next is at work already."""
        folders: list[Path] = []
        states: list[RunState] = []
        for job in jobs:
            folders.append(self.workers.begin(job, self.folder.new_task(job.kind)))
            if len(folders) > 1:
                states.append(self.workers.wait(folders[-2]))
        return [*states, self.workers.wait(folders[-1])]

    def _export_job(self, line: Line, precision: Precision) -> ExportJob:
        """For the phone, beside the run as the studio does it."""
        out = self.folder.runs / line.run / "export" / f"arm-{precision}"
        return ExportJob(
            run=self._path(line), index=str(self.folder.index), target="arm", precision=precision, out=str(out)
        )

    def _path(self, line: Line) -> str:
        return str(self.folder.runs / line.run)

    def _host(self, lines: list[Line]) -> None:
        measured = [line for line in lines if line.label in (lines[0].label, lines[3].label, lines[4].label)]
        job = HostJob(runs=tuple(map(self._path, measured)), index=str(self.folder.index))
        told = self._in_pairs([job])[0].figures["final"]
        for line in measured:
            line.figures += [f for f in told if f.conditions.subject == line.run and f.unit == "ms"]


def _told(run_dir: Path, moment: str) -> list[Figure]:
    """The figures that a run told at a moment."""
    state = fold(EventTail(RunFolder(run_dir).events).read())
    return [figure for key, figures in state.figures.items() if key == moment for figure in figures]


def free_folder(wanted: Path) -> Path:
    """`wanted`, or that with the first number that is free."""
    number, folder = 1, wanted
    while folder.exists():
        number += 1
        folder = wanted.with_name(f"{wanted.name}-{number}")
    return folder
