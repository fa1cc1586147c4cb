"""The verb that finds what each channel group can spare, and proposes ratios for a target."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.cli.output import emit_json, print_table
from engine.cli.projects import open_project, report, trained_run
from engine.contract.job import SensitivityJob
from engine.contract.messages import UserError
from engine.contract.project import ProjectFolder, write_atomically
from engine.contract.sensitivity import GroupLosses, SensitivityFolder, digest_of

if TYPE_CHECKING:
    from engine.contract.figures import Figure
    from engine.graph.graph import Graph
    from engine.graph.proposing import ShareOf

NAME = "sensitivity"
HELP = "what each channel group loses when it is cut, and ratios for a target; what int8 does to each convolution"
RATIOS = SensitivityJob.model_fields["ratios"].default


def add_parser(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("dir", metavar="DIR", type=Path, help="folder of the project")
    parser.add_argument("run", metavar="RUN", help="name or number of the trained run to cut")
    parser.add_argument("--criterion", choices=("obs", "fpgm", "l1"), default="obs", help="obs if not given")
    cut, part = _above_0_up_to(0.9), _above_0_up_to(1)
    parser.add_argument("--ratios", type=cut, nargs="+", default=list(RATIOS), help="shares to cut; 0.25 to 0.875")
    parser.add_argument("--groups", nargs="+", default=[], metavar="GROUP", help="only these; all if not given")
    parser.add_argument("--split", choices=("train", "val"), default="val", help="pictures measured on; val")
    some = _count("a number of pictures")
    parser.add_argument("--pictures", type=some, default=0, help="only so many; all, or 16 of train for --int8")
    some = _count("a number of processes")
    parser.add_argument("--workers", type=some, default=0, help="processes side by side; one for each core")
    known = "measure nothing: propose from what was measured of these pictures before"
    parser.add_argument("--known", action="store_true", help=known)
    parser.add_argument("--macs", type=part, help="propose ratios: share of the MACs that may remain, such as 0.4")
    parser.add_argument("--size", type=part, help="the same for the int8 file against the fp32 one, such as 0.2")
    parser.add_argument("--points", type=float, help="the same, by how many points of mAP may be lost before recovery")
    parser.add_argument("-o", "--out", type=Path, help="write the proposal as a recipe, for `compress` or the studio")
    parser.add_argument("--int8", action="store_true", help="instead: what int8 in one convolution alone does")
    parser.add_argument("--above", type=_above_0_up_to(1), help="with --int8: keep in float what is worse, as 0.02")
    steps = ("quant_aware", "quant_post")
    parser.add_argument("--step", choices=steps, default=steps[0], help="with --int8: the recipe's step; quant_aware")


def _count(what: str) -> Callable[[str], int]:
    def read(text: str) -> int:
        with contextlib.suppress(ValueError):
            if int(text) > 0:
                return int(text)
        raise argparse.ArgumentTypeError(f"{text} is not {what} from 1 on")

    return read


def _above_0_up_to(most: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        with contextlib.suppress(ValueError):
            if 0 < float(text) <= most:
                return float(text)
        raise argparse.ArgumentTypeError(f"{text} is no share above 0 and at most {most:g}")

    return read


def run(args: argparse.Namespace) -> int:
    """Measure what is not known yet, in workers side by side; print the table and the proposal."""
    folder = open_project(args.dir)
    target = trained_run(folder, args.run)
    if args.int8:
        from engine.cli.int8_layers import rank

        return rank(args, folder, target)
    found = (_known if args.known else _measured)(args, folder, target)
    wanted = any(value is not None for value in (args.macs, args.size, args.points))
    offer = _propose(args, target, found) if wanted else None
    proposal, figures = (offer.ratios, offer.figures) if offer else (None, [])
    document = {name: losses.model_dump() for name, losses in found.items()}
    if args.json:
        told = [figure.model_dump(exclude_none=True) for figure in figures]
        more = {"params": offer.params, "left": offer.left, "unmeasured": offer.unmeasured} if offer else {}
        emit_json({"figures": told, "run": target.name, "groups": document, "proposal": proposal, **more})
        return 0
    ratios = sorted({ratio for losses in found.values() for ratio in losses.losses})
    rows = [
        (name, losses.channels, *(_points(losses.losses.get(ratio)) for ratio in ratios), _share(proposal, name))
        for name, losses in found.items()
    ]
    print_table(rows, ("channel group", "channels", *(f"-{100 * ratio:g} %" for ratio in ratios), "proposed"))
    if proposal is not None:
        print()
        report(figures, False, **({"recipe": str(args.out)} if args.out else {}))
    return 0


def _measured(args: argparse.Namespace, folder: ProjectFolder, target: Path) -> dict[str, GroupLosses]:
    from engine.cli.follow import Workers

    parts = args.workers or len(os.sched_getaffinity(0))
    with Workers(json=args.json) as workers:
        tasks = [
            workers.begin(
                SensitivityJob(
                    run=str(target),
                    index=str(folder.index),
                    criterion=args.criterion,
                    ratios=tuple(args.ratios),
                    split=args.split,
                    pictures=args.pictures,
                    groups=tuple(args.groups),
                    part=part,
                    parts=parts,
                    threads=1 if parts > 1 else 0,
                ),
                folder.new_task("sensitivity"),
            )
            for part in range(parts)
        ]
        for task in tasks:
            workers.wait(task)
    result = json.loads((tasks[0] / "result.json").read_text(encoding="utf-8"))
    kept = SensitivityFolder(Path(result["folder"])).read()
    return {name: kept[name] for name in result["groups"] if name in kept and (name in args.groups or not args.groups)}


def _known(args: argparse.Namespace, folder: ProjectFolder, target: Path) -> dict[str, GroupLosses]:
    """What was measured before, without a worker or Paddle; raises UserError where nothing was."""
    from engine.assembly import checkpoint_of
    from engine.contract.dataset import Index

    with Index.open(folder.index) as index:
        count = index.picture_count(args.split)
    shown = min(args.pictures or count, count)
    kept = SensitivityFolder.of(target, args.criterion, args.split, shown, digest_of(checkpoint_of(target))).read()
    found = {name: losses for name, losses in kept.items() if name in args.groups or not args.groups}
    if not found:
        raise UserError("sensitivity.nothing_known", run=target.name, pictures=shown, split=args.split)
    return found


@dataclass(frozen=True)
class _Offer:
    """Ratios by group, the step that applies them, and what is left: shares of the whole, and points that go.

    `unmeasured` counts the groups that stay whole because nothing is known of them.
    """

    ratios: dict[str, float]
    params: dict[str, Any]
    left: dict[str, float]
    unmeasured: int
    figures: list[Figure]


def _propose(args: argparse.Namespace, target: Path, found: Mapping[str, GroupLosses]) -> _Offer:
    """What keeps within the target that was named; written as a recipe if wished."""
    from engine.contract.recipe import Step
    from engine.graph.count import conv_macs
    from engine.graph.groups import channel_groups
    from engine.graph.proposing import Budget, loss_at, propose
    from engine.preview import preview
    from engine.registry import make

    graph, share_of = _graph_of(target)
    budget = Budget(macs=args.macs, size=args.size, points=args.points)
    try:
        ratios = propose(graph, {name: losses.losses for name, losses in found.items()}, budget, share_of)
    except ValueError:
        raise UserError("sensitivity.out_of_reach", macs=args.macs or 1, size=args.size or 1) from None
    # Without a preset, which would come before the ratio of the groups that stay whole.
    params: dict[str, Any] = {"criterion": args.criterion, "preset": "none", "ratio": 0, "ratios": ratios}
    step = Step(technique="filter_prune", params=params)
    if args.out is not None:
        recipe = {"name": args.out.stem, "steps": [step.model_dump()]}
        write_atomically(args.out, json.dumps(recipe, indent=2))
    pruning = make(step)
    cut = pruning.estimate(graph)
    left = {"macs": conv_macs(cut) / conv_macs(graph), "size": share_of(cut)}
    left["points"] = sum(loss_at(found[name].losses, ratio) for name, ratio in ratios.items())
    known = channel_groups(graph).groups.items()
    unmeasured = sum(group.prunable and group.channels > 1 and name not in found for name, group in known)
    return _Offer(ratios, params, left, unmeasured, preview(graph, [pruning]))


def _graph_of(target: Path) -> tuple[Graph, ShareOf]:
    """The graph of a run's network, and how large an int8 file of a part of it is against the whole fp32 one."""
    from engine.assembly import checkpoint_of
    from engine.contract.recipe import Step
    from engine.detector.header import read_info
    from engine.graph.size import nb_size
    from engine.preview import graph_of
    from engine.registry import make

    info = read_info(checkpoint_of(target))
    techniques = [make(step) for step in info.steps]
    whole = graph_of(info.choice, techniques)
    for technique in techniques:
        whole = technique.estimate(whole)
    quantising = make(Step(technique="quant_aware"))
    fp32 = nb_size(whole).value

    def share_of(graph: Graph) -> float:
        return nb_size(graph, quantising.int8_layers(graph)).value / fp32

    return whole, share_of


def _points(loss: float | None) -> str | None:
    return None if loss is None else f"{loss:.1f}"


def _share(proposal: Mapping[str, float] | None, name: str) -> str | None:
    return None if proposal is None else f"{proposal.get(name, 0.0):.3f}"
