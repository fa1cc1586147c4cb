"""The verb that goes on with a run, a recipe or a fit that was cancelled, failed or lost its worker."""

from __future__ import annotations

import argparse
from pathlib import Path

from engine.cli.arguments import DEVICE_HELP, check_device, device
from engine.cli.fronts import report_fit
from engine.cli.projects import open_project, report, report_recipe
from engine.contract.run.lineage import fit_job, maker_job, resumable
from engine.run.moving import move

NAME = "resume"
HELP = "go on with a run, a recipe or a fit that was cancelled or lost"


def add_parser(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("dir", metavar="DIR", type=Path, help="folder of the project")
    whole = "name or number of the run; with one of an unfinished recipe or fit that goes on, as with its name"
    parser.add_argument("run", metavar="RUN", help=f"{whole} (see show)")
    parser.add_argument("--device", type=device, help=f"{DEVICE_HELP}; as before if not given. Elsewhere is not exact")


def run(args: argparse.Namespace) -> int:
    """Start it again where it was, and follow it."""
    from engine.cli.follow import start_and_follow

    folder = open_project(args.dir)
    task = folder.tasks / Path(args.run).name
    target = task if maker_job(task) is not None else resumable(folder.run(args.run))
    if args.device is not None:
        check_device(args.device)
        move(target, args.device)
    state = start_and_follow(target, json=args.json)
    if fit_job(target) is not None:
        return report_fit(target, args.json)
    if maker_job(target) is not None:
        report_recipe(target, args.json)
    else:
        report(state.figures.get("final", ()), args.json, run=target.name)
    return 0
