"""The verb that prints what there is to choose from."""

from __future__ import annotations

import argparse

from engine.cli.language import language
from engine.cli.output import emit_json, print_table
from engine.contract.catalog import Catalog
from engine.contract.matrix import PLAIN

NAME = "describe"
HELP = "detectors, techniques and built-in recipes"


def add_parser(parser: argparse.ArgumentParser) -> None:
    """No arguments of its own."""


def run(args: argparse.Namespace) -> int:
    """Print every card."""
    from engine.recipe.catalog import catalog

    cards = catalog()
    if args.json:
        emit_json({"figures": [], **cards.model_dump(mode="json")})
        return 0
    spoken = language()
    rows = [
        (card.key, card.family, f"{card.sizes['min']}-{card.sizes['max']} px", card.summary[spoken])
        for card in cards.detectors
    ]
    print_table(rows, ("detector", "family", "input", "what it is"))
    print()
    print_table(
        [(card.key, card.phase, card.summary[spoken]) for card in cards.techniques],
        ("technique", "phase", "what it does"),
    )
    print()
    recipes = [(key, recipe.summary_zh if spoken == "zh" else recipe.summary) for key, recipe in cards.recipes.items()]
    print_table(recipes, ("recipe", "what it does"))
    print()
    print_table(_tried(cards), ("detector", "tried", "works with", "does not work with"))
    return 0


def _tried(cards: Catalog) -> list[tuple[str, int, int, str]]:
    """A row for every detector: how many techniques `make matrix` tried on it, and what came of it."""
    rows = []
    for card in cards.detectors:
        cells = [cell for cell in cards.matrix.cells if cell.detector == card.key and cell.technique != PLAIN]
        not_with = [cell.technique for cell in cells if cell.outcome.state != "works"]
        rows.append((card.key, len(cells), len(cells) - len(not_with), ", ".join(not_with)))
    return rows
