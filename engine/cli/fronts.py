"""The front of a fit as a table: what was trained, and between it what was not."""

from __future__ import annotations

from pathlib import Path

from engine.cli.language import said
from engine.cli.output import emit_json, print_table
from engine.cli.projects import figures_of
from engine.contract.fit.front import Front, FrontPoint, best_of, read_front
from engine.contract.project import ProjectFolder
from engine.contract.run.folder import RunFolder
from engine.contract.run.lineage import fit_job, runs_of

HEADERS = ("", "time", "interval", "mAP val", "interval", "MACs", "file", "run", "")


def report_fit(task: Path, as_json: bool) -> int:
    """Print the front and the verdict of a fit that ended, and return its exit status."""
    front = read_front(task)
    assert front is not None and front.verdict is not None, "a fit that finished has its verdict"
    run = front.verdict.run
    if as_json:
        runs = ProjectFolder(Path(front.job.project)).runs
        figures = figures_of(runs / run) if run is not None else ()
        told = [figure.model_dump(exclude_none=True) for figure in figures]
        document = front.model_dump(mode="json", exclude_none=True)
        emit_json({"figures": told, "task": task.name, "run": run, "front": document})
    else:
        print_front(front)
        print("\n" + said(front.verdict.message))
    return 0 if front.verdict.met else 1


def fit_document(task: Path) -> dict[str, object]:
    """A fit for `show --json`: what goes on by its `task`, how it stands, its runs, and its front if there is one."""
    front = read_front(task)
    runs = [run.name for _, run in sorted(runs_of(task).items())]
    told = {"front": front.model_dump(mode="json", exclude_none=True)} if front is not None else {}
    return {"task": task.name, "status": RunFolder(task).status(), "runs": runs, **told}


def fit_line(task: Path) -> str:
    """A fit in one line: its name, what was asked for, and how it stands or ended."""
    job, front = fit_job(task), read_front(task)
    assert job is not None, "the folder is a fit's"
    named = {"ms": job.ms, "mb": job.mb, "macs": job.macs, "points": job.points}
    asked = " ".join(f"--{name} {value:g}" for name, value in named.items() if value is not None)
    ended = said(front.verdict.message) if front is not None and front.verdict is not None else None
    state = ended or RunFolder(task).status()
    return f"{task.name}  {Path(job.start).name} {asked}{f' --phone {job.phone}' if job.phone else ''}: {state}"


def print_front(front: Front) -> None:
    """Print all points, the slowest first; on the front are those that none beats in both time and mAP."""
    best = best_of([point for point in front.points if point.kind != "hollow"])
    rows = [_row(front, point, point in best) for point in sorted(front.points, key=_order)]
    print_table(rows, HEADERS)


def _order(point: FrontPoint) -> tuple[float, float]:
    return -(point.ms or 0.0), -point.macs


def _row(front: Front, point: FrontPoint, best: bool) -> tuple[str | None, ...]:
    scores = f"{point.map_low:.1f} to {point.map_high:.1f}" if point.map_low is not None and point.map_high else None
    times = f"{point.ms_low:.2f} to {point.ms_high:.2f}" if point.ms_low is not None and point.ms_high else None
    run = front.run if point.kind == "base" else point.run
    return (
        point.kind,
        f"{point.ms:.2f} ms" if point.ms is not None else None,
        times,
        f"{point.map:.1f}" if point.map is not None else None,
        scores,
        f"{100 * point.macs:.1f} %",
        f"{point.mb:.2f} MB" if point.mb is not None else None,
        run,
        "*" if best else "",
    )
