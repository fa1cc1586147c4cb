"""A command line that answers with its documents, and a small project with one trained run."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from engine.cli import main
from engine.contract.text.resources import ROOT, SAMPLES
from engine.data.sample.write import write_sample

SHORT = ("--epochs", "1")
SMALL = ("--set", "batch_size=4", "--set", "threads=1")


class Session:
    """A command line with its answers."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys

    def __call__(self, *words: object) -> dict[str, Any]:
        """Run a verb with --json; the document that it printed."""
        status = main([*(str(word) for word in words), "--json"])
        printed = self.capsys.readouterr()
        assert status == 0, printed.out + printed.err
        return told(printed.out)


class Trained(NamedTuple):
    """The sample's folder, the project of it, and what training its first run printed."""

    pictures: Path
    project: Path
    base: dict[str, Any]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Session:
    """The command line; what it prints is read by each call."""
    return Session(capsys)


@pytest.fixture(scope="session")
def first_training(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """The sample's own weights trained on for one epoch on eight pictures, in a folder with a space in its name.

    They find what is there: what an export finds is compared box by box, which says nothing before training.
    """
    folder = tmp_path_factory.mktemp("trained")
    pictures = write_sample(folder / "signs", train=8, val=4, test=4)
    project = folder / "my project"
    weights = SAMPLES / "signs_ssdlite_small_160.safetensors"
    gently = ("--set", "learning_rate=0.0005")
    told(run_verb("new", project, "--data", pictures, "--detector", "ssdlite_mobilenet_v3_small", "--size", "160"))
    return Trained(pictures, project, told(run_verb("train", project, "--from", weights, *SHORT, *SMALL, *gently)))


@pytest.fixture
def trained(first_training: Trained, tmp_path: Path) -> Trained:
    """That project, a copy of the test's own."""
    project = Path(shutil.copytree(first_training.project, tmp_path / "my project"))
    return first_training._replace(project=project)


def run_verb(*words: object) -> str:
    """What a verb prints with --json, in a process of its own."""
    call = [sys.executable, "-m", "engine", *map(str, words), "--json"]
    return subprocess.run(call, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def told(printed: str) -> dict[str, Any]:
    """The document that a verb printed."""
    document: dict[str, Any] = json.loads(printed)
    assert document["schema"] == 1 and "figures" in document
    return document
