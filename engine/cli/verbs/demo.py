"""The verb that does the whole main job on the built-in sample, by itself."""

from __future__ import annotations

import argparse
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from engine.cli.language import said
from engine.cli.output import emit_json, print_table
from engine.cli.projects import show_figure
from engine.contract.figures import comparable, pick
from engine.contract.text.display import require_display
from engine.contract.text.messages import UserError
from engine.contract.text.resources import ROOT

if TYPE_CHECKING:
    from engine.demo.session import Outcome

NAME = "demo"
HELP = "the whole session on the built-in sample"
HEADERS = ("model", "mAP val", "mAP test", "FLOPs (G MACs)", "parameters", ".nb fp32", ".nb int8", "host ms network")


def add_parser(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("dir", metavar="DIR", nargs="?", type=Path, help="folder of the demo project, else demo")


def run(args: argparse.Namespace) -> int:
    """Sample, base, prune + distil + int8 beside the base trained on, evaluation, export, pictures, one table."""
    from engine.cli.follow import follow
    from engine.demo.session import Demonstration, free_folder

    folder = args.dir or free_folder(Path("demo"))
    if not args.json:
        print("Drawing the sample's pictures", flush=True)
    outcome = Demonstration(folder, partial(follow, json=args.json)).run()
    if args.json:
        emit_json(outcome.document())
        return 0
    print()
    print_table(_table(outcome), HEADERS)
    print()
    for line in _verdict(outcome):
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


def _table(outcome: Outcome) -> list[tuple[str | None, ...]]:
    """The rows under HEADERS."""
    rows = []
    for line in outcome.lines:
        of = line.figures
        cells = (
            pick(of, "map", split="val"),
            pick(of, "map", split="test"),
            pick(of, "conv_macs"),
            pick(of, "params"),
            pick(of, "nb_bytes", precision="fp32"),
            pick(of, "nb_bytes", precision="int8"),
            pick(of, "host_ms_network"),
        )
        rows.append((line.label, *(show_figure(cell) for cell in cells)))
    return rows


def _verdict(outcome: Outcome) -> list[str]:
    """The comparisons that count, in words."""
    base, control, pruned, small = 0, 1, 2, 4
    share = _share(outcome.value(small, "conv_macs"), outcome.value(base, "conv_macs"))
    size = _share(outcome.value(small, "nb_bytes", precision="int8"), outcome.value(base, "nb_bytes", precision="fp32"))
    after = _difference(outcome, small, control, "test")
    before = _difference(outcome, pruned, base, "val")
    return [
        f"MACs: {share} of the base's.   int8 .nb: {size} of the base's fp32 one.",
        f"mAP test against the base trained on for the same steps: {after}",
        f"mAP val right after pruning, before recovery: {before}",
        f"The session took {outcome.seconds / 60:.1f} minutes.",
    ]


def _share(part: float | None, whole: float | None) -> str:
    return "unknown" if part is None or not whole else f"{100 * part / whole:.1f} %"


def _difference(outcome: Outcome, ours: int, theirs: int, split: str) -> str:
    """How much more mAP one line has than another, or why that cannot be told."""
    found, other = (pick(outcome.lines[number].figures, "map", split=split) for number in (ours, theirs))
    if found is None or other is None:
        return "unknown."
    reason = comparable(other, found)
    return f"{found.value - other.value:+.1f} points." if reason is None else said(reason)
