"""A card beside the pointer, which says what is under it; it never leaves the widget that it belongs to."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel, QWidget

_AWAY = QPoint(16, 16)


class HoverCard(QLabel):
    """Hidden until something is said; the pointer goes through it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("hoverCard")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def say(self, text: str, pointer: QPoint) -> None:
        """Show a text, plain or rich, beside a place of the parent."""
        self.setText(text)
        self.adjustSize()
        spot, parent = pointer + _AWAY, self.parentWidget()
        assert parent is not None
        room = (parent.width() - self.width(), parent.height() - self.height())
        self.move(max(0, min(spot.x(), room[0])), max(0, min(spot.y(), room[1])))
        self.show()
        self.raise_()
