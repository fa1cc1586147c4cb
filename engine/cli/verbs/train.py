"""The verb that trains the base detector: one run."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from engine.cli.arguments import DEVICE_HELP, add_ranks, check_device, count, device, given_settings
from engine.cli.projects import open_project, report
from engine.contract.project import ProjectFolder
from engine.contract.recipe import BASE_STEPS
from engine.contract.run.batches import check_share, pictures_of_step
from engine.contract.run.job import TrainJob
from engine.contract.run.settings import TrainSettings, read_settings
from engine.contract.text.address import check_address, check_sha256, is_address
from engine.contract.text.messages import UserError

NAME = "train"
HELP = "train the base detector of a project"
DOWNLOADS = """
A download is kept in espalier/weights below XDG_CACHE_HOME and is not fetched twice; one that broke off goes on where
it stopped when the run is resumed or the command is given again. HTTPS_PROXY, HTTP_PROXY and NO_PROXY name proxies,
REQUESTS_CA_BUNDLE certificates, ~/.netrc passwords. ESPALIER_MIRROR="OLD=NEW ..." takes what is at addresses that begin
with OLD from NEW, such as https://files.example.com=https://mirror.example.org/files. An address may end in its
checksum, as in https://example.com/w.pdparams#sha256=HEX. Nothing in a file is executed.
"""


def add_parser(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("dir", metavar="DIR", type=Path, help="folder of the project")
    parser.add_argument("--epochs", type=int, help="passes over the training pictures")
    parser.add_argument(
        "--from",
        dest="start",
        metavar="RUN|WEIGHTS|ADDRESS",
        help="start from a run, a .pdparams or .safetensors file, or the https:// address of one, which is downloaded",
    )
    parser.add_argument("--sha256", metavar="HEX", help="refuse a weights file with another SHA-256 checksum")
    parser.epilog = DOWNLOADS
    parser.add_argument(
        "--set", dest="settings", metavar="KEY=VALUE", action="append", default=[], help=f"one of: {known_settings()}"
    )
    parser.add_argument("--device", metavar="DEVICE", type=device, help=DEVICE_HELP)
    add_ranks(parser)
    parser.add_argument("--name", default="train", help="words in the run folder's name")
    some = count("a number of pictures", least=0)
    parser.add_argument("--limit", type=some, default=0, help="use only so many pictures of each split")


def known_settings() -> str:
    """The keys of --set, with what they mean."""
    fields = TrainSettings.model_json_schema()["properties"].items()
    return "; ".join(f"{key} ({schema['description'].lower()})" for key, schema in fields)


def run(args: argparse.Namespace) -> int:
    """Make the run, start it detached, follow it."""
    from engine.cli.follow import launch_and_follow

    folder = open_project(args.dir)
    epochs = {} if args.epochs is None else {"epochs": args.epochs}
    settings = read_settings(args.settings, epochs | given_settings(args))
    check_device(settings.device)
    start = starting_point(folder, args.start) if args.start else None
    job = TrainJob(
        choice=folder.load().detector,
        index=str(folder.index),
        start=start,
        start_sha256=_checksum(args.sha256, start),
        steps=BASE_STEPS,
        settings=settings,
        limit=args.limit,
    )
    check_share(pictures_of_step(job), settings.ranks, settings.nodes)
    run_dir = folder.new_run(args.name)
    state = launch_and_follow(job, run_dir, json=args.json)
    report(state.figures.get("final", ()), args.json, run=run_dir.name)
    return 0


def starting_point(folder: ProjectFolder, start: str) -> str:
    """The run or the weights file to start from, as an absolute path; an address stays as it is."""
    if is_address(start):
        check_address(start)
        return start
    if os.sep in start or Path(start).suffix:
        if not Path(start).is_file():
            raise UserError("weights.missing", path=start)
        return str(Path(start).resolve())
    from engine.cli.projects import trained_run

    return str(trained_run(folder, start))


def _checksum(digest: str | None, start: str | None) -> str | None:
    if digest is None:
        return None
    if start is None or not (is_address(start) or Path(start).is_file()):
        raise UserError("download.sha256_alone")
    return check_sha256(digest)
