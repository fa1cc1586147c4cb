"""What was measured of a run after it: figures kept with it, in `evaluations/`, by the job that measured them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from engine.contract.figures import Figure
from engine.contract.project import ProjectFolder
from engine.contract.run.folder import RunFolder, read_job
from engine.contract.run.job import EvaluateJob, ExportJob, HostJob, Job, Target
from engine.contract.system.files import folder_in, write_atomically
from engine.contract.text.messages import UserError

PHONE: Target = "arm"
"""The target whose file is what a phone gets."""
_KEPT = "kept"
_figures: TypeAdapter[tuple[Figure, ...]] = TypeAdapter(tuple[Figure, ...])


def evaluation_files(run: Path) -> list[Path]:
    """The files of figures that are kept with a run."""
    return sorted((run / "evaluations").glob("*.json"))


def read_evaluation(file: Path) -> tuple[Figure, ...]:
    """The figures of one of them; none where it cannot be read."""
    try:
        return _figures.validate_json(file.read_bytes())
    except (OSError, ValidationError):
        return ()


def keep_figures(task: Path, job: Job, figures: Sequence[Figure]) -> None:
    """Keep what a job in the folder `task` measured with the runs that it says something of; raises OSError.

    What was kept since the job ended stays.
    """
    ended = _time(RunFolder(task).result)
    for run, (name, told) in _by_run(job, figures).items():
        file = run / "evaluations" / f"{name}.json"
        later = ended is not None and (_time(file) or 0) > ended
        if told and RunFolder(run).job.is_file() and not later:
            folder_in(run, "evaluations")
            write_atomically(file, json.dumps([figure.model_dump(exclude_none=True) for figure in told], indent=1))
    (task / _KEPT).touch()


def is_kept(job: EvaluateJob) -> bool:
    """Whether what an evaluation finds says something of the run, and not of a part of the split or another runtime."""
    return not job.limit and job.runtime == "paddle"


def _time(file: Path) -> int | None:
    return file.stat().st_mtime_ns if file.exists() else None


def keep_earlier_figures(folder: ProjectFolder) -> None:
    """Do so for the finished tasks of a version that left it to the studio; raises OSError."""
    for kind in ("host", "export"):
        for task in sorted(folder.tasks.glob(f"{kind}-*"), key=lambda path: path.stat().st_mtime):
            result = RunFolder(task).result
            if result.is_file() and not (task / _KEPT).exists():
                try:
                    told = _figures.validate_python(json.loads(result.read_text(encoding="utf-8"))["figures"])
                    job = read_job(RunFolder(task))
                except (ValueError, LookupError, TypeError, UserError):  # a broken one tells nothing
                    (task / _KEPT).touch()
                    continue
                keep_figures(task, _moved(job, folder), told)


def _by_run(job: Job, figures: Sequence[Figure]) -> dict[Path, tuple[str, tuple[Figure, ...]]]:
    """The figures that say something of each run, and the name under which they are kept."""
    if isinstance(job, EvaluateJob) and is_kept(job):
        return {Path(job.run): (job.split, tuple(figures))}
    if isinstance(job, HostJob):
        return {run: ("host", _of(run.name, figures)) for run in map(Path, job.runs)}
    if isinstance(job, ExportJob) and job.run is not None and job.target == PHONE:
        return {Path(job.run): ("size", tuple(figure for figure in figures if figure.name == "nb_bytes"))}
    return {}


def _of(run: str, figures: Sequence[Figure]) -> tuple[Figure, ...]:
    return tuple(figure for figure in figures if figure.conditions.subject == run)


def _moved(job: Job, folder: ProjectFolder) -> Job:
    """The job with its runs where the project is now."""
    if isinstance(job, HostJob):
        return job.model_copy(update={"runs": tuple(str(folder.runs / Path(run).name) for run in job.runs)})
    if isinstance(job, ExportJob) and job.run is not None:
        return job.model_copy(update={"run": str(folder.runs / Path(job.run).name)})
    return job
