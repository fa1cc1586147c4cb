"""The verb that lists the labels corrected in a project, and writes all of the project's labels as COCO json."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import get_args

from engine.cli.language import say
from engine.cli.output import emit_json, print_table
from engine.cli.projects import open_project
from engine.contract.dataset import Index
from engine.contract.labels import Corrections
from engine.contract.run.job import Split
from engine.contract.system.files import write_atomically
from engine.contract.text.messages import JobFailed, UserError

NAME = "labels"
HELP = "the labels corrected in a project; or all of its labels as COCO json"


def add_parser(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("dir", metavar="DIR", type=Path, help="folder of the project")
    parser.add_argument("--coco", metavar="OUT.json", type=Path, help="write the labels that the project uses")
    parser.add_argument("--split", choices=get_args(Split), help="only pictures of this split; all if not given")


def run(args: argparse.Namespace) -> int:
    """List, or write."""
    from engine.data.sync.changes import waiting_labels

    folder = open_project(args.dir)
    with Index.open(folder.index) as index:
        corrections = Corrections.read(folder.labels)
        waiting = waiting_labels(index, corrections)
        if args.coco is not None:
            return _write(args, index, waiting)
        held = {picture.digest: picture for picture in index.of_digests(list(corrections.pictures))}
    rows = [
        (each.path, held[digest].split if digest in held else None, len(each.boxes))
        for digest, each in sorted(corrections.pictures.items(), key=lambda item: item[1].path)
        if args.split is None or (digest in held and held[digest].split == args.split)
    ]
    if args.json:
        listed = [dict(zip(("path", "split", "boxes"), row, strict=True)) for row in rows]
        emit_json({"figures": [], "pictures": listed, "waiting": waiting})
        return 0
    if rows:
        print_table(rows, ("picture", "split", "boxes"))
    else:
        print(say("labels.none"))
    _say_waiting(waiting, args.dir)
    return 0


def _write(args: argparse.Namespace, index: Index, waiting: int) -> int:
    from engine.data.writers.coco import coco_of

    source, out = index.source(), args.coco.resolve()
    if out.is_relative_to(source):  # it would lie among the labels that it was made of, and be read with them
        raise UserError("labels.in_source", path=str(out), source=str(source))
    document = coco_of(index, args.split)
    try:
        args.coco.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(args.coco, json.dumps(document, ensure_ascii=False))
    except OSError as refused:
        raise JobFailed("cli.system", path=str(args.coco), reason=refused.strerror or str(refused)) from refused
    counts = {"pictures": len(document["images"]), "boxes": len(document["annotations"])}
    if args.json:
        emit_json({"figures": [], "path": str(args.coco), **counts, "waiting": waiting})
        return 0
    print(say("labels.written", path=str(args.coco), source=str(index.source()), **counts))
    _say_waiting(waiting, args.dir)
    return 0


def _say_waiting(waiting: int, project: Path) -> None:
    if waiting:
        print(say("sync.labels_waiting", count=waiting, dir=str(project)))
