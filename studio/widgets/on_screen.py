"""Keeps windows within the screen they are on."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import QEvent, QRect, QSize
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QWidget

_TITLE, _EDGE = 37, 2


def keep_on_screen(window: QWidget) -> None:
    """Make a window smaller, and move it, until its screen holds it whole, frame and all."""
    room = window.screen().availableGeometry()
    frame = _frame(window)
    size = window.size().boundedTo(room.size() - frame)
    if size != window.size():
        window.resize(size)
    around = QRect(window.pos(), size + frame)
    x = max(room.left(), min(around.left(), room.right() + 1 - around.width()))
    y = max(room.top(), min(around.top(), room.bottom() + 1 - around.height()))
    if (x, y) != (around.left(), around.top()):
        window.move(x, y)


class OnScreenDialog(QDialog):
    """A dialog that opens within its screen; with `grows` it gets higher with what it holds, up to the screen."""

    grows: ClassVar[bool] = False

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Be no larger than the screen."""
        super().showEvent(event)
        keep_on_screen(self)

    def event(self, event: QEvent) -> bool:
        """Grow."""
        done = super().event(event)
        if self.grows and event.type() == QEvent.Type.LayoutRequest and self.isVisible():
            # Not to what the screen has no room for: made smaller again at once, its layout would never come to rest.
            room = self.screen().availableGeometry().size() - _frame(self)
            self.resize(self.size().expandedTo(self.sizeHint()).boundedTo(room))
            keep_on_screen(self)
        return done


def _frame(window: QWidget) -> QSize:
    """What the frame takes: as told once there is one, and else as much as the common desktops take."""
    told = window.frameGeometry().size() - window.size()
    return told if told.height() > 0 else QSize(2 * _EDGE, _TITLE)
