"""The verb that applies a recipe to a trained run: one run per job of the plan."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from engine.cli.arguments import count, epochs
from engine.cli.language import said
from engine.cli.projects import figures_of, made_by, open_project, parent_of, report, trained_run
from engine.contract.project import DetectorChoice, ProjectFolder
from engine.contract.recipe import Recipe, find_recipe
from engine.contract.run.folder import RunFolder, read_job
from engine.contract.run.job import TrainJob, TrainSettings
from engine.contract.text.messages import Message, UserError

if TYPE_CHECKING:
    from engine.technique.base import Technique

NAME = "compress"
HELP = "apply a recipe to a trained run: prune, distil, quantise"


def add_parser(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("dir", metavar="DIR", type=Path, help="folder of the project")
    parser.add_argument("recipe", metavar="RECIPE", help="a built-in recipe's key or a recipe file")
    default = "run to start from, else the last that was made from no other"
    parser.add_argument("--from", dest="start", metavar="RUN", help=default)
    parser.add_argument("--teacher", metavar="RUN", help="run that teaches; the starting run if not given")
    parser.add_argument("--epochs", type=epochs, help="epochs of every training, instead of the recipe's own")
    parser.add_argument("--set", dest="settings", metavar="KEY=VALUE", action="append", default=[], help="as in train")
    parser.add_argument("--continue", dest="done", metavar="RUN", help="go on after this run of the same recipe")
    some = count("a number of pictures", least=0)
    parser.add_argument("--limit", type=some, default=0, help="use only so many pictures of each split")


def run(args: argparse.Namespace) -> int:
    """Plan, then run one job after the other, each from the one before."""
    folder = open_project(args.dir)
    recipe = find_recipe(args.recipe)
    start = trained_run(folder, args.start) if args.start else default_start(folder)
    teacher = trained_run(folder, args.teacher) if args.teacher else start
    runs = compress(folder, recipe, start, teacher, args)
    report(figures_of(runs[-1]), args.json, runs=[run.name for run in runs], run=runs[-1].name)
    return 0


def compress(
    folder: ProjectFolder, recipe: Recipe, start: Path, teacher: Path, args: argparse.Namespace
) -> list[Path]:
    """Run the recipe's jobs; returns their folders in order."""
    from engine.cli.follow import launch_and_follow
    from engine.cli.verbs.train import read_settings
    from engine.contract.run.folder import checkpoint_of
    from engine.detector.base.header import read_info
    from engine.recipe.plan import check_teacher, plan, with_epochs

    trained, begun = made_by(start)
    choice = _same_data(folder, trained, start)
    jobs = with_epochs(plan(recipe, choice, begun), args.epochs)
    check_steps(recipe, choice, begun)
    check_teacher(jobs, choice, read_info(checkpoint_of(teacher)).choice)
    base = read_settings(args.settings, _settings_of(start).model_dump())
    runs = [trained_run(folder, args.done)] if args.done else []
    for planned in jobs[len(runs) :]:
        rate = base.learning_rate * planned.rate_factor
        given = {"epochs": planned.epochs, "learning_rate": rate, "stop_after": 0}
        settings = read_settings([], base.model_dump() | given)
        job = TrainJob(
            choice=choice,
            index=str(folder.index),
            start=str(runs[-1] if runs else start),
            teacher=str(teacher),
            steps=planned.steps,
            alongside=planned.alongside,
            settings=settings,
            limit=args.limit,
        )
        run_dir = folder.new_run(recipe.name, planned.label)
        launch_and_follow(job, run_dir, json=args.json)
        runs.append(run_dir)
    return runs


def default_start(folder: ProjectFolder) -> Path:
    """The run that a recipe most likely is for: the last with weights that was made from no other, else the last.

    Raises UserError when no run has weights.
    """
    trained = [path for path in sorted(folder.runs.glob("[0-9]*"), reverse=True) if _has_weights(path)]
    if not trained:
        raise UserError("compress.no_base", path=str(folder.root))
    names = {path.name for path in trained}
    start = next((path for path in trained if parent_of(path) not in names), trained[0])
    print(said(Message(code="compress.start", args={"run": start.name})), file=sys.stderr)
    return start


def check_steps(recipe: Recipe, choice: DetectorChoice, begun: Sequence[Technique]) -> None:
    """Raise UserError for a step that names what the network has not, before any step has trained for hours."""
    from engine.recipe.plan import ordered
    from engine.recipe.stack import Stack

    Stack(choice, (*begun, *(technique for _, technique in ordered(recipe)))).figures()


def _has_weights(run: Path) -> bool:
    from engine.contract.run.folder import checkpoint_of

    try:
        return checkpoint_of(run).is_file()
    except UserError:
        return False


def _settings_of(run: Path) -> TrainSettings:
    job = read_job(RunFolder(run))
    return job.settings if isinstance(job, TrainJob) else TrainSettings()


def _same_data(folder: ProjectFolder, choice: DetectorChoice, start: Path) -> DetectorChoice:
    ours = folder.load().detector
    if ours.classes != choice.classes:
        raise UserError("train.other_detector", path=str(start), theirs=choice.key, ours=ours.key)
    return choice
