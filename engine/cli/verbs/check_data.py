"""The verb that reports what is wrong with a data set, and with --fix what importing it would mend."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import get_args

from engine.cli.arguments import add_exif
from engine.cli.language import language
from engine.cli.output import emit_json
from engine.contract.run.job import DataFormat

NAME = "check-data"
HELP = "report what is wrong with a data set"


def add_parser(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("path", metavar="PATH", type=Path, help="folder of the data set")
    parser.add_argument("--format", choices=get_args(DataFormat), help="format of the data; found out if not given")
    parser.add_argument("--split", help="shares of train, val and test, such as 0.8,0.1,0.1")
    parser.add_argument("--classes", help="class names in order, separated by commas")
    add_exif(parser)
    parser.add_argument("--fix", action="store_true", help="tell what an import with --fix would mend")


def run(args: argparse.Namespace) -> int:
    """Print the report; exit status 1 when it has an error."""
    from engine.data.dataset_import import check_dataset
    from engine.data.splits import parse_split

    split = parse_split(args.split) if args.split else None
    classes = [name.strip() for name in args.classes.split(",")] if args.classes else None
    report = check_dataset(args.path, format=args.format, split=split, classes=classes, fix=args.fix, exif=args.exif)
    if args.json:
        emit_json({"figures": [], **report.model_dump(mode="json")})
    else:
        print("\n".join(report.lines(language())))
    return 1 if report.has_errors else 0
