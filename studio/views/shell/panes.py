"""The panes on the right of a page and below it: shown while they are wanted, at the size that the window has."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QDockWidget, QMainWindow, QWidget

from studio.presenters.panes import pane_keys
from studio.stores.settings import SettingsStore

_SIDE, _BELOW = 320, 140
_WANTED = 0.32
"""Share of the window that the pane below gets at least when somebody asks for it."""


class Panes(QObject):
    """Two docks of a window. They fold by themselves where it gets small; `changed` when one is shown or not."""

    changed = Signal()

    def __init__(self, window: QMainWindow, settings: SettingsStore, side: QWidget, below: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._settings = settings
        self._offered = {"inspector": False, "jobs": False}
        self.jobs = _dock(window, "jobs", below, Qt.DockWidgetArea.BottomDockWidgetArea)
        self.inspector = _dock(window, "inspector", side, Qt.DockWidgetArea.RightDockWidgetArea)
        window.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea)
        window.installEventFilter(self)

    def size(self) -> None:
        """Give both the room that they have at first."""
        self._window.resizeDocks([self.jobs], [_BELOW], Qt.Orientation.Vertical)
        self._window.resizeDocks([self.inspector], [_SIDE], Qt.Orientation.Horizontal)

    def keep(self) -> None:
        """Have the pane below as high as it is now once another sheet is laid out, in which it would grow."""
        height, below = self.jobs.height(), Qt.Orientation.Vertical
        if self.jobs.isVisible():
            QTimer.singleShot(0, self, lambda: self._window.resizeDocks([self.jobs], [height], below))

    def offer(self, inspector: bool, jobs: bool) -> None:
        """Say what there is to show at all, wanted or not."""
        self._offered = {"inspector": inspector, "jobs": jobs}
        self.fit()

    def want(self, name: str) -> None:
        """Show one, "inspector" or "jobs", whatever was wanted before."""
        self._offered[name] = True
        self._settings.update(**{self._keys()[name]: True})
        self.fit()
        least = round(_WANTED * self._window.height())
        if name == "jobs" and self.jobs.height() < least:
            self._window.resizeDocks([self.jobs], [least], Qt.Orientation.Vertical)

    def toggle(self, name: str) -> None:
        """Show or hide one, "inspector" or "jobs", for windows as large, or as small, as this one is now."""
        key = self._keys()[name]
        self._settings.update(**{key: not getattr(self._settings.value, key)})
        self.fit()

    def fit(self) -> None:
        """Show what is wanted at the window's size."""
        keys, before = self._keys(), (self.inspector.isHidden(), self.jobs.isHidden())
        for name, dock in (("inspector", self.inspector), ("jobs", self.jobs)):
            dock.setVisible(self._offered[name] and getattr(self._settings.value, keys[name]))
        if before != (self.inspector.isHidden(), self.jobs.isHidden()):
            self.changed.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Fold or bring back when the window has another size."""
        if event.type() == QEvent.Type.Resize:
            self.fit()
        return super().eventFilter(watched, event)

    def _keys(self) -> dict[str, str]:
        side, below = pane_keys(self._window.width(), self._window.height())
        return {"inspector": side, "jobs": below}


def _dock(window: QMainWindow, name: str, content: QWidget, area: Qt.DockWidgetArea) -> QDockWidget:
    dock = QDockWidget()
    dock.setObjectName(f"{name}_dock")
    dock.setFeatures(QDockWidget.DockWidgetFeature.NoDockWidgetFeatures)
    dock.setTitleBarWidget(QWidget())
    dock.setWidget(content)
    window.addDockWidget(area, dock)
    return dock
