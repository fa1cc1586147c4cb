"""The verb that prints the tree of runs, or one run, with their figures."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from engine.cli.fronts import fit_document, fit_line, print_front
from engine.cli.language import said, say
from engine.cli.output import emit_json, print_table
from engine.cli.projects import RUN_HEADERS, figures_of, open_project, report, run_row
from engine.contract.figures import comparable, pick
from engine.contract.fit.front import read_front
from engine.contract.phones import benches
from engine.contract.project import ProjectFolder
from engine.contract.queue.entries import entry_of
from engine.contract.run.data_seen import SHORT, data_seen, data_today, other_data
from engine.contract.run.findings.evaluations import keep_earlier_figures
from engine.contract.run.folder import RunFolder
from engine.contract.run.lineage import (
    fit_job,
    fits_of,
    parent_of,
    recipe_job,
    runs_of,
    unfinished_fits,
    unfinished_recipes,
)

NAME = "show"
HELP = "the runs of a project with their figures"


def add_parser(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("dir", metavar="DIR", type=Path, help="folder of the project")
    parser.add_argument(
        "run", metavar="RUN", nargs="?", help="name or number of one run; or the name of a fit, for its front"
    )


def run(args: argparse.Namespace) -> int:
    """Print the tree, or every figure of one run."""
    folder = open_project(args.dir)
    keep_earlier_figures(folder)
    if args.run and fit_job(task := folder.tasks / Path(args.run).name) is not None:
        _show_fit(task, args.json)
        return 0
    if args.run:
        run_dir = folder.run(args.run)
        seen = data_seen(run_dir)
        more = {"data": seen[:SHORT]} if seen else {}
        report(figures_of(run_dir), args.json, run=run_dir.name, status=RunFolder(run_dir).status(), **more)
        _say_other_data(folder, [run_dir], args.json)
        return 0
    runs = [path for path in sorted(folder.runs.glob("[0-9]*")) if path.is_dir()]
    parents = {path.name: parent_of(path) for path in runs}
    if args.json:
        recipes = [_recipe(task) for task in unfinished_recipes(folder)]
        today, fits = data_today(folder), [fit_document(task) for task in fits_of(folder)]
        documents = [_document(path, parents[path.name], today) for path in runs]
        emit_json({"figures": [], "runs": documents, "recipes": recipes, "fits": fits, "data": today})
        return 0
    if not runs:
        print(say("cli.no_runs", path=str(folder.root), dir=str(args.dir)))
        return 0
    rows = []
    for path in _tree(runs, parents):
        indent = "  " * _depth(path.name, parents)
        rows.append(run_row(indent + path.name, RunFolder(path).status(), figures_of(path)))
    print_table(rows, RUN_HEADERS)
    _say_other_data(folder, runs, args.json)
    for line in _not_comparable(runs, parents):
        print(line)
    _say_fits(folder, args.dir)
    _say_recipes(folder, args.dir)
    return 0


def _show_fit(task: Path, as_json: bool) -> None:
    """All points of a fit's front, and how it stands."""
    if as_json:
        emit_json({"figures": [], **fit_document(task)})
        return
    front = read_front(task)
    if front is not None:
        print_front(front)
    print(("\n" if front is not None else "") + fit_line(task))


def _say_fits(folder: ProjectFolder, dir_: Path) -> None:
    fits, waiting = fits_of(folder), unfinished_fits(folder)
    for task in fits:
        print(fit_line(task))
    if fits:
        print(say("fit.fronts", task=fits[-1].name, dir=str(dir_)))
    for task in waiting:
        print(say("fit.unfinished", task=task.name, dir=str(dir_)))


def _say_recipes(folder: ProjectFolder, dir_: Path) -> None:
    for task in unfinished_recipes(folder):
        names = {"recipe": str(_recipe(task)["recipe"]), "task": task.name, "dir": str(dir_)}
        status = RunFolder(task).status()
        if entry_of(task) is not None:
            print(say("recipe.waits", recipe=names["recipe"]))
        elif status == "queued":
            print(say("recipe.never_begun", **names))
        else:
            print(say("recipe.unfinished", **names, status=status))


def _say_other_data(folder: ProjectFolder, runs: list[Path], as_json: bool) -> None:
    today = data_today(folder)
    if today is None or as_json:
        return
    trained: dict[str, list[str]] = {}
    for run in runs:
        seen = other_data(run, today)
        if seen is not None:
            trained.setdefault(seen, []).append(run.name)
    for seen, names in trained.items():
        print(say("cli.other_data", runs=", ".join(names), seen=seen, today=today[:SHORT]))


def _not_comparable(runs: list[Path], parents: dict[str, str | None]) -> Iterator[str]:
    """A line for each run whose mAP is of other pictures than that of the run it was made from."""
    figures = {path.name: figures_of(path) for path in runs}
    for name, parent in parents.items():
        for split in ("val", "test") if parent in figures else ():
            before, after = (pick(figures[run], "map", split=split) for run in (str(parent), name))
            reason = comparable(before, after) if before is not None and after is not None else None
            if reason is not None:
                yield say("cli.not_comparable", run=name, base=str(parent), split=split, reason=said(reason))


def _depth(name: str, parents: dict[str, str | None]) -> int:
    parent = parents.get(name)
    return 1 + _depth(parent, parents) if parent in parents else 0


def _tree(runs: list[Path], parents: dict[str, str | None], root: str | None = None) -> list[Path]:
    """Every run right below the run that it started from."""
    known = {path.name for path in runs}
    below = [p for p in runs if (parents[p.name] if parents[p.name] in known else None) == root]
    return [entry for path in below for entry in (path, *_tree(runs, parents, path.name))]


def _recipe(task: Path) -> dict[str, object]:
    """An unfinished recipe: what goes on by its `task`, and the runs that it has made."""
    job = recipe_job(task)
    runs = [run.name for _, run in sorted(runs_of(task).items())]
    name, status = job.recipe.name if job else "", RunFolder(task).status()
    return {"task": task.name, "recipe": name, "status": status, "runs": runs}


def _document(run_dir: Path, parent: str | None, today: str | None) -> dict[str, object]:
    figures = [figure.model_dump(exclude_none=True) for figure in figures_of(run_dir)]
    kept = [bench.model_dump(mode="json", exclude_none=True, exclude={"figures"}) for bench in benches(run_dir)]
    status = RunFolder(run_dir).status()
    seen = data_seen(run_dir)
    told: dict[str, object] = {"data": seen, "other_data": seen is not None and today is not None and seen != today}
    return {"run": run_dir.name, "parent": parent, "status": status, "figures": figures, "benches": kept, **told}
