"""What is as wide as its place and scrolls up and down, and two such side by side, or below each other."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QSplitter, QWidget

_LEAST_HEIGHT = 120
_BAR = 12
"""The width of a scroll bar, by the style sheet."""


class Scrolled(QScrollArea):
    """Asks for the width that its content needs: a plain area lets the content be cut at the right."""

    def __init__(self, body: QWidget) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        if not body.objectName():
            body.setObjectName("scrolled")
        self.setWidget(body)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """As wide as the content must be, and a little high."""
        body = self.widget()
        width = max(body.minimumSizeHint().width(), body.minimumWidth()) if body is not None else 0
        return QSize(width + _BAR, _LEAST_HEIGHT)

    def sizeHint(self) -> QSize:  # noqa: N802
        """All of the content."""
        body = self.widget()
        return body.sizeHint() + QSize(_BAR, 0) if body is not None else QSize(0, 0)

    def event(self, event: QEvent) -> bool:
        """Other content needs another width."""
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().event(event)


class Folding(QSplitter):
    """Parts side by side while each has the width that it needs, else below each other.

    They have their `shares` of the room until somebody moves the line between them.
    """

    def __init__(self, *shares: int) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._shares: tuple[int, ...] | None = shares
        self.setChildrenCollapsible(False)
        self.splitterMoved.connect(self._keep)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """As wide as the widest part, for they may go below each other."""
        sizes = self._sizes()
        wide = max((size.width() for size in sizes), default=0)
        heights = [size.height() for size in sizes]
        if self.orientation() == Qt.Orientation.Horizontal:
            return QSize(wide, max(heights, default=0))
        return QSize(wide, sum(heights) + self.handleWidth() * max(0, len(sizes) - 1))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Fold, or unfold."""
        super().resizeEvent(event)
        self.fold()

    def event(self, event: QEvent) -> bool:
        """Parts that need another width may have to go below each other."""
        done = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest:
            self.fold()
        return done

    def fold(self) -> None:
        """Put the parts as they fit."""
        sizes = self._sizes()
        need = sum(size.width() for size in sizes) + self.handleWidth() * max(0, len(sizes) - 1)
        wanted = Qt.Orientation.Horizontal if self.width() >= need else Qt.Orientation.Vertical
        if wanted != self.orientation():
            self.setOrientation(wanted)
            self.updateGeometry()
        if self._shares is not None:
            room = self.width() if wanted == Qt.Orientation.Horizontal else self.height()
            self.setSizes([share * room for share in self._shares])

    def _keep(self) -> None:
        self._shares = None

    def _sizes(self) -> list[QSize]:
        parts = [part for place in range(self.count()) if (part := self.widget(place)) is not None]
        return [part.minimumSizeHint().expandedTo(part.minimumSize()) for part in parts if not part.isHidden()]
