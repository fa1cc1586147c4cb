"""Verbs that work on a project or on a bare detector: the arguments that say which."""

from __future__ import annotations

import argparse
from pathlib import Path

from engine.contract.project import DetectorChoice
from engine.contract.text.messages import UserError


def add_detector_arguments(parser: argparse.ArgumentParser) -> None:
    """`--detector KEY --size PX --classes N`, for use without a project."""
    parser.add_argument("--detector", help="key of a base detector, to work without a project")
    parser.add_argument("--size", type=int, help="input size in pixels; the detector's default if not given")
    parser.add_argument("--classes", type=int, help="number of classes; 80 if not given")


def bare_choice(args: argparse.Namespace) -> DetectorChoice:
    """The detector that the arguments name, with numbered classes."""
    from engine.detector.base.spec import check_size, find_spec

    spec = find_spec(args.detector)
    size = args.size or spec.sizes.default
    check_size(spec, size)
    count = 80 if args.classes is None else args.classes
    if count < 1:
        raise UserError("detector.classes", count=count)
    return DetectorChoice(key=spec.key, size=size, classes=tuple(f"class {n}" for n in range(1, count + 1)))


def project_or_bare(directory: Path | None, args: argparse.Namespace) -> DetectorChoice:
    """The project's detector if a folder is given, else the one that the arguments name."""
    from engine.cli.projects import open_project

    if directory is not None and args.detector is None:
        return open_project(directory).load().detector
    if directory is None and args.detector is not None:
        return bare_choice(args)
    raise UserError("cli.project_or_detector")
