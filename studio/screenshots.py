"""`python -m studio.screenshots PROJECT OUT`: every page of a project as PNG, in both themes and both languages.

Needs no screen. Writes OUT/<page>-<theme>-<language>.png; with `--small`, one theme and language for each page.
Settings and layout of whoever runs it are neither read nor changed.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from engine.contract.text.messages import Language

if TYPE_CHECKING:
    from studio.studio import Studio
    from studio.views.page import Page
    from studio.views.shell.main_window import MainWindow

WIDTH, HEIGHT = 1440, 900
SETTLING_MS = 800
FINDING_MS = 60_000
"""The longest wait for the engine, which finds objects on a first picture or counts detectors."""
FIT = "fit"
"""The part of the Compare page that shows fits, drawn where the project has one."""
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
LANGUAGES: tuple[Language, ...] = ("en", "zh")


def main(argv: list[str]) -> int:
    """Draw the pages; 0 when all are written."""
    parser = argparse.ArgumentParser(prog="python -m studio.screenshots", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("project", type=Path, help="folder of a project")
    parser.add_argument("out", type=Path, help="folder for the PNG files")
    parser.add_argument("--small", action="store_true", help="light theme and English alone")
    args = parser.parse_args(argv)
    args.out.mkdir(parents=True, exist_ok=True)
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from studio.app import qt_messages_logged

    with tempfile.TemporaryDirectory(prefix="espalier-settings-") as scratch, qt_messages_logged():
        os.environ["XDG_CONFIG_HOME"] = scratch
        count = 1 if args.small else 2
        for path in shoot(args.project, args.out, THEMES[:count], LANGUAGES[:count]):
            print(path)
    return 0


def shoot(
    project: Path, out: Path, themes: Sequence[Literal["light", "dark"]], languages: Sequence[Language]
) -> list[Path]:
    """Open the project and grab every page; the files in the order in which they were written."""
    from PySide6.QtWidgets import QApplication

    from studio.app import open_window
    from studio.views.shell.pages import PAGES

    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    studio, window = open_window(app)
    window.resize(WIDTH, HEIGHT)
    window.show()
    studio.catalog.load()
    written = []
    for key in ("start", *PAGES, FIT):
        if key != "start" and studio.project.project is None:
            studio.project.open(str(project))
        if key == FIT and not _show_fit(studio, window):
            continue
        for language, theme in product(languages, themes):
            # By the settings, as a person would: whatever else changes them sets both again.
            studio.settings.update(language=language, theme=theme)
            if key != "start":
                window.show_page("compare" if key == FIT else key)
            _settle(window.page)
            written.append(out / f"{key}-{theme}-{language}.png")
            window.grab().save(str(written[-1]))
    window.close()
    studio.close()
    return written


def _show_fit(studio: Studio, window: MainWindow) -> bool:
    """Bring the project's newest fit to the front, with a point chosen; False where there is none."""
    from studio.views.compare.page import ComparePage
    from studio.views.fit.entry import FITS

    page = window.built("compare")
    assert isinstance(page, ComparePage)
    _settle(page)
    if not studio.fits.fits:
        return False
    page.prepare()
    page.show_part(FITS)
    front = studio.fits.fits[0].front
    if front is not None and front.trials:
        page.front.choose("winner" if front.winner is not None else f"trial-{front.trials[-1].number}")
    return True


def _settle(page: Page | None) -> None:
    """Let a page load what it shows, and wait for what it has asked the engine."""
    from PySide6.QtTest import QTest

    QTest.qWait(SETTLING_MS)  # unlike processEvents() it also deletes what is to be deleted later
    waited = 0
    while page is not None and not page.settled and waited < FINDING_MS:
        QTest.qWait(SETTLING_MS)
        waited += SETTLING_MS


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
