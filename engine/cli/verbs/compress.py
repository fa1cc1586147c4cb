"""The verb that applies a recipe to a trained run: one run per job of the plan."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from engine.cli.arguments import DEVICE_HELP, add_ranks, check_device, count, device, epochs, given_settings
from engine.cli.language import say
from engine.cli.projects import open_project, report_recipe, trained_run
from engine.contract.project import ProjectFolder
from engine.contract.recipe import find_recipe
from engine.contract.run.job import RecipeJob
from engine.contract.run.lineage import default_start, settings_of
from engine.contract.run.settings import read_settings

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
    parser.add_argument("--device", metavar="DEVICE", type=device, help=f"{DEVICE_HELP}; as the start's if not given")
    add_ranks(parser)
    some = count("a number of pictures", least=0)
    parser.add_argument("--limit", type=some, default=0, help="use only so many pictures of each split")


def run(args: argparse.Namespace) -> int:
    """Apply the recipe in a worker, which has a worker for each of its runs."""
    from engine.cli.follow import launch_and_follow

    folder = open_project(args.dir)
    recipe = find_recipe(args.recipe)
    start = trained_run(folder, args.start) if args.start else _default(folder)
    settings = read_settings(args.settings, settings_of(start).model_dump() | given_settings(args))
    check_device(settings.device)
    job = RecipeJob(
        project=str(folder.root),
        recipe=recipe,
        start=str(start),
        teacher=str(trained_run(folder, args.teacher)) if args.teacher else None,
        epochs=args.epochs,
        settings=settings,
        fixed=tuple(pair.partition("=")[0] for pair in args.settings),
        limit=args.limit,
    )
    task = folder.new_task(job.kind)
    launch_and_follow(job, task, json=args.json)
    report_recipe(task, args.json)
    return 0


def _default(folder: ProjectFolder) -> Path:
    start = default_start(folder)
    print(say("compress.start", run=start.name), file=sys.stderr)
    return start
