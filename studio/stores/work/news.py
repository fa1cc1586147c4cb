"""What the desktop is told of: long work that has ended while the window had not the focus. A click comes back here."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication

from studio.stores.settings import SettingsStore
from studio.stores.work.queue import QueueStore
from studio.stores.work.queue_look import News
from studio.workers.desktop import Desktop

LONG_S = 60.0
"""Work of less than that is over before anybody went away from it."""
_TOLD = ("finished", "failed", "lost")


class NewsStore(QObject):
    """`told` has News that the desktop is to be told of, by `show`; `clicked` the folder of the one clicked on."""

    told = Signal(object)
    clicked = Signal(object)

    def __init__(self, settings: SettingsStore, queue: QueueStore, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._desktop = Desktop(self)
        self._desktop.clicked.connect(lambda root: self.clicked.emit(Path(root)))
        queue.ended.connect(self._on_ended)

    def show(self, news: News, title: str, text: str, action: str) -> None:
        """Tell the desktop, in these words."""
        self._desktop.notify(str(news.entry.run), title, text, action)

    def close(self) -> None:
        """Tell nothing more."""
        self._desktop.close()

    def _on_ended(self, news: News) -> None:
        """What somebody stopped by hand is no news to them."""
        seen = QGuiApplication.applicationState() == Qt.ApplicationState.ApplicationActive
        if self._settings.value.notify and not seen and news.seconds >= LONG_S and news.status in _TOLD:
            self.told.emit(news)
