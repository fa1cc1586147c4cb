"""The rail on the left: one button per page, with an icon, a name and the page's state."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QFrame, QToolButton, QVBoxLayout

from studio.bound_texts import bind, on_language
from studio.i18n import tr
from studio.presenters.page_state import PageState
from studio.theme import icon, palette, restyle, theme
from studio.views.shell.actions import ActionRegistry
from studio.views.shell.pages import PageEntry
from studio.views.shell.window_actions import page_action

STATES = {
    PageState.EMPTY: "studio.core.state_empty",
    PageState.READY: "studio.core.state_ready",
    PageState.BUSY: "studio.core.state_busy",
    PageState.DONE: "studio.core.state_done",
    PageState.PROBLEM: "studio.core.state_problem",
}

_WIDTH, _HIGH, _LOW = 76, 64, 44
_GAP, _EDGE = 4, 8


class RailButton(QToolButton):
    """One page. Its state is a mark of its own shape, so that colour is not the only sign."""

    def __init__(self, entry: PageEntry, keys: str) -> None:
        super().__init__()
        self._entry = entry
        self._keys = keys
        self._state = PageState.EMPTY
        self.setObjectName(f"rail_{entry.key}")
        self.setProperty("role", "rail")
        self.setCheckable(True)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        self.set_height(_HIGH)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        bind(self.setText, entry.title)
        theme.changed.connect(self._draw)
        self.toggled.connect(self._draw)
        on_language(self._say)
        self._draw()
        self._say()

    def set_state(self, state: PageState) -> None:
        """Show another state."""
        if state is not self._state:
            self._state = state
            self._say()
            self.update()

    def set_height(self, height: int) -> None:
        """Be as high as there is room; a low one has a smaller icon."""
        low = height < _HIGH
        self.setIconSize(QSize(18, 18) if low else QSize(22, 22))
        self.setFixedSize(_WIDTH, height)
        restyle(self, low=low)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """The button, then its mark."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        _draw_mark(painter, QRectF(self.width() - 22, 8 if self.height() == _HIGH else 4, 10, 10), self._state)

    def _draw(self) -> None:
        self.setIcon(icon(self._entry.icon, palette().accent if self.isChecked() else None))

    def _say(self) -> None:
        page, state = tr(self._entry.title), tr(STATES[self._state])
        self.setToolTip(tr("studio.core.rail_tip", page=page, state=state, keys=self._keys))
        self.setAccessibleName(page)
        self.setAccessibleDescription(state)


class Rail(QFrame):
    """Tells which page was chosen."""

    chosen = Signal(str)

    def __init__(self, pages: Iterable[PageEntry], registry: ActionRegistry) -> None:
        super().__init__()
        self.setObjectName("rail")
        self.setFixedWidth(93)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, _EDGE, 8, _EDGE)
        column.setSpacing(_GAP)
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        self.buttons: dict[str, RailButton] = {}
        for entry in pages:
            button = self.buttons[entry.key] = RailButton(entry, registry[page_action(entry.key)].keys)
            self._group.addButton(button)
            button.clicked.connect(lambda _=False, key=entry.key: self.chosen.emit(key))
            column.addWidget(button)
        column.addStretch(1)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """As low as its buttons can be."""
        return QSize(self.width(), self._height(_LOW))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Every button at once is high or low."""
        super().resizeEvent(event)
        height = _HIGH if self.height() >= self._height(_HIGH) else _LOW
        for button in self.buttons.values():
            if button.height() != height:
                button.set_height(height)

    def _height(self, each: int) -> int:
        count = len(self.buttons)
        return count * each + (count - 1) * _GAP + 2 * _EDGE

    def show_page(self, key: str | None) -> None:
        """Mark the page in front; None where there is none."""
        self._group.setExclusive(False)
        for name, button in self.buttons.items():
            button.setChecked(name == key)
        self._group.setExclusive(True)

    def set_enabled(self, on: bool) -> None:
        """Whether there is a project to show pages of."""
        for button in self.buttons.values():
            button.setEnabled(on)


def _draw_mark(painter: QPainter, where: QRectF, state: PageState) -> None:
    """Nothing, a ring, a half-filled ring, a disc, or a triangle."""
    colours = palette()
    if state is PageState.EMPTY:
        return
    named = {PageState.PROBLEM: colours.bad, PageState.BUSY: colours.info}
    colour = QColor(named.get(state, colours.accent))
    painter.setPen(QPen(colour, 1.6))
    inner = where.adjusted(1, 1, -1, -1)
    if state is PageState.PROBLEM:
        painter.setBrush(colour)
        top = QPointF(inner.center().x(), inner.top())
        painter.drawPolygon([top, inner.bottomRight(), inner.bottomLeft()])
        return
    painter.setBrush(colour if state is PageState.DONE else Qt.BrushStyle.NoBrush)
    painter.drawEllipse(inner)
    if state is PageState.BUSY:
        painter.setBrush(colour)
        painter.drawPie(inner, 90 * 16, -180 * 16)
