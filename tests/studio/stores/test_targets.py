"""One target for the phone's latency: set on either page, it is shown and judged on both, and kept with the project."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractSpinBox
from pytestqt.qtbot import QtBot

from engine.contract.phones import keep
from engine.contract.recipe import Recipe, Step
from studio.stores.previews.previews import Preview, PreviewStore
from studio.stores.targets import BEFORE
from studio.studio import Studio
from studio.views.phone.page import MEASURE, PhonePage
from studio.views.recipe.page import RecipePage
from studio.views.shared.tradeoff_rows import FigureRow
from studio.views.shell.main_window import MainWindow
from tests.studio.stores.told_benches import bench
from tests.studio.stores.told_runs import figure, write_run

PATIENCE_MS = 60_000


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Previews come from the test."""
    monkeypatch.setattr(PreviewStore, "refresh", lambda self: None)


def write(field: QAbstractSpinBox, text: str, qtbot: QtBot) -> None:
    """Write over what a field holds, and press Return."""
    assert field.isVisible() and field.isEnabled()
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, text)
    qtbot.keyClick(field, Qt.Key.Key_Return)


def phone_row(window: MainWindow, estimated: float) -> FigureRow:
    """The phone's row of the Recipe page, of a recipe that is estimated to take so many ms."""
    window.show_page("recipe")
    page = window.page
    assert isinstance(page, RecipePage)
    window.studio.recipe.replace(Recipe(name="mine", steps=(Step(technique="filter_prune"),)))
    now = figure("phone_ms", estimated, "ms", "estimated")
    window.studio.previews.latest = Preview(base=(now,), figures=(now,), steps=((now,),))
    window.studio.previews.changed.emit()
    return page.totals.rows["phone_ms"]


def phone_page(window: MainWindow) -> PhonePage:
    window.show_page("phone")
    page = window.page
    assert isinstance(page, PhonePage)
    page.show_part(MEASURE)
    return page


def met(page: PhonePage) -> set[tuple[str, int]]:
    """The cells of the table that say that the target is met; all others say that it is missed."""
    tones = {
        name: label.property("tone")
        for name, cell in page.results.table.cells.items()
        for label in cell.lines
        if label.text().startswith(("✓ meets", "✗ misses"))
    }
    assert set(tones) in (set(), set(page.results.table.cells))
    return {name for name, tone in tones.items() if tone == "good"}


def test_that_a_target_of_one_page_is_the_other_page_s(
    studio: Studio, window: MainWindow, project: Path, qtbot: QtBot
) -> None:
    keep(write_run(project), bench("0001-train"))
    assert studio.project.open(project)
    row = phone_row(window, 10.0)
    assert row.spin is not None
    write(row.spin, "7.55", qtbot)
    assert row.verdict.property("tone") == "bad"
    page = phone_page(window)
    qtbot.waitUntil(lambda: page.results.bench is not None, timeout=PATIENCE_MS)
    assert page.results.target.value() == 7.55
    assert met(page) == {("fp16", 4)}  # 7.50 ms, the fastest of all
    write(page.results.target, "12.5", qtbot)
    assert met(page) == {("fp16", 4), ("fp16", 2), ("int8", 4), ("int8", 2)}
    again = phone_row(window, 10.0)
    assert again is row and row.spin.value() == 12.5 and row.verdict.property("tone") == "good"
    write(row.spin, "0", qtbot)
    assert phone_page(window).results.target.value() == 0 and met(page) == set()


def test_that_a_target_is_remembered_with_its_project(
    studio: Studio, window: MainWindow, project: Path, qtbot: QtBot
) -> None:
    assert studio.project.open(project)
    page = phone_page(window)
    write(page.results.target, "9.125", qtbot)
    studio.project.close()
    assert page.results.target.value() == 0
    assert studio.project.open(project)
    assert phone_page(window).results.target.value() == 9.125
    assert json.loads((project / "studio.json").read_text())["targets"] == {"phone_ms": 9.125}


def test_that_targets_of_older_files_are_read(studio: Studio, window: MainWindow, project: Path, qtbot: QtBot) -> None:
    """The phone's stood alone in the project, the recipe's in the settings, for all projects."""
    (project / "studio.json").write_text('{"base_run": null, "target_ms": 8.5}')
    studio.settings.update(pages={BEFORE: {"macs": 0.5, "phone_ms": 20.0, "params": "many"}})
    assert studio.project.open(project)
    assert studio.targets.values == {"macs": 0.5, "phone_ms": 8.5}
    assert phone_page(window).results.target.value() == 8.5
    row = phone_row(window, 10.0)
    assert row.spin is not None and row.spin.value() == 8.5
    write(row.spin, "9", qtbot)
    kept = json.loads((project / "studio.json").read_text())
    assert (kept["targets"], kept["target_ms"]) == ({"macs": 0.5, "phone_ms": 9.0}, None)
    assert studio.settings.value.pages[BEFORE] == {"macs": 0.5, "phone_ms": 20.0, "params": "many"}
