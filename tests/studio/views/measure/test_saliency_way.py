"""By saliency: a heat map of what is kept beside the run, targets without points, one job, used with one undo."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from engine.contract.run.job import SaliencyJob
from engine.contract.sensitivity import ChannelSaliency, digest_of
from engine.contract.text.messages import Message
from studio.stores.remembered import Remembered
from studio.stores.work import tasks
from studio.stores.work.sensitivity import Proposal
from studio.studio import Studio
from studio.theme import palette
from studio.views.measure.channels import MEMORY
from studio.views.measure.saliency_table import heat
from studio.views.recipe.page import RecipePage
from tests.studio.reading import cut, overlapping, untranslated
from tests.studio.views.measure.measured import STEPS, VAL, keep_losses, open_channels, shown

GROUPS: dict[str, tuple[float, ...]] = {
    "backbone.conv10.conv": (0.0, 0.0, 1.0, 1.0),
    "backbone.conv2.conv": (2.0, 2.0, 2.0, 2.0),
}
PARAMS: dict[str, Any] = {
    "criterion": "obs",
    "preset": "none",
    "ratio": 0,
    "ratios": {"backbone.conv10.conv": 0.5},
    "align": 8,
}


@pytest.fixture
def page(page: RecipePage, studio: Studio) -> RecipePage:
    """The page, with saliency as the way that was chosen last."""
    Remembered(studio.settings, MEMORY).keep(way="saliency")
    return page


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What proposals are asked of the engine; the answer is the test's."""
    words: list[list[str]] = []

    def ask(self: Proposal) -> None:
        words.append(self._asked)
        if "--saliency" in self._asked:
            left = {"macs": 0.4, "size": 0.3, "saliency": 0.0036, **({"ms": 9.0} if "--ms" in self._asked else {})}
        else:
            left = {"macs": 0.4, "size": 0.3, "points": 2.0}
        self._receive({"proposal": PARAMS["ratios"], "params": PARAMS, "left": left, "unmeasured": 0})

    monkeypatch.setattr(Proposal, "_ask", ask)
    return words


def keep_saliency(run: Path, pictures: int) -> None:
    file = ChannelSaliency.file(run, pictures, digest_of(run / "checkpoints" / "best.safetensors"))
    file.parent.mkdir(exist_ok=True)
    file.write_text(ChannelSaliency(pictures=pictures, groups=dict(GROUPS)).model_dump_json())


def test_that_shares_are_shown_with_heat_and_what_is_proposed(
    page: RecipePage, run: Path, asked: list[list[str]], qtbot: QtBot
) -> None:
    keep_saliency(run, 1)
    dialog = open_channels(page, qtbot)
    qtbot.waitUntil(dialog.use.isEnabled)
    assert dialog.pictures.value() == 1 and "train" in dialog.count.text()
    assert shown(dialog) == [
        ["backbone.conv2.conv", "4", "80 %", "20 %", "40 %", "60 %", "80 %", "-", "4"],
        ["backbone.conv10.conv", "4", "20 %", "0 %", "0 %", "10 %", "20 %", "50 %", "2"],
    ]
    cell = dialog.table.index(1, 5)
    assert cell.data(Qt.ItemDataRole.UserRole) == 1.0 and dialog.table.index(1, 3).data(Qt.ItemDataRole.UserRole) == 0
    assert "75 % of the channels goes without 10 %" in cell.data(Qt.ItemDataRole.ToolTipRole)
    assert dialog.table.index(1, 7).data(Qt.ItemDataRole.ForegroundRole).name() == palette().accent.lower()
    words = [run.name, "--criterion", "obs", "--saliency", "--pictures", "1", "--macs", "0.4"]
    assert asked[-1][1:] == words and "0.36 % of all saliency" in dialog.summary.text()
    assert [dialog.target.itemText(place) for place in range(dialog.target.count())][2:] == [
        "Time on the phone, at most"
    ]
    dialog.target.setCurrentIndex(2)
    qtbot.waitUntil(lambda: "--ms" in asked[-1] and "9.00 ms on SD855" in dialog.summary.text())
    dialog.reject()


def test_that_heat_goes_by_the_logarithm() -> None:
    assert [heat(share) for share in (0.0, 1e-7, 0.1, 0.5)] == [0.0, 0.0, 1.0, 1.0]
    assert heat(1e-5) == pytest.approx(0.2) and heat(1e-3) == pytest.approx(0.6)


def test_that_use_is_one_change_that_undo_takes_back(
    page: RecipePage, run: Path, studio: Studio, asked: list[list[str]], qtbot: QtBot
) -> None:
    keep_saliency(run, 1)
    dialog = open_channels(page, qtbot)
    qtbot.waitUntil(dialog.use.isEnabled)
    dialog.use.click()
    params = {"criterion": "obs", "ratio": 0, "ratios": {"backbone.conv10.conv": 0.5}, "align": 8}
    assert studio.recipe.recipe.steps[0].params == params
    studio.recipe.undo.undo()
    assert studio.recipe.recipe.steps == STEPS


def test_that_the_other_way_is_a_click_away_and_remembered(
    page: RecipePage, run: Path, studio: Studio, asked: list[list[str]], qtbot: QtBot
) -> None:
    keep_losses(run)
    dialog = open_channels(page, qtbot)
    qtbot.waitUntil(lambda: dialog.none.isVisible())
    assert "minute" in dialog.none.sentence.text() and not dialog.use.isEnabled() and dialog.use.toolTip()
    dialog.face._group.button(1).click()
    qtbot.waitUntil(dialog.use.isEnabled)
    assert dialog.table is dialog.by_losses.table and dialog.pictures.value() == VAL and "val" in dialog.count.text()
    assert "--saliency" not in asked[-1] and dialog.target.count() == 4
    dialog.target.setCurrentIndex(3)
    dialog.face._group.button(0).click()
    assert dialog.target.count() == 3 and dialog.row.kind == "macs" and "--points" not in dialog.row.words()
    dialog.face._group.button(1).click()
    assert Remembered(studio.settings, MEMORY).get("way") == "losses"
    dialog.reject()


def test_that_it_is_one_job(
    page: RecipePage, run: Path, studio: Studio, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    monkeypatch.setattr(tasks, "begin", lambda root: None)
    dialog = open_channels(page, qtbot)
    dialog.measure.click()
    (task,) = studio.tasks.tasks
    qtbot.waitUntil((task.root / "job.json").is_file)
    job = SaliencyJob(**json.loads((task.root / "job.json").read_text()))
    assert (job.run, job.pictures) == (str(run), dialog.pictures.value()) and task.title.startswith("Saliency of")
    dialog.reject()


def test_that_a_refusal_names_no_option_of_the_command_line(
    page: RecipePage, run: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    refusal = Message(code="saliency.out_of_reach", args={"asked": "--macs 0.1", "align": 8, "left": "30 %"})
    monkeypatch.setattr(Proposal, "_ask", lambda self: self._receive(refusal))
    keep_saliency(run, 1)
    dialog = open_channels(page, qtbot)
    qtbot.waitUntil(dialog.problem.isVisible)
    assert "larger" in dialog.problem.text.text() and "--" not in dialog.problem.text.text()
    dialog.reject()


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("known", [True, False])
def test_that_it_can_be_read(
    page: RecipePage, run: Path, asked: list[list[str]], language: str, known: bool, qtbot: QtBot
) -> None:
    if known:
        keep_saliency(run, 1)
    dialog = open_channels(page, qtbot)
    page.studio.settings.update(language=language, theme="dark")
    if known:
        qtbot.waitUntil(dialog.use.isEnabled)
    qtbot.wait(150)
    qtbot.waitUntil(lambda: not cut(dialog), timeout=5000)
    assert overlapping(dialog) == []
    if language == "zh":
        assert untranslated(dialog) == []
    dialog.reject()
