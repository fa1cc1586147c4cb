"""Every page of a project, one picture for each theme and language."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Literal

from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine.contract.text.messages import Language
from studio.app import open_window
from studio.screenshots.at_work import at_work
from studio.studio import Studio
from studio.views.compare.page import ComparePage
from studio.views.fit.entry import FITS
from studio.views.page import Page
from studio.views.shell.main_window import MainWindow
from studio.views.shell.pages import PAGES
from studio.views.train.page import TrainPage

Theme = Literal["light", "dark"]

WIDTH, HEIGHT = 1440, 900
SETTLING_MS = 800
FIRST_METER_MS = 2500
"""How busy the processor is takes two looks at it."""
FINDING_MS = 60_000
"""The longest wait for the engine, which finds objects on a first picture or counts detectors."""
START, FIT, QUEUE = "start", "fit", "queue"
"""What is drawn beside the pages: before a project is open; fits, where the project has one; the queue at work."""
THEMES: tuple[Theme, ...] = ("light", "dark")
LANGUAGES: tuple[Language, ...] = ("en", "zh")


def shoot(
    project: Path, out: Path, themes: Sequence[Theme], languages: Sequence[Language], room: Path | None = None
) -> list[Path]:
    """Open the project and grab every page; the files in the order in which they were written.

    With `room`, an empty folder, also the queue while it works on a copy of the project that is made there.
    """
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    studio, window = open_window(app)
    window.resize(WIDTH, HEIGHT)
    window.show()
    studio.catalog.load()
    shots = _Shots(studio, window, out, list(product(languages, themes)))
    try:
        QTest.qWait(FIRST_METER_MS)
        shots.take(START)
        studio.project.open(str(project))
        for key in PAGES:
            shots.take(key)
        if _show_fit(studio, window):
            shots.take(FIT, "compare")
        if room is not None:
            with at_work(studio, project, room):
                _show_queue(studio, window)
                shots.take(QUEUE, "train")
    finally:
        window.leaving.quietly = True
        window.close()
        studio.close()
    return shots.written


class _Shots:
    """Grabs the window, and keeps what was written."""

    def __init__(self, studio: Studio, window: MainWindow, out: Path, looks: Sequence[tuple[Language, Theme]]) -> None:
        self._studio, self._window, self._out, self._looks = studio, window, out, looks
        self.written: list[Path] = []

    def take(self, name: str, page: str | None = None) -> None:
        """A picture of a page for each theme and language; under another name than that of the page, if it has one."""
        for language, theme in self._looks:
            # By the settings, as a person would: whatever else changes them sets both again.
            self._studio.settings.update(language=language, theme=theme)
            if name != START:
                self._window.show_page(page or name)
            settle(self._window.page)
            self.written.append(self._out / f"{name}-{theme}-{language}.png")
            self._window.grab().save(str(self.written[-1]))


def _show_fit(studio: Studio, window: MainWindow) -> bool:
    """Bring the project's newest fit to the front, with a point chosen; False where there is none."""
    page = window.built("compare")
    assert isinstance(page, ComparePage)
    settle(page)
    if not studio.fits.fits:
        return False
    page.prepare()
    page.show_part(FITS)
    front = studio.fits.fits[0].front
    if front is not None and front.trials:
        page.front.choose("winner" if front.winner is not None else f"trial-{front.trials[-1].number}")
    return True


def _show_queue(studio: Studio, window: MainWindow) -> None:
    """Bring the queue to the front, below the run that is at work."""
    page = window.built("train")
    assert isinstance(page, TrainPage)
    window.show_page("train")
    page.show_run(studio.runs.active())
    window.show_queue()
    settle(page)  # before another theme, which leaves the panes as high as they are then


def settle(page: Page | None) -> None:
    """Let a page load what it shows, and wait for what it has asked the engine."""
    QTest.qWait(SETTLING_MS)  # unlike processEvents() it also deletes what is to be deleted later
    waited = 0
    while page is not None and not page.settled and waited < FINDING_MS:
        QTest.qWait(SETTLING_MS)
        waited += SETTLING_MS
