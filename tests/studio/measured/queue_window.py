"""`queue_window.py PROJECT OUT`: a studio that shows its queue, and tells in OUT/places.json where things are.

For queue_by_mouse.py, which asks for a picture NAME by a file OUT/NAME.wish.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from studio.app import open_window
from studio.views.shell.main_window import MainWindow

_TELL_MS = 200
_HEIGHT = 820


def main(project: Path, out: Path) -> None:
    """Stay until it is killed."""
    app = QApplication(sys.argv[:1])
    studio, window = open_window(app)
    window.setGeometry(20, 20, 1500, 1240)
    window.show()
    assert studio.project.open(project)
    window.show_queue()
    window.resizeDocks([window.panes.jobs], [_HEIGHT], Qt.Orientation.Vertical)
    timer = QTimer(window)
    timer.timeout.connect(lambda: tell(window, out))
    timer.start(_TELL_MS)
    app.exec()


def tell(window: MainWindow, out: Path) -> None:
    """Where everything is now, and the pictures that are wished for."""
    panel = window.jobs.queue
    table = panel.table
    rows = {}
    for place, row in enumerate(panel.model.rows):
        middle = table.visualRect(panel.model.index(place, 1)).center()
        spot = table.viewport().mapToGlobal(QPoint(60, middle.y()))
        rows[str(row.number)] = [spot.x(), spot.y()]
    named: dict[str, QWidget] = {
        "up": panel.up, "down": panel.down, "toggle": panel.toggle, "cancel": panel.cancel,
        "hold": panel.hold, "put_back": panel.undo.button,
    }  # fmt: skip
    buttons = {name: _middle(button) for name, button in named.items() if button.isVisible()}
    written = out / "places.tmp"
    written.write_text(json.dumps({"rows": rows, "buttons": buttons}))
    written.rename(out / "places.json")
    for wish in out.glob("*.wish"):
        window.grab().save(str(wish.with_suffix(".png")))
        wish.unlink()


def _middle(widget: QWidget) -> list[int]:
    spot = widget.mapToGlobal(widget.rect().center())
    return [spot.x(), spot.y()]


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
