"""The verb that applies recipes to a trained run: one run per job of the plan of each."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from engine.cli.arguments import DEVICE_HELP, add_ranks, check_device, count, device, epochs, given_settings
from engine.cli.fleets import add_fleet_argument, threads_of_each
from engine.cli.language import say
from engine.cli.projects import open_project, report_recipe, report_recipes, trained_run
from engine.contract.project import ProjectFolder
from engine.contract.recipe import Recipe, find_recipe
from engine.contract.run.job import RecipeJob
from engine.contract.run.lineage import default_start, settings_of
from engine.contract.run.settings import read_settings

NAME = "compress"
HELP = "apply a recipe, or several, to a trained run: prune, distil, quantise"


def add_parser(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("dir", metavar="DIR", type=Path, help="folder of the project")
    each = "a built-in recipe's key or a recipe file; several are done one after the other, or by a fleet"
    parser.add_argument("recipes", metavar="RECIPE", nargs="+", help=each)
    default = "run to start from, else the last that was made from no other"
    parser.add_argument("--from", dest="start", metavar="RUN", help=default)
    parser.add_argument("--teacher", metavar="RUN", help="run that teaches; the starting run if not given")
    parser.add_argument("--epochs", type=epochs, help="epochs of every training, instead of the recipe's own")
    parser.add_argument("--set", dest="settings", metavar="KEY=VALUE", action="append", default=[], help="as in train")
    parser.add_argument("--device", metavar="DEVICE", type=device, help=f"{DEVICE_HELP}; as the start's if not given")
    add_ranks(parser)
    some = count("a number of pictures", least=0)
    parser.add_argument("--limit", type=some, default=0, help="use only so many pictures of each split")
    add_fleet_argument(parser, "have the recipes done at once")


def run(args: argparse.Namespace) -> int:
    """Apply each recipe in a worker, which has a worker for each of its runs."""
    folder = open_project(args.dir)
    recipes = [find_recipe(name) for name in args.recipes]
    start = trained_run(folder, args.start) if args.start else _default(folder)
    jobs = _jobs(args, folder, recipes, start)
    tasks = (_one_by_one if args.fleet is None else _by_fleet)(args, folder, jobs)
    if len(tasks) == 1:
        report_recipe(tasks[0], args.json)
    else:
        report_recipes(tasks, args.json)
    return 0


def _jobs(args: argparse.Namespace, folder: ProjectFolder, recipes: Sequence[Recipe], start: Path) -> list[RecipeJob]:
    """In a fleet with the cores shared, unless a person said how many threads."""
    settings = read_settings(args.settings, settings_of(start).model_dump() | given_settings(args))
    check_device(settings.device)
    fixed = tuple(pair.partition("=")[0] for pair in args.settings)
    if args.fleet is not None and "threads" not in fixed:
        settings = settings.model_copy(update={"threads": threads_of_each(len(recipes) * settings.ranks)})
        fixed = (*fixed, "threads")
    return [
        RecipeJob(
            project=str(folder.root),
            recipe=recipe,
            start=str(start),
            teacher=str(trained_run(folder, args.teacher)) if args.teacher else None,
            epochs=args.epochs,
            settings=settings,
            fixed=fixed,
            limit=args.limit,
        )
        for recipe in recipes
    ]


def _one_by_one(args: argparse.Namespace, folder: ProjectFolder, jobs: Sequence[RecipeJob]) -> list[Path]:
    from engine.cli.follow import launch_and_follow

    tasks = []
    for job in jobs:
        tasks.append(folder.new_task(job.kind))
        launch_and_follow(job, tasks[-1], json=args.json)
    return tasks


def _by_fleet(args: argparse.Namespace, folder: ProjectFolder, jobs: Sequence[RecipeJob]) -> list[Path]:
    from engine.cli.fleets import done_by, told_apart
    from engine.run.workers import write_job

    tasks = [folder.new_task(job.kind) for job in jobs]
    for job, task in zip(jobs, tasks, strict=True):
        write_job(job, task)
    names = told_apart([job.recipe.name for job in jobs], args.recipes)
    done_by(args.fleet, folder, dict(zip(tasks, names, strict=True)), json=args.json, all_or_none=False)
    return tasks


def _default(folder: ProjectFolder) -> Path:
    start = default_start(folder)
    print(say("compress.start", run=start.name), file=sys.stderr)
    return start
