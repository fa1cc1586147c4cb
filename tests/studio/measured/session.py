"""`python -m tests.studio.measured.session PROJECT RUN`: a session in one window, measured; prints a document.

RUN is the folder of a run that `writer` tells slowly meanwhile.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QLabel

from studio import app as studio_app
from studio.studio import Studio
from studio.views.recipe.page import RecipePage
from studio.views.shell.main_window import MainWindow
from studio.views.shell.pages import PAGES
from studio.views.train.page import TrainPage
from studio.widgets.schema.editors import SliderEditor
from tests.studio.measured.watch import Watchdog, spin

MOVES = 30
EVENTS = 40
RATE = 4


class Painted(QObject):
    """Notes when a widget was painted last, in seconds since 1970."""

    def __init__(self, widget: QObject) -> None:
        super().__init__()
        self.times = 0
        self.last = 0.0
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Look at what comes by; a paint event counts from when it begins."""
        if event.type() == QEvent.Type.Paint:
            self.times += 1
            self.last = time.time()
        return False


def main(project: str, run: str) -> None:
    """Do the session."""
    app = QApplication(["studio"])
    studio, window = studio_app.open_window(app)
    window.show()
    studio.catalog.load()
    spin(until=lambda: studio.catalog.catalog is not None)
    studio.project.open(project)
    spin(until=lambda: all(run.caught_up for run in studio.runs.runs))
    dog = Watchdog()
    dog.enter("warming up")
    studio_app.warm_up(studio, window)
    spin(5.0)
    for round_name in ("first", "again"):
        for key in PAGES:
            dog.enter(f"page {key}, {round_name}")
            window.show_page(key)
            spin(1.0)
    seen: dict[str, Any] = {"slider_ms": pull_slider(studio, window, dog)}
    switch(studio, dog)
    seen["curve_ms"] = follow(window, Path(run), dog)
    dog.stop()
    seen["gaps"] = dog.longest
    seen["rss_kb"] = int(Path("/proc/self/status").read_text().split("VmRSS:")[1].split()[0])
    window.close()
    studio.close()
    print(json.dumps(seen))


def pull_slider(studio: Studio, window: MainWindow, dog: Watchdog) -> list[float]:
    """Milliseconds from each move of a slider to the paint of the new MACs; the first move only warms up."""
    window.show_page("recipe")
    page = window.page
    assert isinstance(page, RecipePage)
    studio.recipe.insert("filter_prune")
    editor, label = page.stack.cards[0].form.rows["ratio"].editor, page.totals.rows["macs"].now
    assert isinstance(editor, SliderEditor)
    page.stack.cards[0].set_expanded(True)
    spin(until=lambda: not studio.previews.busy and label.text() not in ("", "-"))
    spin(1.0)
    painted = Painted(label)
    dog.enter("slider")
    editor.slider.setSliderDown(True)
    taken = []
    for move in range(MOVES + 1):
        taken.append(one_move(studio, editor, 10 + 2 * move, label, painted))
        spin(0.03)
    editor.slider.setSliderDown(False)
    return taken[1:]


def one_move(studio: Studio, editor: SliderEditor, position: int, label: QLabel, painted: Painted) -> float:
    """Until the paint of the new figure; until it is there, where it reads the same as the one before."""
    before, answered = label.text(), list[float]()
    slot = studio.previews.changed.connect(lambda: answered.append(time.time()))
    began = time.time()
    editor.slider.setSliderPosition(position)
    told = spin(until=lambda: answered and not studio.previews.busy, limit_s=30)
    studio.previews.changed.disconnect(slot)
    if not told:
        return 30_000.0
    if label.text() != before:
        spin(until=lambda: painted.last > began, limit_s=1)
    return 1000 * (max(answered[-1], painted.last) - began)


def switch(studio: Studio, dog: Watchdog) -> None:
    """Change language and theme, there and back."""
    for fields in ({"language": "zh"}, {"language": "en"}, {"theme": "dark"}, {"theme": "light"}):
        dog.enter(f"{next(iter(fields))} switched")
        studio.settings.update(**fields)
        spin(0.5)


def follow(window: MainWindow, run: Path, dog: Watchdog) -> list[float]:
    """Milliseconds from the telling of each point of a growing curve to its paint."""
    window.show_page("train")
    page = window.page
    assert isinstance(page, TrainPage) and page.curves is not None
    curves = page.curves
    words = [sys.executable, "-m", "tests.studio.measured.writer", str(run), str(EVENTS), str(RATE), "1"]
    with subprocess.Popen(words):
        spin(until=lambda: window.studio.runs.by_name(run.name) is not None)
        followed = window.studio.runs.by_name(run.name)
        assert followed is not None
        told: dict[int, float] = {}
        followed.told.connect(lambda events: told.update((e.step, e.time) for e in events if e.type == "metric"))
        page.show_run(followed)
        dog.enter("curve growing")
        taken: dict[int, float] = {}
        painted = Painted(curves.loss.plot.viewport())

        def look() -> bool:
            line = curves.loss.lines.get("loss")
            steps = line.raw.getData()[0] if line is not None else None
            drawn = int(steps[-1]) if steps is not None and len(steps) else -1
            for step in [step for step in told if step <= drawn and step not in taken]:
                if painted.last > told[step]:
                    taken[step] = 1000 * (painted.last - told[step])
            return len(taken) >= EVENTS or followed.status in ("finished", "lost")

        spin(until=look)
    # The first point makes the line and its name in the legend.
    return [taken[step] for step in sorted(taken)][1:]


if __name__ == "__main__":
    main(*sys.argv[1:])
