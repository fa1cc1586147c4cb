"""The rail on the left: one button per page, with an icon, a name and the page's state."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QButtonGroup, QFrame, QToolButton, QVBoxLayout

from studio.i18n import bind, on_language, tr
from studio.theme import icon, palette, theme
from studio.views.page import PageState

STATES = {
    PageState.EMPTY: "studio.core.state_empty",
    PageState.READY: "studio.core.state_ready",
    PageState.BUSY: "studio.core.state_busy",
    PageState.DONE: "studio.core.state_done",
    PageState.PROBLEM: "studio.core.state_problem",
}
NAMES = {
    "data": "studio.core.page_data",
    "detector": "studio.core.page_detector",
    "recipe": "studio.core.page_recipe",
    "train": "studio.core.page_train",
    "compare": "studio.core.page_compare",
    "phone": "studio.core.page_phone",
}


class RailButton(QToolButton):
    """One page. Its state is a mark of its own shape, so that colour is not the only sign."""

    def __init__(self, key: str, number: int) -> None:
        super().__init__()
        self.key = key
        self._number = number
        self._state = PageState.EMPTY
        self.setObjectName(f"rail_{key}")
        self.setProperty("role", "rail")
        self.setCheckable(True)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        self.setIconSize(QSize(22, 22))
        self.setFixedSize(76, 64)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        bind(self.setText, NAMES[key])
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

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """The button, then its mark."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        _draw_mark(painter, QRectF(self.width() - 22, 8, 10, 10), self._state)

    def _draw(self) -> None:
        self.setIcon(icon(NAMES_OF_ICONS.get(self.key, self.key), palette().accent if self.isChecked() else None))

    def _say(self) -> None:
        state = tr(STATES[self._state])
        keys = f"Ctrl+{self._number}"
        self.setToolTip(tr("studio.core.rail_tip", page=tr(NAMES[self.key]), state=state, keys=keys))
        self.setAccessibleName(tr(NAMES[self.key]))
        self.setAccessibleDescription(state)


NAMES_OF_ICONS: dict[str, str] = {}
"""Icons of pages that are not called after their page."""


class Rail(QFrame):
    """Tells which page was chosen."""

    chosen = Signal(str)

    def __init__(self, keys: list[str]) -> None:
        super().__init__()
        self.setObjectName("rail")
        self.setFixedWidth(93)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(4)
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        self.buttons: dict[str, RailButton] = {}
        for number, key in enumerate(keys, start=1):
            button = self.buttons[key] = RailButton(key, number)
            self._group.addButton(button)
            button.clicked.connect(lambda _=False, key=key: self.chosen.emit(key))
            column.addWidget(button)
        column.addStretch(1)

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
