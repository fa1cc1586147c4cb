"""What every large picture can do: the wheel zooms about the pointer, a drag moves, a double click or 0 shows all."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from studio.views.pictures.viewport import Viewport

NOTCH = 1.25
"""How much larger one notch of the wheel makes a picture, and one press of + ."""


class ZoomedWidget(QWidget):
    """Who inherits says by `picture_size` how large the picture is, and draws it on `area()`.

    `viewed` tells that another part is seen. Two widgets that are given one `viewport`, each updated when the other
    tells `viewed`, show the same part of their pictures.
    """

    viewed = Signal()

    def __init__(self, parent: QWidget | None = None, viewport: Viewport | None = None) -> None:
        super().__init__(parent)
        self.seen = viewport or Viewport()
        self._held: QPointF | None = None
        self.setMouseTracking(True)

    def picture_size(self) -> QSizeF:
        """The size of the picture in its own pixels; an empty one while there is none."""
        raise NotImplementedError

    def room(self) -> QRectF:
        """The part of the widget that the picture may fill."""
        return QRectF(self.rect())

    def area(self) -> QRectF:
        """Where the whole picture lies in pixels of the widget, what is outside it and not seen as well."""
        return self.seen.area(self.picture_size(), self.room())

    def visible_area(self) -> QRectF:
        """The part of the picture's area that is seen."""
        return self.area() & self.room()

    def fit(self) -> None:
        """Show the whole picture."""
        self._tell(self.seen.fit())

    def zoom_by(self, factor: float, place: QPointF | None = None) -> None:
        """Zoom about a place of the widget, its middle if none is given."""
        spot = place if place is not None else self.room().center()
        self._tell(self.seen.zoom_at(spot, factor, self.picture_size(), self.room()))

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        """Zoom about the pointer; without a picture the wheel is the page's."""
        turned = event.angleDelta().y()
        if self.picture_size().isEmpty() or not turned:
            event.ignore()
            return
        self.zoom_by(NOTCH ** (turned / 120), event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Take hold of a picture of which a part is seen."""
        buttons = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
        if event.button() in buttons and not self.seen.whole:
            self._held = event.position()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Move the picture that is held."""
        if self._held is not None:
            by, self._held = event.position() - self._held, event.position()
            self._tell(self.seen.pan(by, self.picture_size(), self.room()))
        else:
            self.setCursor(self.shape_at(event.position()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Let go of it."""
        self._held = None
        self.setCursor(self.shape_at(event.position()))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Show the whole picture."""
        self._held = None
        self.fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """0 shows the whole picture, + and - zoom about its middle."""
        factors = {Qt.Key.Key_Plus: NOTCH, Qt.Key.Key_Equal: NOTCH, Qt.Key.Key_Minus: 1 / NOTCH}
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_0:
            self.fit()
        elif key in factors:
            self.zoom_by(factors[key])
        else:
            super().keyPressEvent(event)

    def shape_at(self, place: QPointF) -> Qt.CursorShape:
        """The pointer's shape at a place: a hand where the picture can be moved."""
        return Qt.CursorShape.ArrowCursor if self.seen.whole else Qt.CursorShape.OpenHandCursor

    def _tell(self, changed: bool) -> None:
        if changed:
            self.update()
            self.viewed.emit()
