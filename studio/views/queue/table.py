"""The queue on screen: a row for each entry, moved by keys and by dragging."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QFont, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QWidget,
)

from studio.bound_texts import bind, on_language
from studio.presenters.queue.queue_rows import COLUMNS, QueueRow
from studio.theme import palette, theme
from studio.views.queue.model import ROW_ROLE, QueueModel
from studio.widgets.model_index import AnyIndex

ROW_HEIGHT = 32
_WIDTHS = {"place": 40, "kind": 92, "project": 120, "state": 176, "time": 176}
_PAD, _EDGE, _CHIP, _BAR = 6, 12, 20, 4
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_KEYS = {Qt.Key.Key_Up: "up", Qt.Key.Key_Down: "down", Qt.Key.Key_Home: "top", Qt.Key.Key_End: "end"}


class QueueCellDelegate(QStyledItemDelegate):
    """Paints a cell: texts, and the state as a chip with a bar beside it."""

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:  # noqa: N802
        """One line."""
        return QSize(60, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Draw the ground, then the cell."""
        row: QueueRow = index.data(ROW_ROLE)
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        colours = palette()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, QColor(colours.selection))
        painter.setPen(QColor(colours.border))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        column = COLUMNS[index.column()]
        inner = rect.adjusted(_EDGE if column == "place" else _PAD, 0, -_PAD, 0)
        if column == "state":
            self._paint_state(painter, inner, row)
        else:
            quiet = column in ("place", "kind", "project")
            painter.setPen(QColor(colours.muted if quiet else colours.text))
            mode = Qt.TextElideMode.ElideMiddle if column == "title" else Qt.TextElideMode.ElideRight
            painter.drawText(inner, _LEFT, painter.fontMetrics().elidedText(row.cells[column], mode, inner.width()))
        painter.restore()

    def _paint_state(self, painter: QPainter, rect: QRect, row: QueueRow) -> None:
        colours = palette()
        font = QFont(painter.font())
        font.setPixelSize(12)
        painter.setFont(font)
        text = row.cells["state"]
        colour = QColor(getattr(colours, row.tone or "muted"))
        width = painter.fontMetrics().horizontalAdvance(text) + 16
        chip = QRectF(rect.left(), rect.center().y() - _CHIP / 2 + 0.5, min(width, rect.width()), _CHIP)
        ground = QColor(colour)
        ground.setAlphaF(0.13)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(chip, _CHIP / 2, _CHIP / 2)
        painter.setPen(colour)
        painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, text)
        if not row.at_work or row.percent is None:
            return
        number = f"{row.percent:.0f} %"
        room = painter.fontMetrics().horizontalAdvance("100 %") + 4
        painter.setPen(QColor(colours.text))
        painter.drawText(rect, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, number)
        bar = QRectF(
            chip.right() + 8, rect.center().y() - _BAR / 2 + 0.5, rect.right() - room - chip.right() - 12, _BAR
        )
        if bar.width() < 12:
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.border))
        painter.drawRoundedRect(bar, _BAR / 2, _BAR / 2)
        bar.setWidth(max(_BAR, bar.width() * row.percent / 100))
        painter.setBrush(QColor(colours.info))
        painter.drawRoundedRect(bar, _BAR / 2, _BAR / 2)


class QueueTable(QTreeView):
    """`asked` tells what is wanted of the selected entry: up, down, top, end, toggle, cancel, show, menu."""

    asked = Signal(str)
    current_changed = Signal()

    def __init__(self, model: QueueModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._kept: int | None = None
        self._place = 0
        self.setModel(model)
        self.setItemDelegate(QueueCellDelegate(self))
        self.setObjectName("queue")
        self.setProperty("role", "bare")
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setAllColumnsShowFocus(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDropIndicatorShown(True)
        self.setDragDropOverwriteMode(False)
        self._size_columns()
        bind(self.setAccessibleName, "studio.queue.list")
        model.modelReset.connect(self._restore)
        self.selectionModel().currentChanged.connect(self._on_current)
        self.doubleClicked.connect(lambda _: self.asked.emit("show"))
        theme.changed.connect(self.viewport().update)
        on_language(self.viewport().update)

    def current(self) -> QueueRow | None:
        """The selected entry."""
        place = self._model.place(self._kept)
        return self._model.rows[place] if place is not None else None

    def select(self, number: int | None) -> None:
        """Select an entry."""
        self._kept = number
        self._restore()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Alt with the arrows moves it, Space pauses it or has it go on, Delete cancels it, Enter shows it."""
        key = Qt.Key(event.key())
        if event.modifiers() & Qt.KeyboardModifier.AltModifier and key in _KEYS:
            self.asked.emit(_KEYS[key])
        elif key == Qt.Key.Key_Delete:
            self.asked.emit("cancel")
        elif key == Qt.Key.Key_Space:
            self.asked.emit("toggle")
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.asked.emit("show")
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802
        """By the right button, or by the key for it."""
        if event.reason() == QContextMenuEvent.Reason.Mouse:
            index = self.indexAt(event.pos())
            if not index.isValid():
                return
            self.setCurrentIndex(index)
        self.asked.emit("menu")

    def _size_columns(self) -> None:
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionsMovable(False)
        header.setMinimumSectionSize(30)
        for place, column in enumerate(COLUMNS):
            stretches = column == "title"
            mode = QHeaderView.ResizeMode.Stretch if stretches else QHeaderView.ResizeMode.Interactive
            header.setSectionResizeMode(place, mode)
            if not stretches:
                header.resizeSection(place, _WIDTHS[column])

    def _on_current(self) -> None:
        index = self.currentIndex()
        if index.isValid():
            self._kept, self._place = self._model.rows[index.row()].number, index.row()
        self.current_changed.emit()

    def _restore(self) -> None:
        """After entries came, went or moved, the same one stays selected."""
        place = self._model.place(self._kept)
        if place is None and self._model.rows:
            place = min(self._place, len(self._model.rows) - 1)  # its place is another's now
        if place is not None:
            self.setCurrentIndex(self._model.index(place, 0))
        else:
            self._kept, self._place = None, 0
        self.current_changed.emit()
