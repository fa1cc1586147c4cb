"""Holds pages, one in front; scrolls where there is less room than the one in front needs."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget


class _Stack(QWidget):
    """As QStackedWidget, but as small as the page in front may be: the others ask for no room."""

    def __init__(self) -> None:
        super().__init__()
        self.front: QWidget | None = None

    def bring(self, page: QWidget) -> None:
        """Show a page instead of the one in front."""
        before, self.front = self.front, page
        page.setGeometry(self.rect())
        page.show()
        if before is not None and before is not page:
            self._hand_on(before, page)
            before.hide()
        self.updateGeometry()

    def _hand_on(self, before: QWidget, page: QWidget) -> None:
        """Keys go where they went on that page last; Qt would hand them to any other widget of the window."""
        held = self.window().focusWidget()
        if held is not None and before.isAncestorOf(held):
            (page.focusWidget() or page).setFocus(Qt.FocusReason.OtherFocusReason)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """What the page in front needs."""
        if self.front is None:
            return QSize(0, 0)
        return self.front.minimumSizeHint().expandedTo(self.front.minimumSize())

    def event(self, event: QEvent) -> bool:
        """A page that needs other room than before has the area look again."""
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """The page fills it."""
        super().resizeEvent(event)
        if self.front is not None:
            self.front.setGeometry(self.rect())


class PageArea(QScrollArea):
    """Pages are added and brought to the front. With `narrow` it is never narrower than the page in front."""

    def __init__(self, narrow: bool = True) -> None:
        super().__init__()
        self._narrow = narrow
        self._stack = _Stack()
        self._stack.setObjectName("scrolled")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidgetResizable(True)
        self.setWidget(self._stack)

    def addWidget(self, page: QWidget) -> None:  # noqa: N802
        """Take a page in; the first is in front."""
        page.hide()
        page.setParent(self._stack)
        if self._stack.front is None:
            self.setCurrentWidget(page)

    def currentWidget(self) -> QWidget | None:  # noqa: N802
        """The page in front."""
        return self._stack.front

    def setCurrentWidget(self, page: QWidget) -> None:  # noqa: N802
        """Bring a page to the front, from its top."""
        if page is not self._stack.front:
            self._stack.bring(page)
            self.verticalScrollBar().setValue(0)
            self.horizontalScrollBar().setValue(0)
            self.updateGeometry()

    def event(self, event: QEvent) -> bool:
        """The page in front needs another width, or another is there."""
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().event(event)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Small, since it scrolls."""
        width = 120 if self._narrow else self._stack.minimumSizeHint().width()
        return QSize(width, 120)

    def sizeHint(self) -> QSize:  # noqa: N802
        """As the page in front would like it."""
        front = self._stack.front
        return front.sizeHint() if front is not None else QSize(0, 0)
