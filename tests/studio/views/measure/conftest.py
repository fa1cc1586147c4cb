"""The Recipe page with a run to measure, and proposals that are the test's."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from engine.contract.catalog import Catalog
from engine.contract.recipe import Recipe
from engine.contract.run.events import Artifact, Finished
from engine.contract.run.folder import RunFolder
from studio.stores.previews.previews import PreviewStore
from studio.stores.remembered import Remembered
from studio.stores.work.sensitivity import Proposal
from studio.studio import Studio
from studio.views.measure.channels import MEMORY
from studio.views.recipe.page import RecipePage
from studio.views.shell.main_window import MainWindow
from tests.studio.stores.told_runs import line, write_run
from tests.studio.views.measure.measured import STEPS
from tests.studio.widgets.test_schema import real_catalog


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return real_catalog()


@pytest.fixture
def run(project: Path) -> Path:
    """A run that told of a checkpoint; what the file holds matters to nobody who only reads its hash."""
    root = write_run(project, end=None)
    file = root / "checkpoints" / "best.safetensors"
    file.parent.mkdir()
    file.write_bytes(b"weights")
    told = len(RunFolder(root).events.read_text().splitlines())
    with RunFolder(root).events.open("a") as stream:
        stream.write(line(told, Artifact(kind="checkpoint", path="checkpoints/best.safetensors", bytes=7)))
        stream.write(line(told + 1, Finished()))
    return root


@pytest.fixture
def page(
    studio: Studio, window: MainWindow, project: Path, run: Path, catalog: Catalog, monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
) -> RecipePage:  # fmt: skip
    """The page with two steps and a run to start from."""
    monkeypatch.setattr(PreviewStore, "refresh", lambda self: None)
    studio.catalog.catalog = catalog
    Remembered(studio.settings, MEMORY).keep(way="losses")
    assert studio.project.open(project)
    studio.recipe.replace(Recipe(name="mine", steps=STEPS))
    window.show_page("recipe")
    made = window.pages["recipe"]
    assert isinstance(made, RecipePage)
    qtbot.waitUntil(lambda: made.stack.cards[0].form.rows["ratios"].measure.isEnabled())
    for card in made.stack.cards:
        card.set_expanded(True)
    return made


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What proposals are asked of the engine; the answer is the test's."""
    words: list[list[str]] = []

    def ask(self: Proposal) -> None:
        words.append(self._asked)
        target, value = self._asked[6].removeprefix("--"), float(self._asked[7])
        params = {"criterion": "obs", "preset": "none", "ratio": 0, "ratios": {"backbone.conv10.conv": 0.5}}
        left = {"macs": 0.4, "size": 0.3, "points": 2.0, **({} if target == "points" else {target: value})}
        self._receive({"proposal": params["ratios"], "params": params, "left": left, "unmeasured": 3, "noise": 1})

    monkeypatch.setattr(Proposal, "_ask", ask)
    return words
