"""The verb that writes a Paddle Lite model with its card."""

from __future__ import annotations

import argparse
from pathlib import Path

from engine.cli.choosing import add_detector_arguments, bare_choice
from engine.cli.projects import open_project, report, trained_run
from engine.cli.scratch import scratch_run
from engine.contract.recipe import Step, find_recipe
from engine.contract.run.job import ExportJob
from engine.contract.text.messages import UserError

NAME = "export"
HELP = "a Paddle Lite model with its card"


def add_parser(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("dir", metavar="DIR", nargs="?", type=Path, help="folder of the project")
    parser.add_argument("run", metavar="RUN", nargs="?", help="name or number of the run")
    add_detector_arguments(parser)
    parser.add_argument("--recipe", help="with --detector: a recipe for the untrained detector")
    parser.add_argument("--target", required=True, choices=("arm", "x86", "opencl"), help="what runs the model")
    parser.add_argument("--precision", required=True, choices=("fp32", "fp16", "int8"), help="numbers it computes with")
    unequal = "with --target x86: keep the file even if it finds other boxes than Paddle does"
    parser.add_argument("--keep", action="store_true", help=unequal)
    parser.add_argument("-o", dest="out", required=True, type=Path, help="folder for model.nb and its card")


def run(args: argparse.Namespace) -> int:
    """Export in a worker and print the figures."""
    from engine.cli.follow import launch_and_follow

    common = {"target": args.target, "precision": args.precision, "out": str(args.out.resolve()), "keep": args.keep}
    if args.dir is not None and args.run is not None and args.detector is None:
        folder = open_project(args.dir)
        target = trained_run(folder, args.run)
        job = ExportJob(run=str(target), index=str(folder.index), **common)
        state = launch_and_follow(job, folder.new_task("export"), json=args.json)
    elif args.dir is None and args.detector is not None:
        choice, steps = bare_choice(args), _steps(args)
        job = ExportJob(choice=choice, steps=steps, **common)
        with scratch_run() as scratch:
            state = launch_and_follow(job, scratch.root, json=args.json)
    else:
        raise UserError("cli.project_or_detector")
    report(state.figures.get("final", ()), args.json, path=str(args.out / "model.nb"))
    return 0


def _steps(args: argparse.Namespace) -> tuple[Step, ...]:
    from engine.recipe.plan import ordered, plan

    if not args.recipe:
        return ()
    recipe = find_recipe(args.recipe)
    plan(recipe, bare_choice(args))
    return tuple(step for step, _ in ordered(recipe))
