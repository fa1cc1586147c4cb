"""A new technique and a new verb are one file each: put beside the others in a copy of the tree, and used there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from engine.contract.text.resources import ROOT

TECHNIQUE = '''
"""Does nothing, in the phase of data."""

from __future__ import annotations

from engine.contract.parameters import parameter
from engine.technique.base import Phase, Technique


class Toy(Technique):
    """Does nothing."""

    key, phase = "toy", Phase.DATA

    class Params(Technique.Params):
        """How much of nothing is done."""

        amount: float = parameter("toy.amount", 0.5, ge=0, le=1)
'''
VERB = '''
"""The verb that greets."""

from __future__ import annotations

import argparse

NAME = "greet"
HELP = "say hello"


def add_parser(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("name")


def run(args: argparse.Namespace) -> int:
    """Say it."""
    print(f"hello {args.name}")
    return 0
'''


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The engine with two files more."""
    root = tmp_path_factory.mktemp("tree")
    shutil.copytree(ROOT / "engine", root / "engine", ignore=shutil.ignore_patterns("__pycache__"))
    (root / "resources").symlink_to(ROOT / "resources")
    (root / "engine" / "techniques" / "toy.py").write_text(textwrap.dedent(TECHNIQUE))
    (root / "engine" / "cli" / "verbs" / "greet.py").write_text(textwrap.dedent(VERB))
    return root


def espalier(tree: Path, *words: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    done = subprocess.run(
        [sys.executable, "-m", "engine", *words], cwd=tree, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_that_a_technique_is_one_file(tree: Path) -> None:
    cards = json.loads(espalier(tree, "describe", "--json"))["techniques"]
    (toy,) = [card for card in cards if card["key"] == "toy"]
    assert toy["parameters"]["properties"]["amount"]["default"] == 0.5
    recipe = tree / "toy.json"
    recipe.write_text(json.dumps({"name": "toy", "steps": [{"technique": "toy", "params": {"amount": 0.25}}]}))
    bare = ("--detector", "ssdlite_mobilenet_v3_small", "--size", "96", "--classes", "2")
    told = json.loads(espalier(tree, "preview", *bare, str(recipe), "--json"))
    assert {figure["name"] for figure in told["figures"]} >= {"macs", "params"}


def test_that_a_verb_is_one_file(tree: Path) -> None:
    assert espalier(tree, "greet", "you") == "hello you\n"
    assert "greet" in espalier(tree, "help")
