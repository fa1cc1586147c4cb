"""The verb that measures what runs cost on this machine, side by side."""

from __future__ import annotations

import argparse
from pathlib import Path

from engine.cli.projects import open_project, report, trained_run
from engine.contract.run.job import HostJob

NAME = "host-bench"
HELP = "latency of runs on this machine, side by side in Paddle Lite"


def add_parser(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("dir", metavar="DIR", type=Path, help="folder of the project")
    parser.add_argument("runs", metavar="RUN", nargs="+", help="names or numbers of the runs")


def run(args: argparse.Namespace) -> int:
    """Measure in a worker and print the figures."""
    from engine.cli.follow import launch_and_follow

    folder = open_project(args.dir)
    runs = tuple(str(trained_run(folder, name)) for name in args.runs)
    state = launch_and_follow(HostJob(runs=runs, index=str(folder.index)), folder.new_task("host"), json=args.json)
    report(state.figures.get("final", ()), args.json)
    return 0
