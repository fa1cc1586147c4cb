"""The verb that goes on with a run that was cancelled, failed or lost its worker."""

from __future__ import annotations

import argparse
from pathlib import Path

from engine.cli.projects import open_project, report

NAME = "resume"
HELP = "go on with a run that was cancelled or lost"


def add_parser(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("dir", metavar="DIR", type=Path, help="folder of the project")
    parser.add_argument("run", metavar="RUN", help="name or number of the run")


def run(args: argparse.Namespace) -> int:
    """Start the run again where its last checkpoint stands, and follow it."""
    from engine.cli.follow import start_and_follow

    run_dir = open_project(args.dir).run(args.run)
    state = start_and_follow(run_dir, json=args.json)
    report(state.figures.get("final", ()), args.json, run=run_dir.name)
    return 0
