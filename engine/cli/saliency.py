"""Ratios by saliency: `espalier sensitivity --saliency`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from engine.cli.language import said, say
from engine.cli.output import emit_json, print_table
from engine.cli.phone_choice import latency_target
from engine.cli.projects import report
from engine.contract.project import ProjectFolder
from engine.contract.recipe import write_recipe
from engine.contract.run.job import SaliencyJob
from engine.contract.sensitivity import ChannelSaliency, digest_of
from engine.contract.text.messages import UserError
from engine.contract.text.numbers import small_share

if TYPE_CHECKING:
    from engine.recipe.offer import Offer

PICTURES: int = SaliencyJob.model_fields["pictures"].default
SHOWN = (0.25, 0.5, 0.75, 0.875)
"""Ratios at which the table tells how much of all saliency goes with a group's least salient channels."""


def by_saliency(args: argparse.Namespace, folder: ProjectFolder, target: Path) -> int:
    """Find saliency, unless it is known; print the table and the proposal."""
    found = (_known if args.known else _found)(args, folder, target)
    unknown = [name for name in args.groups if name not in found.groups]
    if unknown:
        raise UserError("sensitivity.unknown_group", group=unknown[0], example=next(iter(found.groups)))
    wanted = any(value is not None for value in (args.macs, args.size, args.ms))
    offered = _offered(args, target, found) if wanted else None
    if offered is not None and args.out is not None:
        write_recipe(args.out, offered.step)
    if args.json:
        _emit(args, target, found, offered)
    else:
        _print(args, found, offered)
    return 0


def _found(args: argparse.Namespace, folder: ProjectFolder, target: Path) -> ChannelSaliency:
    from engine.cli.follow import launch_and_follow

    job = SaliencyJob(run=str(target), index=str(folder.index), pictures=args.pictures or PICTURES)
    task = folder.new_task(job.kind)
    launch_and_follow(job, task, json=args.json)
    file = Path(json.loads((task / "result.json").read_text(encoding="utf-8"))["file"])
    return ChannelSaliency.model_validate_json(file.read_bytes())


def _known(args: argparse.Namespace, folder: ProjectFolder, target: Path) -> ChannelSaliency:
    """What was found before, without a worker or Paddle; raises UserError where nothing was."""
    from engine.contract.dataset import Index
    from engine.contract.run.folder import checkpoint_of

    with Index.open(folder.index) as index:
        pictures = min(args.pictures or PICTURES, index.picture_count("train"))
    found = ChannelSaliency.read(ChannelSaliency.file(target, pictures, digest_of(checkpoint_of(target))))
    if found is None:
        raise UserError("saliency.nothing_known", run=target.name, pictures=pictures)
    return found


def _offered(args: argparse.Namespace, target: Path, found: ChannelSaliency) -> Offer:
    from engine.graph.proposal import Budget
    from engine.recipe.saliency_offer import ALIGN, offer_by_saliency

    budget, align = Budget(macs=args.macs, size=args.size), args.align or ALIGN
    return offer_by_saliency(
        target, found, budget, args.criterion, latency_target(args), align=align, groups=args.groups
    )


def _emit(args: argparse.Namespace, target: Path, found: ChannelSaliency, offered: Offer | None) -> None:
    figures = [figure.model_dump(exclude_none=True) for figure in (offered.figures if offered else ())]
    groups = {
        name: {
            "channels": len(found.groups[name]),
            "share": found.share(name),
            "goes": {str(ratio): found.share(name, ratio) for ratio in SHOWN},
        }
        for name in _shown(args, found)
    }
    more = {"params": offered.step.params, "left": offered.left, "unmeasured": offered.unmeasured} if offered else {}
    more |= {"notes": [note.model_dump() for note in offered.notes]} if offered else {}
    proposal = offered.ratios if offered else None
    pictures = found.pictures
    emit_json(
        {"figures": figures, "run": target.name, "pictures": pictures, "groups": groups, "proposal": proposal, **more}
    )


def _print(args: argparse.Namespace, found: ChannelSaliency, offered: Offer | None) -> None:
    rows = []
    for name in _shown(args, found):
        channels = len(found.groups[name])
        ratio = offered.ratios.get(name, 0.0) if offered else None
        left = None if ratio is None else channels - round(channels * ratio)
        goes = [small_share(found.share(name, shown)) for shown in SHOWN]
        rows.append(
            (name, channels, small_share(found.share(name)), *goes, None if ratio is None else f"{ratio:.3f}", left)
        )
    cuts = [f"-{100 * ratio:g} %" for ratio in SHOWN]
    print_table(rows, ("channel group", "channels", "of all saliency", *cuts, "proposed", "left"))
    print("\n" + say("saliency.table", pictures=found.pictures))
    if offered is not None:
        print()
        report(offered.figures, False, **({"recipe": str(args.out)} if args.out else {}))
        print("\n" + " ".join(map(said, offered.messages())))


def _shown(args: argparse.Namespace, found: ChannelSaliency) -> list[str]:
    return [name for name in found.groups if name in args.groups or not args.groups]
