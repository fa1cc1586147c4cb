"""A project with short runs that must all come out the same, and what their event streams prove."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.contract.dataset import Index
from engine.contract.project import DetectorChoice, Project, ProjectFolder
from engine.contract.run.events import Finished, Hello, Metric
from engine.contract.run.folder import RunFolder
from engine.contract.run.job import TrainJob
from engine.contract.run.settings import TrainSettings
from engine.contract.run.tail import EventTail
from tests.trial.kills.whole import weights

KEY, SIZE = "ssdlite_mobilenet_v3_small", 96


def make_project(root: Path) -> ProjectFolder:
    """A dozen pictures of the built-in sample under the smallest detector."""
    from engine.data.dataset_import import import_dataset
    from engine.data.sample.write import write_sample

    folder = ProjectFolder(root / "project")
    import_dataset(write_sample(root / "signs", train=8, val=4, test=4), folder.index)
    with Index.open(folder.index) as index:
        choice = DetectorChoice(key=KEY, size=SIZE, classes=index.classes())
    folder.save(Project(name="fleet", detector=choice))
    return folder


def short_runs(folder: ProjectFolder, count: int, steps: int, name: str = "short") -> list[Path]:
    """Runs of so many steps by one seed, on one thread, each step kept."""
    settings = TrainSettings(
        epochs=max(1, steps // 2), batch_size=4, checkpoint_every=1, evaluate_every=0, threads=1, augment="none"
    )
    job = TrainJob(choice=folder.load().detector, index=str(folder.index), settings=settings)
    return [folder.new_run(f"{name}-{number}", job=job.model_dump_json()) for number in range(1, count + 1)]


@dataclass(frozen=True)
class Proof:
    """What the events of runs tell: how many finished, how often one ended, sittings, steps done again, weights."""

    finished: int
    most_ends: int
    sittings: tuple[int, ...]
    again: int
    kinds_of_weights: int

    @property
    def holds(self) -> bool:
        """All came to one end, and to the same weights; of each interruption at most one step was lost."""
        interruptions = sum(self.sittings) - len(self.sittings)
        return self.most_ends == 1 and self.again <= interruptions and self.kinds_of_weights == 1

    def __str__(self) -> str:
        told = f"{self.finished} finished, each {self.most_ends} time, sittings {'+'.join(map(str, self.sittings))}"
        return f"{told}, {self.again} steps done again, {self.kinds_of_weights} kind of weights"


def proof_of(runs: Sequence[Path]) -> Proof:
    """Read it off the streams and the checkpoints."""
    streams = [EventTail(RunFolder(run).events).read() for run in runs]
    ends = [sum(isinstance(event, Finished) for event in events) for events in streams]
    sittings = [sum(isinstance(event, Hello) for event in events) for events in streams]
    steps = [
        [event.step for event in events if isinstance(event, Metric) and event.name == "loss"] for events in streams
    ]
    again = sum(len(told) - len(set(told)) for told in steps)
    same = {str(weights(run)) for run in runs if RunFolder(run).status() == "finished"}
    return Proof(sum(map(bool, ends)), max(ends), tuple(sittings), again, len(same))
