"""The verb that estimates a model's latency on a phone without the phone."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from engine.cli.choosing import add_detector_arguments, bare_choice
from engine.cli.output import emit_json
from engine.cli.phone_choice import add_phone_arguments, phone_choice, print_estimate
from engine.contract.recipe import find_recipe
from engine.contract.text.messages import UserError
from engine.latency.effects import ERAS

if TYPE_CHECKING:
    from engine.recipe.stack import Stack

    pass

NAME = "estimate"
HELP = "latency on a phone, estimated from the network"


def add_parser(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("dir", metavar="DIR", nargs="?", type=Path, help="folder of the project")
    parser.add_argument("run", metavar="RUN", nargs="?", help="name or number of the run")
    add_detector_arguments(parser)
    parser.add_argument("--recipe", help="with --detector: a recipe on it")
    add_phone_arguments(parser, required=True)
    parser.add_argument("--era", default=ERAS[-1], choices=ERAS, help="versions of Paddle Lite; newest if not given")
    parser.add_argument("--without-nms", action="store_true", help="of a model that ends with its head's raw outputs")


def run(args: argparse.Namespace) -> int:
    """Print the figure with its bounds, where the time goes, and what to shrink next."""
    from engine.recipe.phone_correction import correct
    from engine.recipe.phone_latency import phone_estimate
    from engine.recipe.precision_advice import advised

    phone = phone_choice(args)
    assert phone is not None
    stack = _stack(args)
    how = {"era": args.era, "nms": not args.without_nms}
    told = advised(correct(phone_estimate(stack, phone, **how), args.dir), stack, phone, args.dir, **how)
    if args.json:
        body = told.model_dump(mode="json", exclude_none=True)
        emit_json(
            {
                "figures": [body.pop("figure")],
                **body,
                "detector": stack.choice.model_dump(mode="json"),
                "advice_text": told.advice.text(),
            }
        )
    else:
        print_estimate(told)
    return 0


def _stack(args: argparse.Namespace) -> Stack:
    """The detector under the techniques that made the run or that the recipe asks for."""
    from engine.cli.projects import open_project, trained_run
    from engine.recipe.plan import ordered, plan
    from engine.recipe.stack import Stack, stack_of_run

    if args.dir is not None and args.run is not None and args.detector is None:
        return stack_of_run(trained_run(open_project(args.dir), args.run))
    if args.dir is not None or args.detector is None:
        raise UserError("cli.project_or_detector")
    choice = bare_choice(args)
    if not args.recipe:
        return Stack(choice)
    recipe = find_recipe(args.recipe)
    plan(recipe, choice)
    return Stack(choice, tuple(technique for _, technique in ordered(recipe)))
