"""The verb that tells what a recipe does to a detector's figures, without training."""

from __future__ import annotations

import argparse
from pathlib import Path

from engine.cli.choosing import add_detector_arguments, project_or_bare
from engine.cli.output import emit_json, print_table
from engine.cli.projects import show_value
from engine.contract.figures import Figure
from engine.contract.recipe import find_recipe

NAME = "preview"
HELP = "figures of a recipe without training"


def add_parser(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    both = "a project's folder (not with --detector), and a recipe"
    parser.add_argument("words", metavar="[DIR] RECIPE", nargs="+", help=both)
    add_detector_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Print the base's figures, the recipe's, and the change."""
    from engine.contract.messages import UserError
    from engine.plan import ordered, plan
    from engine.preview import graph_figures, graph_of, preview

    *directory, name = args.words
    if len(directory) > 1:
        raise UserError("cli.project_or_detector")
    choice = project_or_bare(Path(directory[0]) if directory else None, args)
    recipe = find_recipe(name)
    plan(recipe, choice)
    made = [technique for _, technique in ordered(recipe)]
    base = graph_figures(graph_of(choice))
    after = preview(graph_of(choice, made), made)
    if args.json:
        emit_json(
            {
                "figures": [figure.model_dump(exclude_none=True) for figure in after],
                "base": [figure.model_dump(exclude_none=True) for figure in base],
                "recipe": recipe.model_dump(mode="json"),
                "detector": choice.model_dump(mode="json"),
            }
        )
        return 0
    print(f"{choice.key}, {choice.size} px, {len(choice.classes)} classes, recipe {recipe.name}")
    rows = [(a.name, show_value(b), show_value(a), change(b, a), a.source) for b, a in zip(base, after, strict=True)]
    print_table(rows, ("figure", "base", "recipe", "change", "source"))
    return 0


def change(before: Figure, after: Figure) -> str:
    """A signed change in percent."""
    if not before.value:
        return "-"
    return f"{100 * (after.value / before.value - 1):+.1f} %"
