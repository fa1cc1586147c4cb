"""What an entry of the queue is called, after its job, and what is said where that is not known."""

from __future__ import annotations

from pathlib import Path

from engine.contract.fit.job import FitJob
from engine.contract.run.job import (
    EvaluateJob,
    ExportJob,
    HostJob,
    Job,
    PredictJob,
    ProjectJob,
    RecipeJob,
    SensitivityJob,
    SyncJob,
    TrainJob,
)
from engine.contract.text.messages import Argument, Message


def title_of(job: Job, run: Path) -> Message:
    """A sentence of few words; `run` is the folder in which the job is done."""
    args: dict[str, Argument]
    match job:
        case TrainJob():
            args = {"run": run.name}
        case RecipeJob():
            args = {"name": job.recipe.name}
        case FitJob():
            args = {"run": Path(job.start).name}
        case EvaluateJob():
            args = {"run": Path(job.run).name, "split": job.split}
        case ExportJob():
            name = Path(job.run).name if job.run else job.choice.key if job.choice else "-"
            args = {"run": name, "target": job.target, "precision": job.precision}
        case PredictJob():
            args = {"run": Path(job.run).name, "count": len(job.pictures)}
        case SensitivityJob():
            args = {"run": Path(job.run).name, "part": job.part + 1, "parts": job.parts}
        case HostJob():
            args = {"count": len(job.runs)}
        case ProjectJob():
            args = {"name": Path(job.dir).name}
        case SyncJob():
            args = {"name": Path(job.project).name}
        case _:
            args = {"run": Path(job.run).name}
    return Message(code=f"queue.title.{job.kind}", args=args)


def unreadable(number: int, file: Path) -> Message:
    """What is said of a ticket that cannot be read."""
    return Message(code="queue.unreadable", args={"number": number, "path": str(file)})
