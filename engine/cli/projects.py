"""What several verbs do with a project: open it, name its runs, print their figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from engine.cli.language import say
from engine.cli.output import emit_json, print_table
from engine.contract.figures import Figure, pick
from engine.contract.phones import benches
from engine.contract.project import ProjectFolder
from engine.contract.run.findings.evaluations import evaluation_files, read_evaluation
from engine.contract.run.folder import RunFolder, checkpoint_of
from engine.contract.run.lineage import runs_of
from engine.contract.run.state import RunState, fold
from engine.contract.run.tail import EventTail
from engine.contract.text.numbers import show_value


def open_project(path: Path) -> ProjectFolder:
    """The project in a folder; raises UserError when there is none."""
    folder = ProjectFolder(path)
    folder.load()
    return folder


def trained_run(folder: ProjectFolder, name: str) -> Path:
    """The folder of a run with a checkpoint; raises UserError for one that is unknown or has none."""
    run = folder.run(name)
    checkpoint_of(run)
    return run


def figures_of(run: Path) -> tuple[Figure, ...]:
    """The final figures that a run told, and those that later evaluations and benches kept with it."""
    events = RunFolder(run).events
    state = fold(EventTail(events).read()) if events.is_file() else RunState()
    found = list(state.figures.get("final", ()))
    for file in evaluation_files(run):
        found += read_evaluation(file)
    for bench in benches(run):
        found += bench.figures
    return tuple(found)


def show_figure(figure: Figure | None) -> str | None:
    """A figure as it stands in a table; None where there is none."""
    return None if figure is None else show_value(figure.value, figure.unit, column=True)


def report(figures: Iterable[Figure], as_json: bool, **more: object) -> None:
    """Print figures as the one JSON document, or as a table for people."""
    found = list(figures)
    if as_json:
        emit_json({"figures": [figure.model_dump(exclude_none=True) for figure in found], **more})
        return
    rows = []
    for figure in found:
        held = figure.conditions.model_dump(exclude_none=True)
        told = [_condition(key, value) for key, value in held.items()]
        if figure.disturbed and figure.load is not None:
            told.append(f"{100 * figure.load:.0f} % of the processors busy with other work")
        conditions = ", ".join(told)
        rows.append((figure.name, show_figure(figure), figure.source, conditions))
    print_table(rows, ("figure", "value", "source", "conditions"))
    for key, value in more.items():
        if isinstance(value, str | int | float):
            print(f"{key}: {value}")


def report_recipe(task: Path, as_json: bool) -> None:
    """Print the figures of the last run that a recipe made, and its name; as JSON the names of all too."""
    runs = [run for _, run in sorted(runs_of(task).items())]
    report(figures_of(runs[-1]), as_json, runs=[run.name for run in runs], run=runs[-1].name)


def report_recipes(tasks: Iterable[Path], as_json: bool) -> None:
    """Print a line for the last run of each recipe; as JSON what `report_recipe` prints of one, for each."""
    made = [[run for _, run in sorted(runs_of(task).items())] for task in tasks]
    if as_json:
        documents = [
            {
                "runs": [run.name for run in runs],
                "run": runs[-1].name,
                "figures": [figure.model_dump(exclude_none=True) for figure in figures_of(runs[-1])],
            }
            for runs in made
        ]
        emit_json({"figures": [], "recipes": documents})
        return
    rows = [run_row(runs[-1].name, RunFolder(runs[-1]).status(), figures_of(runs[-1])) for runs in made]
    print_table(rows, RUN_HEADERS)


def run_row(name: str, status: str, figures: Sequence[Figure]) -> tuple[str | None, ...]:
    """One line of the table of runs."""
    val = pick(figures, "map", split="val")
    test = pick(figures, "map", split="test")
    return (
        name,
        status,
        show_figure(val),
        show_figure(test),
        show_figure(pick(figures, "conv_macs")),
        show_figure(pick(figures, "params")),
        _phone_cell(figures),
    )


RUN_HEADERS = ("run", "status", "mAP val", "mAP test", "FLOPs (G MACs)", "parameters", "phone")


def _phone_cell(figures: Sequence[Figure]) -> str | None:
    """The lowest latency that a bench told, and on what; one of a real phone goes before a simulated one's."""
    told = [figure for figure in figures if figure.name == "phone_ms" and figure.conditions.device]
    best = min(told, key=lambda figure: (bool(figure.conditions.simulated), figure.value), default=None)
    if best is None:
        return None
    at = best.conditions
    return f"{show_figure(best)} {at.precision}, {say('cli.threads', count=at.threads or 1)}, {at.device}"


def _condition(key: str, value: str | int) -> str:
    if isinstance(value, bool):
        return f"{'with' if value else 'without'} {key.upper()}"
    if key == "threads":
        return say("cli.threads", count=value)
    if key == "rois":
        return say("cli.regions", count=value)
    if key == "pictures":
        return say("cli.pictures", count=value)
    if key == "borrowed":
        return say("cli.borrowed", lender=value)
    if key == "picture_set":
        return say("cli.picture_set", name=value)
    return str(value)
