"""Builds pages before they are opened, so that opening one does not stand still."""

from __future__ import annotations

import gc
from collections.abc import Iterator

from PySide6.QtCore import QTimer

from studio.views.shell.main_window import MainWindow

PAUSE_MS = 120
"""Between two pieces of work the window answers, whatever is in its queue."""


class BuiltAhead(QTimer):
    """Builds the pages of a window and their heavy parts, one at a time; waits where no project is open."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._pieces = self._work()
        self.setInterval(PAUSE_MS)
        self.timeout.connect(self._step)

    def _step(self) -> None:
        if self._window.studio.project.folder is not None and next(self._pieces, None) is None:
            self.stop()
            self.deleteLater()
            # What is there now stays as long as the window: the collector need not go through it time and again.
            gc.freeze()

    def _work(self) -> Iterator[str]:
        for key in self._window.entries:
            if key not in self._window.pages:
                self._window.built(key)
                yield key
            self._window.built(key).prepare()
            yield key
