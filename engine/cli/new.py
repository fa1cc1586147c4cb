"""The verb that makes a project: checks and imports the data, writes project.json last."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from engine.cli.output import emit_json
from engine.contract.messages import UserError
from engine.contract.project import DetectorChoice, Project, ProjectFolder

NAME = "new"
HELP = "make a project from a data set and a base detector"


def add_parser(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("dir", metavar="DIR", type=Path, help="folder of the new project")
    parser.add_argument("--data", required=True, type=Path, help="folder of the data set, or 'sample'")
    parser.add_argument("--format", choices=("voc", "coco", "yolo"), help="format of the data; found out if not given")
    parser.add_argument("--split", help="shares of train, val and test, such as 0.8,0.1,0.1")
    parser.add_argument("--classes", help="class names in order, separated by commas; the data's own if not given")
    parser.add_argument("--detector", required=True, help="key of the base detector (see: espalier describe)")
    parser.add_argument("--size", type=int, help="input size in pixels; the detector's default if not given")
    parser.add_argument("--fit-anchors", action="store_true", help="fit YOLO anchors to the boxes of the data")
    parser.add_argument("--fix", action="store_true", help="mend in the index what can be mended")


def run(args: argparse.Namespace) -> int:
    """Make the project; nothing is left behind when it cannot be made."""
    from engine.data.importing import import_dataset
    from engine.data.splits import parse_split
    from engine.detector.spec import check_size, find_spec

    folder = ProjectFolder(args.dir)
    if folder.file.exists():
        raise UserError("project.exists", path=str(folder.root))
    spec = find_spec(args.detector)
    size = args.size or spec.sizes.default
    check_size(spec, size)
    split = parse_split(args.split) if args.split else None
    existed = folder.root.exists()
    try:
        classes = [name.strip() for name in args.classes.split(",")] if args.classes else None
        report = import_dataset(
            _source(args.data), folder.index, format=args.format, split=split, classes=classes, fix=args.fix
        )
        choice = _choice(folder, args.detector, size, args.fit_anchors)
        folder.save(Project(name=folder.root.name, detector=choice))
    except BaseException:
        shutil.rmtree(folder.index.parent, ignore_errors=True)
        if not existed:
            shutil.rmtree(folder.root, ignore_errors=True)
        raise
    if args.json:
        emit_json({"figures": [], "project": str(folder.root), "report": report.model_dump(mode="json")})
    else:
        print("\n".join(report.lines()))
        print(f"Project {folder.root} with {choice.key} at {size} px, {len(choice.classes)} classes.")
    return 0


def _source(data: Path) -> Path:
    if str(data) != "sample":
        return data
    from engine.cli.projects import sample_folder
    from engine.data.sample.write import write_sample

    return write_sample(sample_folder())


def _choice(folder: ProjectFolder, key: str, size: int, fit: bool) -> DetectorChoice:
    from engine.contract.dataset import Index

    with Index.open(folder.index) as index:
        anchors = None
        if fit:
            from engine.detector.anchors import fit_anchors
            from engine.detector.spec import find_spec

            head = find_spec(key).architecture["head"]
            if "anchors" not in head:
                raise UserError("detector.no_anchors", key=key)
            anchors = fit_anchors(index.pictures("train"), size, len(head["anchors"]))
        return DetectorChoice(key=key, size=size, classes=index.classes(), anchors=anchors)
