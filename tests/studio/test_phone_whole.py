"""A simulated phone is started, found and measured from the window: real adb, real engine, real models."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from engine.contract.phones import benches
from engine.contract.project import ProjectFolder
from studio.views.main_window import MainWindow
from studio.views.phone_page import PhonePage
from tests.studio.test_whole_job import Person, train_a_base

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
    page.measure.pause.setValue(0)
    person.click(page.start)
    person.wait_for(lambda: not page.bench_task.failure.isHidden() or page.results.bench is not None)
    assert page.bench_task.failure.isHidden(), page.bench_task.failure.text.text()
    cells = page.results.table.cells
    assert set(cells) == {("fp32", 1), ("fp16", 1)}
    assert all(cell.value.text().endswith(" ms") for cell in cells.values())
    (kept,) = benches(ProjectFolder(project).runs / base.name)
    assert kept.simulated and kept == page.results.bench
    assert {parity.agrees for parity in kept.parity} == {True}
    person.click(page.devices.end)
    person.wait_for(lambda: not page.phones.simulating)
