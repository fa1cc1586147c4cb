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
from pathlib import Path
from typing import Literal

from engine.contract.messages import Language

WIDTH, HEIGHT = 1440, 900
SETTLING_S = 0.8
FINDING_S = 9.0
"""Until the engine has found objects on a first picture."""
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
    with tempfile.TemporaryDirectory(prefix="espalier-settings-") as scratch:
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
    from studio.views.main_window import PAGES

    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    studio, window = open_window(app)
    window.resize(WIDTH, HEIGHT)
    window.show()
    studio.catalog.load()
    written = []
    for language in languages:
        for name in themes:
            # By the settings, as a person would: whatever else changes them sets both again.
            studio.settings.update(language=language, theme=name)
            for key in ("start", *PAGES):
                if key == "start":
                    studio.project.close()
                elif studio.project.project is None:
                    studio.project.open(str(project))
                if key != "start":
                    window.show_page(key)
                _settle(FINDING_S if key == "compare" else SETTLING_S)
                file = out / f"{key}-{name}-{language}.png"
                window.grab().save(str(file))
                written.append(file)
    window.close()
    studio.close()
    return written


def _settle(seconds: float) -> None:
    """Let the page load what it shows."""
    from PySide6.QtTest import QTest

    QTest.qWait(round(1000 * seconds))  # unlike processEvents() it also deletes what is to be deleted later


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
