"""The verb that does a run's job in the foreground; everything else starts it detached."""

from __future__ import annotations

import argparse
from pathlib import Path

from engine.cli.output import emit_json

NAME = "run"
HELP = "do the job of a run folder (for the studio; other verbs start it by themselves)"


def add_parser(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("run_dir", metavar="RUN_DIR", type=Path, help="folder with a job.json")


def run(args: argparse.Namespace) -> int:
    """Work as the keeper of a worker; the exit status is the worker's."""
    from engine.contract.run.folder import RunFolder
    from engine.run import worker
    from engine.run.keeper import keep

    status = keep(args.run_dir, lambda lock: worker.run(args.run_dir, lock=lock))
    if args.json:
        emit_json({"status": RunFolder(args.run_dir).status(), "exit": status})
    return status
