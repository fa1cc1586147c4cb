"""The verb that measures a run on val or test."""

from __future__ import annotations

import argparse
from pathlib import Path

from engine.cli.arguments import DEVICE_HELP, check_device, count, device
from engine.cli.projects import open_project, report, trained_run
from engine.contract.device.choice import AUTO
from engine.contract.run.job import EvaluateJob

NAME = "evaluate"
HELP = "the COCO figures of a run"


def add_parser(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("dir", metavar="DIR", type=Path, help="folder of the project")
    parser.add_argument("run", metavar="RUN", help="name or number of the run")
    parser.add_argument("--split", choices=("val", "test"), default="val", help="which pictures; val if not given")
    parser.add_argument(
        "--runtime",
        choices=("paddle", "lite"),
        default="paddle",
        help="paddle (if not given), or lite: the exported model in Paddle Lite for x86",
    )
    parser.add_argument("--device", metavar="DEVICE", type=device, default=AUTO, help=DEVICE_HELP)
    some = count("a number of pictures", least=0)
    parser.add_argument("--limit", type=some, default=0, help="use only so many pictures")


def run(args: argparse.Namespace) -> int:
    """Evaluate in a worker and print the figures."""
    from engine.cli.follow import launch_and_follow

    folder = open_project(args.dir)
    target = trained_run(folder, args.run)
    check_device(args.device)
    job = EvaluateJob(
        run=str(target),
        index=str(folder.index),
        split=args.split,
        runtime=args.runtime,
        limit=args.limit,
        device=args.device,
    )
    state = launch_and_follow(job, folder.new_task("evaluate"), json=args.json)
    report(state.figures.get("final", ()), args.json, run=target.name)
    return 0
