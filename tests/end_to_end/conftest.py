"""A command line that answers with its documents, and a small project with one trained run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from engine.cli import main
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
        document: dict[str, Any] = json.loads(printed.out)
        assert document["schema"] == 1 and "figures" in document
        return document


class Trained(NamedTuple):
    """The sample's folder, the project of it, and what training its first run printed."""

    pictures: Path
    project: Path
    base: dict[str, Any]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Session:
    """The command line; what it prints is read by each call."""
    return Session(capsys)


@pytest.fixture
def trained(tmp_path: Path, run: Session, capsys: pytest.CaptureFixture[str]) -> Trained:
    """A detector trained for one epoch on eight pictures, in a folder with a space in its name."""
    pictures = write_sample(tmp_path / "signs", train=8, val=4, test=4)
    capsys.readouterr()
    project = tmp_path / "my project"
    run("new", project, "--data", pictures, "--detector", "ssdlite_mobilenet_v3_small", "--size", "96")
    return Trained(pictures, project, run("train", project, *SHORT, *SMALL))
