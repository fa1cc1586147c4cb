"""The verb that finds objects on pictures, draws them, and prints them."""

from __future__ import annotations

import argparse
from pathlib import Path

from engine.cli.arguments import DEVICE_HELP, check_device, device
from engine.cli.language import say
from engine.cli.output import emit_json, print_table
from engine.cli.projects import open_project, trained_run
from engine.contract.device.choice import AUTO
from engine.contract.run.job import PredictJob
from engine.contract.system.files import read_json
from engine.contract.text.messages import UserError

NAME = "predict"
HELP = "boxes on pictures"


def add_parser(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("dir", metavar="DIR", type=Path, help="folder of the project")
    parser.add_argument("run", metavar="RUN", help="name or number of the run")
    parser.add_argument("pictures", metavar="IMAGE", nargs="+", type=Path, help="picture files")
    parser.add_argument("-o", dest="out", type=Path, default=Path("predictions"), help="folder for the drawn pictures")
    parser.add_argument("--device", metavar="DEVICE", type=device, default=AUTO, help=DEVICE_HELP)
    parser.add_argument("--threshold", type=float, default=0.5, help="lowest score that is shown; 0.5 if not given")


def run(args: argparse.Namespace) -> int:
    """Predict in a worker; the drawn pictures and boxes.json are in the output folder."""
    from engine.cli.follow import launch_and_follow

    folder = open_project(args.dir)
    target = trained_run(folder, args.run)
    check_device(args.device)
    for path in args.pictures:
        if not path.is_file():
            raise UserError("picture.missing", path=str(path), reason="no such file")
    job = PredictJob(
        run=str(target),
        pictures=tuple(str(path.resolve()) for path in args.pictures),
        out=str(args.out.resolve()),
        threshold=args.threshold,
        device=args.device,
    )
    launch_and_follow(job, folder.new_task("predict"), json=args.json)
    document = read_json(args.out / "boxes.json")
    assert isinstance(document, dict)
    if args.json:
        emit_json({"figures": [], **document})
        return 0
    rows = [
        (Path(picture["path"]).name, box["class"], f"{box['score']:.2f}", " ".join(f"{v:.0f}" for v in box["box"]))
        for picture in document["pictures"]
        for box in picture["boxes"]
    ]
    print_table(rows, ("picture", "class", "score", "left top right bottom"))
    print(say("cli.drawn", path=str(args.out)))
    return 0
