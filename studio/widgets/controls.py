"""The small controls that forms are made of; none answers the wheel while the page is scrolled under it."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QComboBox,
    QDoubleSpinBox,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QSlider,
    QSpinBox,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QWidget,
)

from studio.theme import icon, palette, theme

_LIST_FRAME = 5
"""Border and padding of the list of a combo box, by the style sheet."""


class QuietSlider(QSlider):
    """A horizontal slider that leaves the wheel to the page."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        """Scroll the page instead."""
        event.ignore()


class QuietCombo(QComboBox):
    """A combo box that leaves the wheel to the page, and whose list shows each row whole."""

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """A text that is too long ends in dots, not in half a letter."""
        painter, option = QStylePainter(self), QStyleOptionComboBox()
        self.initStyleOption(option)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        part = QStyle.SubControl.SC_ComboBoxEditField
        room = self.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, part, self).width()
        elide = Qt.TextElideMode.ElideRight
        option.currentText = self.fontMetrics().elidedText(option.currentText, elide, room)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)

    def showPopup(self) -> None:  # noqa: N802
        """As wide as the longest row, or the screen: a bar to scroll sideways would cover the last row."""
        view = self.view()
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        bar = view.verticalScrollBar().sizeHint().width() if self.count() > self.maxVisibleItems() else 0
        most = self.screen().availableGeometry().width() - 2 * _LIST_FRAME
        view.setMinimumWidth(min(view.sizeHintForColumn(0) + 2 * _LIST_FRAME + bar, most))
        super().showPopup()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        """Scroll the page instead."""
        event.ignore()


class IntegerSpin(QSpinBox):
    """A whole number; the value counts when editing is finished or an arrow is used."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setKeyboardTracking(False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        """Scroll the page unless the person works in the field."""
        _wheel(self, event, super().wheelEvent)


class NumberSpin(QDoubleSpinBox):
    """A number shown without the zeros that say nothing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setKeyboardTracking(False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def textFromValue(self, value: float) -> str:  # noqa: N802
        """The number with at most the field's decimals."""
        text = f"{value:.{self.decimals()}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        """Scroll the page unless the person works in the field."""
        _wheel(self, event, super().wheelEvent)


def _wheel(field: QWidget, event: QWheelEvent, answer: object) -> None:
    if field.hasFocus() and callable(answer):
        answer(event)
    else:
        event.ignore()


class Switch(QAbstractButton):
    """An on/off switch; Space toggles it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setCheckable(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:  # noqa: N802
        """Room for the track and its focus ring."""
        return QSize(38, 24)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Track, knob, and a ring while the keyboard is on it."""
        colours = palette()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        track = QRectF(3, 4, 32, 16)
        on = self.isChecked()
        painter.setOpacity(1.0 if self.isEnabled() else 0.45)
        painter.setPen(QPen(QColor(colours.accent if on else colours.muted), 1.25))
        painter.setBrush(QColor(colours.accent if on else colours.surface))
        painter.drawRoundedRect(track, 8, 8)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.accent_text if on else colours.muted))
        painter.drawEllipse(QPointF(track.right() - 8 if on else track.left() + 8, 12), 5, 5)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(colours.accent), 1.5))
            painter.drawRoundedRect(track.adjusted(-2.5, -2.5, 2.5, 2.5), 10, 10)
        painter.end()


class Segmented(QFrame):
    """A few choices side by side, one of them taken; the arrow keys move between them."""

    chosen = Signal(int)

    def __init__(self, count: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._group = QButtonGroup(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(2, 2, 2, 2)
        row.setSpacing(0)
        self.setProperty("role", "segments")
        for index in range(count):
            button = QPushButton()
            button.setCheckable(True)
            button.setProperty("role", "segment")
            self._group.addButton(button, index)
            row.addWidget(button)
        self._group.idClicked.connect(self.chosen)

    def set_texts(self, texts: list[str]) -> None:
        """Name the segments, in order."""
        for index, text in enumerate(texts):
            self._group.button(index).setText(text)

    def set_tips(self, tips: list[str]) -> None:
        """Explain the segments, in order."""
        for index, tip in enumerate(tips):
            self._group.button(index).setToolTip(tip)

    def current(self) -> int:
        """The segment that is taken, or -1."""
        return self._group.checkedId()

    def set_current(self, index: int) -> None:
        """Take a segment without telling anybody."""
        button = self._group.button(index)
        if button is not None:
            button.setChecked(True)

    def setAccessibleName(self, name: str) -> None:  # noqa: N802
        """Name the whole and each of its parts."""
        super().setAccessibleName(name)
        for button in self._group.buttons():
            button.setAccessibleName(f"{name}: {button.text()}")


class Dot(QWidget):
    """A small mark beside a field that is not at its default."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lit = False
        self.setFixedSize(10, 16)

    @property
    def lit(self) -> bool:
        """Whether the mark shows."""
        return self._lit

    def set_lit(self, lit: bool) -> None:
        """Show or hide the mark; its room stays."""
        self._lit = lit
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """The mark, in the accent colour."""
        if not self._lit:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(palette().accent))
        painter.drawEllipse(QPointF(4, self.height() / 2), 3, 3)
        painter.end()


class _Icon(QObject):
    """Keeps a button's icon in the theme's colours; lives as long as the button."""

    def __init__(self, button: QAbstractButton) -> None:
        super().__init__(button)
        self._button = button
        self.name = ""
        self.colour = "text"
        theme.changed.connect(self.draw)

    def draw(self) -> None:
        self._button.setIcon(icon(self.name, getattr(palette(), self.colour)))


def put_icon(button: QAbstractButton, name: str, colour: str = "text") -> None:
    """Give a button an icon that follows the theme; `colour` names a field of Palette."""
    keeper = next((child for child in button.children() if isinstance(child, _Icon)), None) or _Icon(button)
    keeper.name, keeper.colour = name, colour
    keeper.draw()
