"""The verb that prints what there is to choose from."""

from __future__ import annotations

import argparse

from engine.cli.output import emit_json, print_table
from engine.contract.catalog import Catalog
from engine.contract.matrix import PLAIN

NAME = "describe"
MARKS = {"works": "yes", "refused": "no", "fails": "fails"}
HELP = "detectors, techniques and built-in recipes"


def add_parser(parser: argparse.ArgumentParser) -> None:
    """No arguments of its own."""


def run(args: argparse.Namespace) -> int:
    """Print every card."""
    from engine.catalog import catalog

    cards = catalog()
    if args.json:
        emit_json({"figures": [], **cards.model_dump(mode="json")})
        return 0
    rows = [
        (card.key, card.family, f"{card.sizes['min']}-{card.sizes['max']} px", card.summary["en"])
        for card in cards.detectors
    ]
    print_table(rows, ("detector", "family", "input", "what it is"))
    print()
    print_table(
        [(card.key, card.phase, card.summary["en"]) for card in cards.techniques],
        ("technique", "phase", "what it does"),
    )
    print()
    print_table([(key, recipe.summary) for key, recipe in cards.recipes.items()], ("recipe", "what it does"))
    print()
    print_table(_tried(cards), ("tried: technique", *(card.key for card in cards.detectors)))
    return 0


def _tried(cards: Catalog) -> list[tuple[str, ...]]:
    """A row for every technique, as `make matrix` found it on every detector; "-" was not tried."""
    rows = []
    for technique in (PLAIN, *(card.key for card in cards.techniques)):
        cells = [cards.matrix.cell(card.key, technique) for card in cards.detectors]
        rows.append((technique or "none", *(MARKS[cell.outcome.state] if cell else "-" for cell in cells)))
    return rows
