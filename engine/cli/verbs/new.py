"""The verb that makes a project: checks and imports the data, writes project.json last."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import get_args

from engine.cli.arguments import add_exif
from engine.cli.language import language, say
from engine.cli.output import emit_json
from engine.cli.scratch import scratch_run
from engine.contract.project import ProjectFolder
from engine.contract.report import Report
from engine.contract.run.job import SAMPLE, DataFormat, ProjectJob
from engine.contract.system.files import read_json

NAME = "new"
HELP = "make a project from a data set and a base detector"


def add_parser(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("dir", metavar="DIR", type=Path, help="folder of the new project")
    parser.add_argument("--data", required=True, type=Path, help="folder of the data set, or 'sample'")
    parser.add_argument("--format", choices=get_args(DataFormat), help="format of the data; found out if not given")
    parser.add_argument("--split", help="shares of train, val and test, such as 0.8,0.1,0.1")
    parser.add_argument("--classes", help="class names in order, separated by commas; the data's own if not given")
    parser.add_argument("--detector", required=True, help="key of the base detector (see: espalier describe)")
    parser.add_argument("--size", type=int, help="input size in pixels; the detector's default if not given")
    parser.add_argument("--fit-anchors", action="store_true", help="fit YOLO anchors to the boxes of the data")
    add_exif(parser)
    parser.add_argument("--fix", action="store_true", help="mend in the index what can be mended")


def run(args: argparse.Namespace) -> int:
    """Make the project in a worker; nothing is left behind when it cannot be made."""
    from engine.cli.follow import launch_and_follow

    with scratch_run() as scratch:
        # Only a terminal shows the work: elsewhere a refusal is one sentence and nothing before it.
        launch_and_follow(_job(args), scratch.root, json=args.json, quiet=not sys.stderr.isatty())
        result = read_json(scratch.result)
    assert isinstance(result, dict)
    if args.json:
        emit_json({"figures": [], "project": result["project"], "report": result["report"]})
        return 0
    folder = ProjectFolder(Path(result["project"]))
    choice = folder.load().detector
    print("\n".join(Report.model_validate(result["report"]).lines(language())))
    shown = {"path": str(folder.root), "detector": choice.key}
    print(say("cli.project_made", **shown, size=choice.size, classes=len(choice.classes)))
    return 0


def _job(args: argparse.Namespace) -> ProjectJob:
    from engine.data.files import absolute
    from engine.data.splits import parse_split

    return ProjectJob(
        dir=str(absolute(args.dir)),
        source=SAMPLE if str(args.data) == SAMPLE else str(absolute(args.data)),
        data_format=args.format,
        split=parse_split(args.split) if args.split else None,
        classes=tuple(name.strip() for name in args.classes.split(",")) if args.classes else None,
        fix=args.fix,
        exif=args.exif,
        detector=args.detector,
        size=args.size,
        fit_anchors=args.fit_anchors,
    )
