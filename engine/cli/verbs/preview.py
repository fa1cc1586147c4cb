"""The verb that tells what a recipe does to a detector's figures, without training."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from engine.cli.choosing import add_detector_arguments, project_or_bare
from engine.cli.language import say
from engine.cli.layers import print_layers, rows
from engine.cli.output import emit_json, print_table
from engine.cli.phone_choice import add_phone_arguments, phone_choice, print_estimate
from engine.cli.projects import open_project, show_figure, trained_run
from engine.contract.figures import Figure, pick
from engine.contract.project import DetectorChoice
from engine.contract.recipe import PlannedJob, find_recipe

if TYPE_CHECKING:
    from engine.technique.base import Technique

NAME = "preview"
HELP = "figures of a recipe without training"


def add_parser(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    both = "a project's folder (not with --detector), and a recipe"
    parser.add_argument("words", metavar="[DIR] RECIPE", nargs="+", help=both)
    parser.add_argument("--from", dest="start", metavar="RUN", help="run of the project that the recipe starts from")
    parser.add_argument("--layers", action="store_true", help="what each layer counts, before and after")
    add_detector_arguments(parser)
    add_phone_arguments(parser, required=False)


def run(args: argparse.Namespace) -> int:
    """Print the base's figures, the recipe's, and the change."""
    from engine.recipe.foresight import foreseeing
    from engine.recipe.phone_correction import correct
    from engine.recipe.phone_latency import phone_estimate, reachable
    from engine.recipe.plan import ordered, plan
    from engine.recipe.precision_advice import advised
    from engine.recipe.stack import Stack

    project, name = _project(args)
    choice, begun = _start(project, args)
    recipe = find_recipe(name)
    jobs = plan(recipe, choice, begun, _base_epochs(project, args))
    start = Stack(choice, tuple(begun))
    end = foreseeing(start, [technique for _, technique in ordered(recipe)], _run(project, args))
    base, after = start.figures(), end.figures()
    told = None
    if phone := phone_choice(args):
        before = correct(phone_estimate(start, reachable(phone, start)), project)
        told = advised(correct(phone_estimate(end, phone), project), end, phone, project)
        base, after = [*base, before.figure], [*after, told.figure]
    if args.json:
        document: dict[str, object] = {"figures": _plain(after), "base": _plain(base), "jobs": _plain(jobs)}
        document |= {"recipe": recipe.model_dump(mode="json"), "detector": choice.model_dump(mode="json")}
        document |= {"layers": [layer._asdict() for layer in rows(start.graph, end.graph)]} if args.layers else {}
        document |= {"phone": told.model_dump(mode="json", exclude_none=True)} if told else {}
        emit_json(document)
        return 0
    if args.layers:
        print_layers(start.graph, end.graph)
        print()
    classes, origin = say("cli.classes", count=len(choice.classes)), f", from run {args.start}" if args.start else ""
    print(f"{choice.key}, {choice.size} px, {classes}, recipe {recipe.name}{origin}")
    print_table([row(base, figure) for figure in after], ("figure", "base", "recipe", "change", "source"))
    print_jobs(jobs)
    if told:
        print_estimate(told)
    return 0


def _project(args: argparse.Namespace) -> tuple[Path | None, str]:
    """The project's folder, if one is named, and the recipe; raises UserError for words that are neither."""
    from engine.contract.text.messages import UserError

    *directory, name = args.words
    if len(directory) > 1 or (args.start and not directory):
        raise UserError("cli.project_or_detector")
    return Path(directory[0]) if directory else None, name


def print_jobs(jobs: Sequence[PlannedJob]) -> None:
    """The runs that the recipe becomes: what each records, how long it trains, and by what that is measured."""

    def cells(job: PlannedJob) -> tuple[str | int, ...]:
        of = "" if job.recovery == "own" else f", base {job.base_epochs or '-'}"
        return job.label, " + ".join(step.technique for step in job.steps), job.epochs, f"{job.recovery}{of}"

    print()
    print_table([cells(job) for job in jobs], ("run", "steps", "epochs", "recovery"))


def _run(project: Path | None, args: argparse.Namespace) -> Path | None:
    """The run that the recipe starts from."""
    return trained_run(open_project(project), args.start) if project is not None and args.start else None


def _start(project: Path | None, args: argparse.Namespace) -> tuple[DetectorChoice, list[Technique]]:
    """The detector, and what made the run that the recipe starts from."""
    from engine.recipe.stack import stack_of_run

    choice = project_or_bare(project, args)
    run = _run(project, args)
    if run is None:
        return choice, []
    stack = stack_of_run(run)
    return stack.choice, list(stack.techniques)


def _base_epochs(project: Path | None, args: argparse.Namespace) -> int | None:
    """How long the run that the recipe starts from was trained, if that is known."""
    from engine.recipe.recovery import base_training

    run = _run(project, args)
    found = base_training(run) if run is not None else None
    return found.epochs if found is not None else None


def _plain(told: Sequence[Figure | PlannedJob]) -> list[dict[str, object]]:
    return [each.model_dump(mode="json", exclude_none=True) for each in told]


def row(base: Sequence[Figure], after: Figure) -> tuple[str | None, ...]:
    """A figure of the recipe beside the base's; an estimated one with its bounds.

    The base is in fp32, so that is also what an int8 size is compared with.
    """
    precision = after.conditions.precision
    before = pick(base, after.name)
    source: str = after.source
    if after.low is not None and after.high is not None:
        bounds = [show_figure(after.model_copy(update={"value": bound})) for bound in (after.low, after.high)]
        source = f"{source}, {bounds[0]} to {bounds[1]}"
    if after.conditions.rois is not None:
        source = f"{source}, box head on {after.conditions.rois} regions"
    name = f"{after.name} {precision}" if precision else after.name
    return (name, show_figure(before), show_figure(after), change(before, after) if before else None, source)


def change(before: Figure, after: Figure) -> str:
    """A signed change in percent."""
    if not before.value:
        return "-"
    return f"{100 * (after.value / before.value - 1):+.1f} %"
