"""The verb that finds what each channel group can spare, and proposes ratios for a target."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from engine.cli.arguments import count, milliseconds, points, share
from engine.cli.fleets import add_fleet_argument
from engine.cli.int8_layers import print_ranking
from engine.cli.language import said, say
from engine.cli.output import emit_json, print_table
from engine.cli.phone_choice import add_phone_arguments, latency_target
from engine.cli.projects import open_project, report, trained_run
from engine.cli.saliency import by_saliency
from engine.contract.project import ProjectFolder
from engine.contract.recipe import Step, write_recipe
from engine.contract.run.job import Int8ErrorsJob, SensitivityJob
from engine.contract.sensitivity import GroupLosses, LayerErrors, SensitivityFolder, digest_of
from engine.contract.system.cores import core_count
from engine.contract.text.messages import Argument, UserError
from engine.contract.text.numbers import signed

if TYPE_CHECKING:
    from engine.recipe.offer import Offer

NAME = "sensitivity"
HELP = "what each channel group loses when it is cut, and ratios for a target; what int8 does to each convolution"
RATIOS = SensitivityJob.model_fields["ratios"].default
STEPS = ("quant_aware", "quant_post")
PICTURES: int = Int8ErrorsJob.model_fields["pictures"].default
TARGETS = ("macs", "size", "ms", "points")
"""The options that ask for a proposal."""
_OF_GROUPS: dict[str, object] = {
    "criterion": "obs",
    "ratios": list(RATIOS),
    "groups": [],
    "split": "val",
    "workers": 0,
    "fleet": None,
    "known": False,
    "phone": None,
    "saliency": False,
    "align": None,
}
"""The options that measuring groups has and `--int8` has not, beside the targets, with what stands for none given."""


def add_parser(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("dir", metavar="DIR", type=Path, help="folder of the project")
    parser.add_argument("run", metavar="RUN", help="name or number of the trained run to cut")
    parser.add_argument("--criterion", choices=("obs", "fpgm", "l1"), default="obs", help="obs if not given")
    cut, part = share(0.9), share(1)
    parser.add_argument("--ratios", type=cut, nargs="+", default=list(RATIOS), help="shares to cut; 0.25 to 0.875")
    parser.add_argument("--groups", nargs="+", default=[], metavar="GROUP", help="only these; all if not given")
    parser.add_argument("--split", choices=("train", "val"), default="val", help="pictures measured on; val")
    some = count("a number of pictures")
    parser.add_argument(
        "--pictures", type=some, default=0, help="only so many; all, or of train 16 for --int8, 200 for --saliency"
    )
    some = count("a number of processes")
    parser.add_argument("--workers", type=some, default=0, help="processes side by side; one for each core")
    add_fleet_argument(parser, "measure in --workers parts")
    known = "measure nothing: propose from what was measured of these pictures before"
    parser.add_argument("--known", action="store_true", help=known)
    parser.add_argument("--macs", type=part, help="propose ratios: share of the MACs that may remain, such as 0.4")
    parser.add_argument("--size", type=part, help="the same for the int8 file against the fp32 one, such as 0.2")
    parser.add_argument("--ms", type=milliseconds, help="the same for the estimated time on --phone, in milliseconds")
    add_phone_arguments(parser, required=False)
    parser.add_argument("--points", type=points, help="the same, by how many points of mAP may be lost before recovery")
    parser.add_argument("-o", "--out", type=Path, help="write the proposal as a recipe, for `compress` or the studio")
    quick = "instead of trying cuts: saliency, by one backward pass over training pictures, which takes a minute"
    parser.add_argument("--saliency", action="store_true", help=quick)
    parser.add_argument("--align", type=count("a number of channels"), help="with --saliency: leave multiples of it; 8")
    parser.add_argument("--int8", action="store_true", help="instead: what int8 in one convolution alone does")
    parser.add_argument("--above", type=part, help="with --int8: keep in float what is worse, as 0.02")
    parser.add_argument("--step", choices=STEPS, help=f"with --int8: the recipe's step; {STEPS[0]} if not given")


def run(args: argparse.Namespace) -> int:
    """Measure what is not known yet, in workers side by side; print the table and the proposal."""
    _refuse_what_does_not_go_together(args)
    folder = open_project(args.dir)
    target = trained_run(folder, args.run)
    if args.int8:
        return _rank(args, folder, target)
    if args.saliency:
        return by_saliency(args, folder, target)
    found = (_known if args.known else _measured)(args, folder, target)
    offered = _offered(args, target, found) if _targets(args) else None
    if offered is not None and args.out is not None:
        write_recipe(args.out, offered.step)
    if args.json:
        _emit(target, found, offered)
    else:
        _print(args, found, offered)
    return 0


def _emit(target: Path, found: Mapping[str, GroupLosses], offered: Offer | None) -> None:
    """Print the document."""
    figures = [figure.model_dump(exclude_none=True) for figure in (offered.figures if offered else ())]
    left = {"left": offered.left, "unmeasured": offered.unmeasured, "noise": offered.noise} if offered else {}
    left |= {"notes": [note.model_dump() for note in offered.notes]} if offered else {}
    more = {"params": offered.step.params, **left} if offered else {}
    document = {name: losses.model_dump() for name, losses in found.items()}
    proposal = offered.ratios if offered else None
    emit_json({"figures": figures, "run": target.name, "groups": document, "proposal": proposal, **more})


def _print(args: argparse.Namespace, found: Mapping[str, GroupLosses], offered: Offer | None) -> None:
    """Print the table, losses with their sign, and what a proposal leaves."""
    proposal = offered.ratios if offered else None
    ratios = sorted({ratio for losses in found.values() for ratio in losses.losses})
    rows = [
        (name, losses.channels, *(_points(losses, ratio) for ratio in ratios), _share(proposal, name))
        for name, losses in found.items()
    ]
    print_table(rows, ("channel group", "channels", *(f"-{100 * ratio:g} %" for ratio in ratios), "proposed"))
    if any(losses.within_noise(ratio) for losses in found.values() for ratio in ratios):
        print("\n" + say("sensitivity.in_noise", pictures=next(iter(found.values())).pictures))
    if offered is not None:
        print()
        report(offered.figures, False, **({"recipe": str(args.out)} if args.out else {}))
        print("\n" + " ".join(map(said, offered.messages())))


def _offered(args: argparse.Namespace, target: Path, found: Mapping[str, GroupLosses]) -> Offer:
    from engine.graph.proposal import Budget
    from engine.recipe.offer import offer

    budget = Budget(macs=args.macs, size=args.size, points=args.points)
    return offer(target, found, budget, args.criterion, latency_target(args))


def _rank(args: argparse.Namespace, folder: ProjectFolder, target: Path) -> int:
    """Measure every convolution; print the table and, if a limit is named, which stay in float."""
    from engine.cli.follow import launch_and_follow

    job = Int8ErrorsJob(run=str(target), index=str(folder.index), pictures=args.pictures or PICTURES)
    task = folder.new_task(job.kind)
    launch_and_follow(job, task, json=args.json)
    result = json.loads((task / "result.json").read_text(encoding="utf-8"))
    found = LayerErrors.model_validate_json(Path(result["file"]).read_text(encoding="utf-8"))
    kept = [] if args.above is None else found.above(args.above)
    if args.out is not None:
        write_recipe(args.out, Step(technique=args.step or STEPS[0], params={"keep_float": kept}))
    if args.json:
        layers = [layer.model_dump() for layer in found.layers]
        emit_json({"figures": [], "run": target.name, "pictures": found.pictures, "layers": layers, "keep_float": kept})
        return 0
    print_ranking(found, args.above)
    if args.above is not None:
        told: dict[str, Argument] = {"limit": f"{100 * args.above:g} %", "kept": len(kept), "layers": len(found.layers)}
        recipe = {"path": str(args.out)} if args.out is not None else {}
        print("\n" + say("int8_errors.kept" if recipe else "int8_errors.above", **told, **recipe))
    return 0


def _targets(args: argparse.Namespace) -> list[str]:
    return [f"--{name}" for name in TARGETS if getattr(args, name) is not None]


def _refuse_what_does_not_go_together(args: argparse.Namespace) -> None:
    """Raises UserError for an option that the rest of the command line would leave without effect."""
    if args.int8:
        ignored = _targets(args) + _given(args, _OF_GROUPS)
        if ignored:
            raise UserError("sensitivity.not_with_int8", options=", ".join(ignored))
        if args.out is not None and args.above is None:
            raise UserError("sensitivity.out_without_above")
        return
    if args.ms is not None and args.phone is None:
        raise UserError("sensitivity.ms_without_phone")
    if args.phone is not None and args.ms is None:
        raise UserError("sensitivity.phone_without_ms")
    ignored = [f"--{name}" for name in ("above", "step") if getattr(args, name) is not None]
    if ignored:
        raise UserError("sensitivity.only_with_int8", options=", ".join(ignored))
    _refuse_what_saliency_does_not_tell(args)
    if args.out is not None and not _targets(args):
        raise UserError("sensitivity.out_without_target")


def _refuse_what_saliency_does_not_tell(args: argparse.Namespace) -> None:
    if not args.saliency:
        if args.align is not None:
            raise UserError("saliency.align_alone")
        return
    if args.points is not None:
        raise UserError("saliency.no_points")
    ignored = _given(args, {name: _OF_GROUPS[name] for name in ("ratios", "split", "workers", "fleet")})
    if ignored:
        raise UserError("saliency.no_use", options=", ".join(ignored))


def _given(args: argparse.Namespace, without: Mapping[str, object]) -> list[str]:
    """Which options are there, by what stands for none given."""
    return [f"--{name}" for name, none in without.items() if getattr(args, name) != none]


def _measured(args: argparse.Namespace, folder: ProjectFolder, target: Path) -> dict[str, GroupLosses]:
    parts = args.workers or core_count()
    jobs = [
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
            threads=1 if parts > 1 or args.fleet else 0,
        )
        for part in range(parts)
    ]
    tasks = [folder.new_task("sensitivity") for _ in jobs]
    (_by_workers if args.fleet is None else _by_fleet)(args, folder, jobs, tasks)
    result = json.loads((tasks[0] / "result.json").read_text(encoding="utf-8"))
    kept = SensitivityFolder(Path(result["folder"])).read()
    return {name: kept[name] for name in result["groups"] if name in kept and (name in args.groups or not args.groups)}


def _by_workers(
    args: argparse.Namespace, folder: ProjectFolder, jobs: Sequence[SensitivityJob], tasks: Sequence[Path]
) -> None:
    from engine.cli.follow import follow
    from engine.run.workers import Workers

    with Workers(partial(follow, json=args.json)) as workers:
        for job, task in zip(jobs, tasks, strict=True):
            workers.begin(job, task)
        for task in tasks:
            workers.wait(task)


def _by_fleet(
    args: argparse.Namespace, folder: ProjectFolder, jobs: Sequence[SensitivityJob], tasks: Sequence[Path]
) -> None:
    from engine.cli.fleets import done_by
    from engine.run.workers import write_job

    for job, task in zip(jobs, tasks, strict=True):
        write_job(job, task)
    names = {task: f"{number} / {len(tasks)}" for number, task in enumerate(tasks, start=1)}
    done_by(args.fleet, folder, names, json=args.json, all_or_none=True)


def _known(args: argparse.Namespace, folder: ProjectFolder, target: Path) -> dict[str, GroupLosses]:
    """What was measured before, without a worker or Paddle; raises UserError where nothing was."""
    from engine.contract.dataset import Index
    from engine.contract.run.folder import checkpoint_of

    with Index.open(folder.index) as index:
        count = index.picture_count(args.split)
    shown = min(args.pictures or count, count)
    kept = SensitivityFolder.of(target, args.criterion, args.split, shown, digest_of(checkpoint_of(target))).read()
    found = {name: losses for name, losses in kept.items() if name in args.groups or not args.groups}
    if not found:
        raise UserError("sensitivity.nothing_known", run=target.name, pictures=shown, split=args.split)
    return found


def _points(losses: GroupLosses, ratio: float) -> str | None:
    """The change of mAP, in brackets where it is within noise."""
    loss = losses.losses.get(ratio)
    if loss is None:
        return None
    change = signed(-loss)
    return f"({change})" if losses.within_noise(ratio) else change


def _share(proposal: Mapping[str, float] | None, name: str) -> str | None:
    return None if proposal is None else f"{proposal.get(name, 0.0):.3f}"
