"""A simulated phone is started, found and measured from the window: real adb, real engine, real models.

Then what the window says of the phone's time: on the card of the Phone page, and on the Recipe page.
"""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from engine.contract.phones import benches, keep
from engine.contract.project import ProjectFolder
from studio.stores.run import Run
from studio.views.phone.page import PhonePage
from studio.views.recipe.page import RecipePage
from studio.views.shell.main_window import MainWindow
from tests.studio.stores.told_benches import bench
from tests.studio.whole.test_whole_job import Person, bring_into_view, train_a_base

PATIENCE_MS = 400_000
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def own_adb(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An adb server of the test's own, on a free port, that is ended afterwards."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    monkeypatch.setenv("ANDROID_ADB_SERVER_PORT", port)
    monkeypatch.setattr("studio.workers.lines.WORDS", ["-m", "engine"])
    yield
    environment = {**os.environ, "HOME": str(home)}
    subprocess.run(["adb", "-P", port, "kill-server"], env=environment, check=False, capture_output=True, timeout=20)


@pytest.mark.timeout(900)
def test_that_a_simulated_phone_is_measured_by_mouse(
    own_adb: None, window: MainWindow, project: Path, qtbot: QtBot
) -> None:
    person = Person(window, qtbot)
    window.studio.catalog.load()
    person.wait_for(lambda: window.studio.catalog.catalog is not None)
    window.studio.project.open(project)
    base = train_a_base(person)
    window.studio.settings.update(expert=True)
    runs = ProjectFolder(project).runs
    page = connect_a_simulated_phone(person)
    cancel_a_bench(person, page, runs)
    measure(person, page, runs / base.name)
    see_where_the_time_goes(person, page, qtbot)
    see_the_latency_of_a_recipe(person, base, runs, qtbot)
    page = person.go_to(PhonePage)
    person.wait_for(lambda: "Corrected" in page.time.bars.notes.text() and page.time.value.text().startswith("≈40.0"))
    assert page.settled
    person.click(page.devices.end)
    person.wait_for(lambda: not page.phones.simulating)


def connect_a_simulated_phone(person: Person) -> PhonePage:
    page = person.go_to(PhonePage)
    person.wait_for(page.devices.empty.isVisible)
    person.click(page.devices.simulate)
    person.wait_for(lambda: any(row.phone.state == "ready" for row in page.devices.rows))
    (row,) = page.devices.rows
    assert row.phone.simulated and row.phone.soc_key == "SD855"
    for name in ("2", "4"):
        person.click(page.measure.threads.buttons[name])
    person.click(page.measure.precisions.buttons["int8"])
    page.measure.processes.setValue(2)
    return page


def cancel_a_bench(person: Person, page: PhonePage, runs: Path) -> None:
    """Stop it in the rest between two short processes, which would take minutes; nothing is kept, nothing is harmed."""
    before = content(runs)
    page.measure.pause.setValue(500)
    person.click(page.start)
    person.wait_for(lambda: page.results.live and bool(page.results.table.cells))
    assert not page.start.isEnabled() and page.start.toolTip()
    task = page.bench_task.task
    assert task is not None
    person.click(page.bench_task.stop)
    assert not page.bench_task.stop.isEnabled() and page.bench_task.text.full == "Stopping…"
    person.wait_for(lambda: not page.bench_task.busy)
    assert task.status == "cancelled" and page.bench_task.failure.isHidden() and page.bench_task.isHidden()
    assert page.results.bench is None and page.results.table.cells == {} and not page.results.live
    assert content(runs) == before
    assert page.start.isEnabled() and [row.phone.state for row in page.devices.rows] == ["ready"]


def measure(person: Person, page: PhonePage, run: Path) -> None:
    page.measure.pause.setValue(0)
    person.click(page.start)
    person.wait_for(lambda: not page.bench_task.failure.isHidden() or page.results.bench is not None)
    assert page.bench_task.failure.isHidden(), page.bench_task.failure.text.text()
    cells = page.results.table.cells
    assert set(cells) == {("fp32", 1), ("fp16", 1)}
    assert all(cell.value.text().endswith(" ms") for cell in cells.values())
    (kept,) = benches(run)
    assert kept.simulated and kept == page.results.bench
    assert {parity.agrees for parity in kept.parity} == {True}


def see_where_the_time_goes(person: Person, page: PhonePage, qtbot: QtBot) -> None:
    """The chip is that of the phone at hand; what was simulated stands beside the estimate and is called so."""
    card = page.time
    person.wait_for(lambda: not card.store.busy and card.value.isVisible())
    bring_into_view(card)
    first = card.value.text()
    assert first.startswith("≈") and " – " in first
    assert set(card.bars.bars) >= {"backbone", "head", "post"} and card.bars.advice.text()
    assert "simulated" in card.measured.text() and card.measured.isVisible()
    assert "Corrected" not in card.bars.notes.text()
    press(card.chooser.threads, Qt.Key.Key_End, qtbot)
    person.wait_for(lambda: not card.store.busy and card.value.isVisible())
    told = card.store.answer
    assert told is not None and told.figure.conditions.threads == 4
    assert card.value.text() != first and not card.measured.isVisible()  # nothing was run with 4 threads
    press(card.chooser.threads, Qt.Key.Key_Home, qtbot)
    person.wait_for(lambda: not card.store.busy and card.value.text() == first)


def see_the_latency_of_a_recipe(person: Person, base: Run, runs: Path, qtbot: QtBot) -> None:
    """Estimated with its interval; as a simulated phone corrects nothing and a real one does."""
    page = person.go_to(RecipePage)
    totals, previews = page.totals, person.studio.previews
    row = totals.rows["phone_ms"]
    person.click(page.start.add)
    assert page._gallery is not None
    person.click(page._gallery.buttons["filter_prune"])
    person.wait_for(lambda: not previews.busy and totals.rows["macs"].change.text().startswith("▼"))
    assert totals.phone.soc.currentText() == "Snapdragon 855"  # as long as nobody chose another
    press(totals.phone.threads, Qt.Key.Key_Home, qtbot)
    person.wait_for(lambda: not previews.busy and row.isVisible())
    assert previews.latest is not None and previews.latest.error is None, previews.latest
    assert row.mark.source == "estimated" and row.now.text().startswith("≈") and row.change.text().startswith("▼")
    assert "Estimated" in totals.interval.text() and totals.interval.isVisible()
    assert page.stack.cards[0].chips.chips["phone_ms"].text().startswith("Phone  ▼")
    told = previews.latest.phone
    assert told is not None and told.figure.low is not None and told.figure.high is not None
    assert told.figure.low < told.figure.value < told.figure.high
    assert "backbone" in totals.shares.bars and "Corrected" not in totals.shares.notes.text()
    before = row.now.text()
    keep(runs / base.name, bench(base.name))  # a phone with this chip took 40 ms, with one thread in fp32
    person.click(page.stack.cards[0].switch)
    person.wait_for(lambda: not previews.busy and row.base.text() == "from ≈40.0 ms")
    person.click(page.stack.cards[0].switch)
    person.wait_for(lambda: not previews.busy and row.now.text() not in (before, "≈40.0 ms"))
    assert "Corrected" in totals.shares.notes.text() and totals.shares.notes.isVisible()
    assert "Estimated" in totals.interval.text() and row.mark.source == "estimated"


def press(combo: QComboBox, key: Qt.Key, qtbot: QtBot) -> None:
    bring_into_view(combo)
    assert combo.isVisible() and combo.isEnabled()
    combo.setFocus()
    qtbot.keyClick(combo, key)


def content(folder: Path) -> dict[str, str]:
    """Every file of a folder with the hash of what it holds."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
