"""Beside a button that starts work: how long that will take here, and how much of the queue comes before it."""

from __future__ import annotations

from studio.bound_texts import on_language
from studio.presenters.queue.time_words import before_tip, before_words
from studio.stores.work.queue import QueueStore
from studio.stores.work.time_ahead import TimeAhead
from studio.widgets.labels import Muted


class TimeBefore(Muted):
    """Empty, and not there, while there is nothing to tell."""

    def __init__(self, ahead: TimeAhead, queue: QueueStore) -> None:
        super().__init__()
        self.setWordWrap(False)
        self._ahead, self._queue = ahead, queue
        ahead.changed.connect(self._show)
        queue.changed.connect(self._show)
        on_language(self._show)
        self._show()

    def _show(self) -> None:
        words = before_words(self._ahead.left, self._queue.ahead())
        if words != self.text() or not words:
            self.show_text(words)
            self.setVisible(bool(words))
        self.setToolTip(before_tip(self._ahead.left))
