"""`espalier bench --emulate`: which options it leaves no room for, and what it prints."""

from __future__ import annotations

import argparse
import json

from engine.cli.language import said
from engine.cli.output import emit_json, print_table
from engine.contract.emulation import Emulation
from engine.contract.phones import ParityRow
from engine.contract.project import ProjectFolder
from engine.contract.run.folder import RunFolder
from engine.contract.run.job import EmulateJob
from engine.contract.text.messages import UserError

NEEDLESS = ("phone", "threads", "backend", "processes", "repeats", "warmup", "pause_s", "sustained_min", "base")
"""What concerns a phone or its times."""
_SPELT = {"pause_s": "pause", "sustained_min": "sustained"}


def refuse_needless(args: argparse.Namespace) -> None:
    """Raise UserError for options that would do nothing without a phone."""
    given = [f"--{_SPELT.get(name, name)}" for name in NEEDLESS if getattr(args, name) is not None]
    if given:
        raise UserError("emulation.needless", options=", ".join(given))


def emulate(job: EmulateJob, folder: ProjectFolder, *, as_json: bool) -> int:
    """Compare in a worker and print the rows; 1 if one does not agree."""
    from engine.cli.follow import launch_and_follow

    task = folder.new_task(job.kind)
    launch_and_follow(job, task, json=as_json)
    found = json.loads(RunFolder(task).result.read_text(encoding="utf-8"))["emulation"]
    result = Emulation.model_validate(found)
    if as_json:
        emit_json({"figures": [], "emulation": found})
    else:
        _print(result)
    return 0 if result.agrees else 1


def _print(result: Emulation) -> None:
    print(f"{result.run} on {result.core}, emulated, {result.input}, Paddle Lite {result.runtime or '?'}")
    headers = (
        "precision",
        "box, px of the input: half within, most",
        "score",
        "unmatched",
        "mAP there",
        "mAP here",
        "",
    )
    compared = [row for row in result.rows if row.box_px is not None]
    if compared:
        print_table([_cells(row, result.quantised_here) for row in compared], headers)
    for refusal in result.refused:
        print(f"{refusal.precision}: {said(refusal.problem)}")
    for row in result.rows:
        text = said(row.finding)
        sound = row.agrees and not row.strays
        print(f"! {row.precision}: {text}" if row.box_px is None else text if sound else f"! {text}")
        if row.worst is not None:
            print(f"  {said(row.worst)}")
    print(said(result.note))


def _cells(row: ParityRow, quantised_here: bool) -> tuple[str | None, ...]:
    return (
        row.precision,
        f"{row.box_px:.4g}" if row.median_px is None else f"{row.median_px:.3g}, {row.box_px:.3g}",
        f"{row.score:.2g}",
        f"{row.unmatched} of {row.boxes}",
        f"{row.map_phone:.1f}" if row.map_phone is not None else None,
        f"{row.map_host:.1f}" if row.map_host is not None else None,
        "quantised for this" if quantised_here and row.precision == "int8" else None,
    )
