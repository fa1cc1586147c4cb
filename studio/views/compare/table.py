"""The table of runs on screen: two lines a cell, the tree in the first column, A and B to click on."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QColor,
    QContextMenuEvent,
    QFont,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QMenu,
    QStyle,
    QStyleOptionButton,
    QTableView,
    QWidget,
)

from engine.contract.figures import Figure
from studio.i18n import tr
from studio.presenters.compare.run_rows import Row
from studio.presenters.figure_words import change_words
from studio.presenters.numbers import Delta, show
from studio.theme import palette, pixmap, theme
from studio.views.shared.run_table import DELTA_ROLE, FIGURE_ROLE, ROW_ROLE, RUN, SIDE_ROLE, SIDES, RunTable
from studio.views.shared.table_rows import LEFT, RIGHT, RowDelegate
from studio.widgets.model_index import AnyIndex

ROW_HEIGHT = 44
_PAD, _INDENT, _TICK, _DISC = 12, 18, 16, 22
_MARK = 14
_FIGURE, _NAME = 76, (196, 264)
"""How wide a figure is with what is said of its change, and how wide names are at least and at most."""


class RunCellDelegate(RowDelegate):
    """Paints a cell of the table of runs in two lines."""

    def paint_cell(self, painter: QPainter, rect: QRect, index: AnyIndex) -> None:
        """Draw the run, its sides, or a figure."""
        if index.column() == RUN:
            self._paint_run(painter, rect, index)
        elif index.column() == SIDES:
            self._paint_sides(painter, rect, index.data(SIDE_ROLE))
        else:
            self._paint_figure(painter, rect, index.data(FIGURE_ROLE), index.data(DELTA_ROLE))

    def _paint_run(self, painter: QPainter, rect: QRect, index: AnyIndex) -> None:
        row: Row = index.data(ROW_ROLE)
        model, view = index.model(), self.parent()
        tick = QStyleOptionButton()
        tick.rect = tick_rect(rect)
        checked = index.data(Qt.ItemDataRole.CheckStateRole) == Qt.CheckState.Checked
        on = QStyle.StateFlag.State_On if checked else QStyle.StateFlag.State_Off
        tick.state = QStyle.StateFlag.State_Enabled | on
        if isinstance(view, QWidget):
            view.style().drawPrimitive(QStyle.PrimitiveElement.PE_IndicatorItemViewItemCheck, tick, painter, view)
        depth = row.depth if isinstance(model, RunTable) and model.sorted_by_tree else 0
        left = rect.left() + _PAD + _TICK + 10 + depth * _INDENT
        if depth:
            elbow = QPointF(left - 10, rect.center().y())
            painter.setPen(QPen(QColor(palette().muted), 1))
            painter.drawPolyline([elbow - QPointF(0, 12), elbow, elbow + QPointF(6, 0)])
        text = QRect(left, rect.top(), rect.right() - left - 4, rect.height())
        number = f"{row.number:04d}"
        painter.setPen(QColor(palette().muted))
        painter.drawText(text, LEFT, number)
        text.setLeft(text.left() + painter.fontMetrics().horizontalAdvance(number) + 8)
        painter.setPen(QColor(palette().text))
        room = text.width() - (_MARK + 4 if row.other_data is not None else 0)
        words = painter.fontMetrics().elidedText(row.label, Qt.TextElideMode.ElideMiddle, room)
        painter.drawText(text, LEFT, words)
        if row.other_data is not None:
            left = text.left() + painter.fontMetrics().horizontalAdvance(words) + 4
            painter.drawPixmap(left, rect.center().y() - _MARK // 2, pixmap("alert", palette().warn, _MARK))

    def _paint_sides(self, painter: QPainter, rect: QRect, chosen: tuple[bool, bool]) -> None:
        font = QFont(painter.font())
        font.setPixelSize(11)
        font.setBold(True)
        painter.setFont(font)
        for disc, letter, on, colour in zip(side_rects(rect), "AB", chosen, (palette().a, palette().b), strict=True):
            painter.setPen(QPen(QColor(colour if on else palette().border), 2 if on else 1))
            painter.setBrush(QColor(colour) if on else Qt.BrushStyle.NoBrush)
            painter.drawEllipse(QRectF(disc).adjusted(1, 1, -1, -1))
            painter.setPen(QColor("white") if on else QColor(palette().muted))
            painter.drawText(disc, Qt.AlignmentFlag.AlignCenter, letter)

    def _paint_figure(self, painter: QPainter, rect: QRect, figure: Figure | None, change: Delta | None) -> None:
        inner = rect.adjusted(4, 0, -6, 0)
        certain = figure is not None and figure.source != "estimated"
        painter.setPen(QColor(palette().text if certain else palette().muted))
        if figure is not None and figure.disturbed:
            mark = pixmap("alert", palette().warn, 14)
            painter.drawPixmap(inner.left(), (inner.center().y() if change is None else inner.top() + 13) - 7, mark)
        if change is None:
            painter.drawText(inner, RIGHT, show(figure))
            return
        upper = QRect(inner.left(), inner.top() + 4, inner.width(), inner.height() // 2 - 3)
        lower = QRect(inner.left(), upper.bottom(), inner.width(), inner.height() // 2 - 3)
        painter.drawText(upper, RIGHT, show(figure))
        font = QFont(painter.font())
        font.setPixelSize(11)
        painter.setFont(font)
        painter.setPen(QColor(delta_colour(change)))
        metrics = QFontMetrics(font)
        words = change_words(change)
        painter.drawText(
            lower, RIGHT, next((text for text in words if metrics.horizontalAdvance(text) <= lower.width()), words[-1])
        )


class CompareTable(QTableView):
    """The table; `sided` tells a run and "a" or "b", `chosen` the run of the current row, `fit_asked` one to fit."""

    sided = Signal(str, str)
    chosen = Signal(str)
    fit_asked = Signal(str)

    def __init__(self, model: RunTable, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runs = model
        self.setModel(model)
        self.setItemDelegate(RunCellDelegate(ROW_HEIGHT, self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setProperty("role", "plain")
        self.setTabKeyNavigation(False)
        self.setMouseTracking(True)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(64)
        header.setSectionResizeMode(SIDES, QHeaderView.ResizeMode.Fixed)
        header.resizeSection(SIDES, 2 * _DISC + 28)
        header.setSectionResizeMode(RUN, QHeaderView.ResizeMode.Interactive)
        self._dragged = self._sizing = False
        header.sectionResized.connect(self._on_resized)
        self.sortByColumn(RUN, Qt.SortOrder.AscendingOrder)
        self.setSortingEnabled(True)
        theme.changed.connect(self.viewport().update)
        self.selectionModel().currentRowChanged.connect(self._on_current)

    def row_at(self, position: QPoint) -> Row | None:
        """The run under a place in the viewport."""
        index = self.indexAt(position)
        return index.data(ROW_ROLE) if index.isValid() else None

    def current(self) -> Row | None:
        """The run of the current row."""
        index = self.currentIndex()
        return index.data(ROW_ROLE) if index.isValid() else None

    def select(self, name: str) -> None:
        """Make a run's row current."""
        place = self._runs.place(name)
        if place is not None:
            self.setCurrentIndex(self._runs.index(place, RUN))

    def ask(self, name: str, position: QPoint) -> None:
        """The menu of a run, at a place on the screen."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for side, text in (("a", tr("studio.compare.make_a")), ("b", tr("studio.compare.make_b"))):
            action = QAction(text, menu)
            action.setShortcut(side.upper())
            action.triggered.connect(lambda _=False, side=side: self.sided.emit(name, side))
            menu.addAction(action)
        menu.addSeparator()
        tick = QAction(tr("studio.compare.on_scatter"), menu, checkable=True, checked=self._runs.is_ticked(name))
        tick.triggered.connect(lambda: self._runs.toggle(name))
        menu.addAction(tick)
        fit = QAction(tr("studio.fit.new"), menu)
        fit.setShortcut("F")
        fit.triggered.connect(lambda: self.fit_asked.emit(name))
        menu.addAction(fit)
        menu.popup(position)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Names of runs give way to figures, until a person sets how wide they are."""
        super().resizeEvent(event)
        if not self._dragged:
            figures = self._runs.columnCount() - 2
            room = self.viewport().width() - self.columnWidth(SIDES) - figures * _FIGURE
            self._sizing = True
            self.horizontalHeader().resizeSection(RUN, max(_NAME[0], min(_NAME[1], room)))
            self._sizing = False

    def _on_resized(self, column: int) -> None:
        self._dragged = self._dragged or (column == RUN and not self._sizing and self.isVisible())

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """A click on a tick or on a letter does its work and selects the row."""
        super().mousePressEvent(event)
        spot = event.position().toPoint()
        index, row = self.indexAt(spot), self.row_at(spot)
        if row is None or event.button() != Qt.MouseButton.LeftButton:
            return
        rect = self.visualRect(index)
        if index.column() == RUN and tick_rect(rect).adjusted(-6, -6, 6, 6).contains(spot):
            self._runs.toggle(row.name)
        elif index.column() == SIDES:
            for side, disc in zip("ab", side_rects(rect), strict=True):
                if disc.adjusted(-2, -4, 2, 4).contains(spot):
                    self.sided.emit(row.name, side)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802
        """The menu of the run under the pointer, or of the current one."""
        keyboard = event.reason() == QContextMenuEvent.Reason.Keyboard
        row = self.current() if keyboard else self.row_at(event.pos())
        if row is not None:
            self.ask(row.name, event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """A and B choose sides, Space ticks, F fits the run to a phone; the rest is the table's."""
        row, key = self.current(), event.key()
        if row is not None and key in (Qt.Key.Key_A, Qt.Key.Key_B):
            self.sided.emit(row.name, "a" if key == Qt.Key.Key_A else "b")
        elif row is not None and key == Qt.Key.Key_Space:
            self._runs.toggle(row.name)
        elif row is not None and key == Qt.Key.Key_F:
            self.fit_asked.emit(row.name)
        else:
            super().keyPressEvent(event)

    def viewportEvent(self, event: QEvent) -> bool:  # noqa: N802
        """Show by the pointer's shape what can be clicked."""
        if event.type() == QEvent.Type.MouseMove and isinstance(event, QMouseEvent):
            over = self.indexAt(event.position().toPoint()).column() == SIDES
            shape = Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor
            self.viewport().setCursor(shape)
        return super().viewportEvent(event)

    def _on_current(self, current: QModelIndex) -> None:
        if current.isValid():
            self.chosen.emit(current.data(ROW_ROLE).name)


def tick_rect(cell: QRect) -> QRect:
    """Where the tick is in a cell of the first column."""
    return QRect(cell.left() + _PAD, cell.center().y() - _TICK // 2 + 1, _TICK, _TICK)


def side_rects(cell: QRect) -> tuple[QRect, QRect]:
    """Where the letters A and B are in a cell of the second column."""
    left, top = cell.center().x() - _DISC - 3, cell.center().y() - _DISC // 2
    return QRect(left, top, _DISC, _DISC), QRect(left + _DISC + 6, top, _DISC, _DISC)


def delta_colour(change: Delta) -> str:
    """Green for better, red for worse, grey for neither."""
    if change.better is None:
        return palette().muted
    return palette().good if change.better else palette().bad
