"""`python -m tests.studio.measured.large_data PROJECT SECONDS`: the Data page scrolled through; prints a document."""

from __future__ import annotations

import json
import sys
import time

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine.contract.dataset import Part
from studio import app as studio_app
from studio.views.data.page import DataPage
from studio.views.pictures.thumbnails import ThumbnailGrid
from tests.studio.measured.watch import Watchdog, spin

FRAME_S = 0.016
JUMPS = 12


def main(project: str, seconds: str) -> None:
    """Open the project, look at each tab, scroll from end to end in so many seconds, jump, filter."""
    app = QApplication(["studio"])
    studio, window = studio_app.open_window(app)
    window.show()
    studio_app.warm_up(studio, window)
    spin(5.0)
    dog = Watchdog()
    began = time.monotonic()
    dog.enter("open project")
    studio.project.open(project)
    window.show_page("data")
    page = window.page
    assert isinstance(page, DataPage)
    grid = page.pictures.grid
    spin(until=lambda: grid.loader.idle() and grid.pictures.rowCount())
    opened = time.monotonic() - began
    dog.enter("pages built ahead")
    spin(until=lambda: len(window.pages) == len(window.entries))
    spin(5.0)
    for place in (1, 2, 0):
        dog.enter(f"tab {place}")
        page.tabs.setCurrentIndex(place)
        spin(1.0)
    filters: tuple[tuple[str, Part | None, int | None], ...] = (
        ("all", None, None), ("one split", "train", None), ("one class", None, 1), ("split and class", "train", 1)
    )  # fmt: skip
    for phase, split, kind in filters:
        dog.enter(f"filter: {phase}")
        grid.show_index(studio.project.index, split, kind)
        spin(0.5)
        dog.enter(f"scroll: {phase}")
        scroll(grid, float(seconds) / (1 if phase == "all" else 4))
        dog.enter(f"jumps: {phase}")
        jump(grid)
    dog.stop()
    rows = grid.pictures.rowCount()
    window.close()
    studio.close()
    print(json.dumps({"opened_s": opened, "gaps": dog.longest, "rows": rows}))


def scroll(grid: ThumbnailGrid, seconds: float) -> None:
    """From the first row to the last, a step for each frame of a screen."""
    bar = grid.verticalScrollBar()
    began = time.monotonic()
    while (gone := time.monotonic() - began) < seconds:
        bar.setValue(round(bar.maximum() * gone / seconds))
        spin(FRAME_S)
    bar.setValue(bar.maximum())
    spin(until=grid.loader.idle)


def jump(grid: ThumbnailGrid) -> None:
    """To far places, by the scroll bar and by keys."""
    bar = grid.verticalScrollBar()
    for n in range(JUMPS):
        bar.setValue(bar.maximum() * (n * 7 % JUMPS) // JUMPS)
        spin(0.1)
    for key in (Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_PageUp, Qt.Key.Key_Home):
        QTest.keyClick(grid, key)
        spin(0.2)


if __name__ == "__main__":
    main(*sys.argv[1:])
