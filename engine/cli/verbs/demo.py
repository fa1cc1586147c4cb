"""The verb that does the whole main job on the built-in sample, by itself."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from engine.cli.output import emit_json, print_table
from engine.contract.text.display import require_display
from engine.contract.text.messages import UserError
from engine.contract.text.resources import ROOT

NAME = "demo"
HELP = "the whole session on the built-in sample"


def add_parser(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("dir", metavar="DIR", nargs="?", type=Path, help="folder of the demo project, else demo")


def run(args: argparse.Namespace) -> int:
    """Sample, base, prune + distil + int8 beside the base trained on, evaluation, export, pictures, one table."""
    from engine.cli.session import HEADERS, Demonstration, free_folder, table

    folder = args.dir or free_folder(Path("demo"))
    demonstration = Demonstration(folder, quiet=args.json)
    outcome = demonstration.run()
    if args.json:
        emit_json(outcome.document())
        return 0
    print()
    print_table(table(outcome), HEADERS)
    print()
    for line in outcome.verdict():
        print(line)
    print(f"Project: {folder}   pictures: {outcome.pictures}")
    _show(folder.resolve())
    return 0


def _show(folder: Path) -> None:
    """Open the studio on the project; without a screen draw its pages."""
    try:
        require_display()
    except UserError:
        out = folder / "screenshots"
        print(f"There is no screen to open the studio on; its pages are drawn into {out}", flush=True)
        words = ["studio.screenshots", str(folder), str(out), "--small"]
    else:
        print("Opening the studio on the project; close its window to come back here.", flush=True)
        words = ["studio", str(folder)]
    # A process of its own: no process has both Qt and Paddle.
    subprocess.run([sys.executable, "-m", *words], cwd=ROOT, check=False)
