"""Bars as a table: what is counted, a bar stacked by split, and the exact numbers beside it.

A table serves the eye as a chart and a screen reader as numbers; it also sorts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from engine.contract.dataset import Part
from studio.i18n import tr
from studio.theme import palette, theme
from studio.views.pictures.thumbnail_delegate import part_colour
from studio.views.pictures.thumbnails import part_name
from studio.widgets.model_index import AnyIndex

_BAR_HEIGHT = 12
_ROW = 32
_NUMBER = 60
_GAP_FROM = 4.0
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True)
class BarRow:
    """One bar: its name, how many each split holds (in the order of the chart), a colour and a warning, if any."""

    name: str
    counts: tuple[int, ...]
    colour: QColor | None = None
    warning: str = ""

    @property
    def total(self) -> int:
        """Over all splits."""
        return sum(self.counts)


class BarModel(QAbstractTableModel):
    """Columns: the name, the bar, one number per split, the total."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: list[BarRow] = []
        self.parts: tuple[Part, ...] = ()
        self.title = ""

    def show(self, title: str, parts: Sequence[Part], rows: Sequence[BarRow]) -> None:
        """Show other rows; `title` heads the first column."""
        self.beginResetModel()
        self.title, self.parts, self.rows = title, tuple(parts), list(rows)
        self.endResetModel()

    @property
    def largest(self) -> int:
        """The longest bar's total, at least 1."""
        return max((row.total for row in self.rows), default=0) or 1

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008, N802
        """One row a bar."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008, N802
        """Name, bar, splits, total."""
        return 0 if parent.isValid() else len(self.parts) + 3

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Text, tooltip and colours of a cell."""
        row, column = self.rows[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(row, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self.sentence(row)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self.sentence(row) if column < 2 else self._text(row, column)
        if role == Qt.ItemDataRole.TextAlignmentRole and column > 1:
            return _RIGHT
        if role == Qt.ItemDataRole.ForegroundRole and column > 1 and self._text(row, column) == "0":
            return QColor(palette().muted)
        return None

    def headerData(  # noqa: N802
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """The title, the splits, the total."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if section > 1 else Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        return [self.title, "", *map(part_name, self.parts), tr("studio.data.total")][section]

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """By name, or by a number."""
        self.layoutAboutToBeChanged.emit()
        down = order == Qt.SortOrder.DescendingOrder
        if column == 0:
            self.rows.sort(key=lambda row: row.name.casefold(), reverse=down)
        else:
            place = column - 2
            chosen = range(len(self.parts))
            key = (lambda row: row.counts[place]) if place in chosen else (lambda row: row.total)
            self.rows.sort(key=key, reverse=down)
        self.layoutChanged.emit()

    def sentence(self, row: BarRow) -> str:
        """A bar in words: all its numbers and what is odd about it."""
        numbers = [f"{part_name(part)} {count}" for part, count in zip(self.parts, row.counts, strict=True)]
        text = f"{row.name}: {', '.join(numbers)}; {tr('studio.data.total')} {row.total}"
        return f"{text}\n{row.warning}" if row.warning else text

    def _text(self, row: BarRow, column: int) -> str:
        if column == 0:
            return row.name
        if column == 1:
            return ""
        place = column - 2
        return str(row.counts[place] if place < len(self.parts) else row.total)


class _BarDelegate(QStyledItemDelegate):
    """Draws the bar, stacked by split; a warning stands behind it in words."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        model = index.model()
        if not isinstance(model, BarModel):
            return
        row = model.rows[index.row()]
        cell: QRect = option.rect
        super().paint(painter, option, index)
        room = QRectF(cell).adjusted(4, 0, -8, 0)
        bar = QRectF(room.left(), room.center().y() - _BAR_HEIGHT / 2, 0, _BAR_HEIGHT)
        bar.setWidth(room.width() * row.total / model.largest)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if row.total:
            _paint_stack(painter, bar, row, model.parts)
        if row.warning:
            painter.setPen(QColor(palette().warn))
            beside = room.adjusted(bar.width() + (8 if row.total else 0), 0, 0, 0)
            painter.drawText(beside, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, f"⚠ {row.warning}")
        painter.restore()


def _paint_stack(painter: QPainter, bar: QRectF, row: BarRow, parts: tuple[Part, ...]) -> None:
    bar.setWidth(max(bar.width(), 2.0))
    clip = QPainterPath()
    clip.addRoundedRect(bar, 3, 3)
    painter.setClipPath(clip)
    left = bar.left()
    for part, count in zip(parts, row.counts, strict=True):
        width = bar.width() * count / row.total
        painter.fillRect(QRectF(left, bar.top(), width, bar.height()), part_colour(part))
        left += width
        # A gap tells neighbours apart without their colours.
        if width > _GAP_FROM:
            painter.fillRect(QRectF(left - 1, bar.top(), 1, bar.height()), QColor(palette().surface))


class _NameDelegate(QStyledItemDelegate):
    """Draws a dot in the class's colour before its name."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: AnyIndex) -> None:  # noqa: N802
        super().initStyleOption(option, index)
        model = index.model()
        if isinstance(model, BarModel) and model.rows[index.row()].colour is not None:
            option.text = f"      {option.text}"

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        super().paint(painter, option, index)
        model = index.model()
        colour = model.rows[index.row()].colour if isinstance(model, BarModel) else None
        if colour is None:
            return
        cell: QRect = option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(palette().border))
        painter.setBrush(colour)
        painter.drawRoundedRect(QRectF(cell.left() + 8, cell.center().y() - 4, 10, 10), 2, 2)
        painter.restore()


class BarTable(QTableView):
    """A chart of bars that is a table; as high as its rows when `whole`, else it scrolls."""

    def __init__(self, parent: QWidget | None = None, *, whole: bool = False) -> None:
        super().__init__(parent)
        self._whole = whole
        self.bars = BarModel(self)
        self.setModel(self.bars)
        self.setItemDelegateForColumn(0, _NameDelegate(self))
        self.setItemDelegateForColumn(1, _BarDelegate(self))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setProperty("role", "bare")
        self.setShowGrid(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSortingEnabled(not whole)
        self.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.horizontalHeader().setHighlightSections(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW)
        theme.changed.connect(self.viewport().update)

    def show_bars(self, title: str, parts: Sequence[Part], rows: Sequence[BarRow]) -> None:
        """Show other bars."""
        self.bars.show(title, parts, rows)
        self.setAccessibleName(title)
        header = self.horizontalHeader()
        header.setMinimumSectionSize(48)
        for column in range(self.bars.columnCount()):
            mode = (QHeaderView.ResizeMode.ResizeToContents, QHeaderView.ResizeMode.Stretch)
            header.setSectionResizeMode(column, mode[column] if column < 2 else QHeaderView.ResizeMode.Fixed)
            if column > 1:
                header.resizeSection(column, _NUMBER)
        if self._whole:
            self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
            self.setFixedHeight(_ROW * len(rows) + header.sizeHint().height() + 2)

    def sizeHint(self) -> QSize:  # noqa: N802
        """Wide enough for a bar that says something."""
        return QSize(480, super().sizeHint().height())
