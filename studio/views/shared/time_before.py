"""Beside a button that starts work: how long that will take here, and how much of the queue comes before it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent

from studio.bound_texts import on_language
from studio.presenters.queue.time_words import before_tip, before_words
from studio.stores.work.queue import QueueStore
from studio.stores.work.time_ahead import TimeAhead
from studio.widgets.labels import Elided


class TimeBefore(Elided):
    """Empty while there is nothing to tell; cut where there is little room, and whole in its tooltip."""

    def __init__(self, ahead: TimeAhead, queue: QueueStore) -> None:
        super().__init__("", "muted", Qt.TextElideMode.ElideRight)
        self._ahead, self._queue = ahead, queue
        ahead.changed.connect(self._show)
        queue.changed.connect(self._show)
        on_language(self._show)
        self._show()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Cut anew."""
        super().resizeEvent(event)
        self._show_tip()

    def _show(self) -> None:
        words = before_words(self._ahead.left, self._queue.ahead(), halted=self._queue.settings.paused)
        if words != self.full:
            self.set_full(words)
        self._show_tip()

    def _show_tip(self) -> None:
        self.setToolTip("\n".join(filter(None, (self.full, before_tip(self._ahead.left)))))
