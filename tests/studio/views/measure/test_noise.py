"""Losses have their sign, noise is marked, and a time on a phone is a target like the others."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from studio.studio import Studio
from studio.theme import palette
from studio.views.recipe.page import RecipePage
from tests.studio.views.measure.measured import keep_losses, open_channels, shown


def test_that_what_may_be_chance_is_muted_in_brackets_and_told(
    page: RecipePage, run: Path, asked: list[list[str]], qtbot: QtBot
) -> None:
    keep_losses(run)
    dialog = open_channels(page, qtbot)
    qtbot.waitUntil(dialog.use.isEnabled)
    noise, loss = (dialog.table.index(1, column) for column in (2, 3))
    assert noise.data() == "(-0.5)" and noise.data(Qt.ItemDataRole.ForegroundRole).name() == palette().muted.lower()
    assert "-0.5 ± 0.8 points: within noise" in noise.data(Qt.ItemDataRole.ToolTipRole)
    assert loss.data(Qt.ItemDataRole.ForegroundRole) is None and "within" not in loss.data(Qt.ItemDataRole.ToolTipRole)
    assert dialog.by_losses.plot.noise is None
    dialog.by_losses.view.choose("backbone.conv10.conv")
    assert dialog.by_losses.plot.noise is not None and list(dialog.by_losses.plot.noise.opts["height"]) == [1.6, 1.6]
    assert "brackets" in dialog.by_losses.caption.text()
    dialog.reject()


def test_that_what_was_measured_before_spreads_were_is_shown_and_says_so(
    page: RecipePage, run: Path, asked: list[list[str]], qtbot: QtBot
) -> None:
    keep_losses(run, spread=None)
    dialog = open_channels(page, qtbot)
    qtbot.waitUntil(dialog.use.isEnabled)
    assert shown(dialog)[1][2:4] == ["-0.5", "-2.0"] and "measuring again" in dialog.by_losses.caption.text()
    dialog.by_losses.view.choose("backbone.conv10.conv")
    assert dialog.by_losses.plot.noise is None
    dialog.reject()


@pytest.mark.parametrize("quantises", [True, False])
def test_that_a_time_on_the_chosen_phone_can_be_asked_for(
    page: RecipePage, run: Path, studio: Studio, asked: list[list[str]], quantises: bool, qtbot: QtBot
) -> None:
    keep_losses(run)
    studio.recipe.set_enabled(1, quantises)
    studio.targets.set("phone_ms", 12.5)
    dialog = open_channels(page, qtbot)
    qtbot.waitUntil(dialog.use.isEnabled)
    assert not dialog.phone.isVisible()
    dialog.target.setCurrentIndex(2)
    precision = "int8" if quantises else "fp32"
    wanted = ["--ms", "12.5", "--phone=SD855", "--threads=4", f"--precision={precision}"]
    qtbot.waitUntil(lambda: asked[-1][-5:] == wanted)
    qtbot.waitUntil(dialog.use.isEnabled)
    assert dialog.limit.text() == "12.5 ms" and dialog.phone.isVisible()
    assert dialog.phone.precision.isVisible() is not quantises
    assert f"12.5 ms on SD855 ({precision})" in dialog.summary.text()
    dialog.phone.threads.setCurrentIndex(0)
    dialog.phone.threads.activated.emit(0)
    qtbot.waitUntil(lambda: "--threads=1" in asked[-1])
    assert studio.chosen_phone.choice is not None and studio.chosen_phone.choice.threads == 1
    dialog.reject()
