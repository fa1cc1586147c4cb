"""The trained points of a front in a table, those that were tried and not taken among them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from studio.bound_texts import bind
from studio.presenters.fit.front_rows import COLUMNS, FrontRow, column_titles
from studio.theme import palette, theme

_ROW_HEIGHT = 28
_KEY, _SORT = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1
_LEFT = ("point", "run", "state")
_UNTIMED = ("aimed", "time")


class FrontTable(QTableWidget):
    """`chosen` tells the key of the current row, `opened` one that was chosen by Return or a double click."""

    chosen = Signal(str)
    opened = Signal(str)

    def __init__(self) -> None:
        super().__init__(0, len(COLUMNS))
        self.rows: Sequence[FrontRow] = ()
        self._timed = True
        self.setObjectName("front")
        self.setProperty("role", "plain")
        self.setShowGrid(False)
        self.setFrameShape(QTableWidget.Shape.NoFrame)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW_HEIGHT)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setMinimumSectionSize(56)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(COLUMNS.index("run"), QHeaderView.ResizeMode.Stretch)
        bind(self.setAccessibleName, "studio.fit.table")
        self.setSortingEnabled(True)
        self.sortByColumn(0, Qt.SortOrder.DescendingOrder)
        self.currentCellChanged.connect(self._on_current)
        # Not what activates an item: on some desktops that is a single click, which only chooses.
        self.itemDoubleClicked.connect(lambda item: self.opened.emit(item.data(_KEY)))
        theme.changed.connect(self._write)

    def show_rows(self, rows: Sequence[FrontRow], *, timed: bool) -> None:
        """Show these points, and keep the one that is current."""
        self.rows, self._timed = rows, timed
        self._write()

    def select(self, key: str | None) -> None:
        """Make a point's row current, and tell nobody; none for a point that was not trained."""
        found = [row for row in range(self.rowCount()) if self._key(row) == key]
        with QSignalBlocker(self):
            if found:
                self.setCurrentCell(found[0], max(self.currentColumn(), 0))
            else:
                self.setCurrentCell(-1, -1)
                self.clearSelection()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Return opens the current row; the rest is the table's."""
        key = self._key(self.currentRow())
        if key is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit(key)
        else:
            super().keyPressEvent(event)

    def _key(self, row: int) -> str | None:
        item = self.item(row, 0)
        return item.data(_KEY) if item is not None else None

    def _write(self) -> None:
        kept = self._key(self.currentRow())
        with QSignalBlocker(self):
            self.setSortingEnabled(False)
            self.setRowCount(len(self.rows))
            for column, title in enumerate(column_titles()):
                heading = QTableWidgetItem(title)
                heading.setTextAlignment(_side(column))
                self.setHorizontalHeaderItem(column, heading)
                self.setColumnHidden(column, not self._timed and COLUMNS[column] in _UNTIMED)
            for place, row in enumerate(self.rows):
                for column in range(len(COLUMNS)):
                    self.setItem(place, column, _item(row, column))
            self.setSortingEnabled(True)
        self.select(kept)

    def _on_current(self, row: int, *_: int) -> None:
        key = self._key(row)
        if key is not None:
            self.chosen.emit(key)


class _Cell(QTableWidgetItem):
    def __lt__(self, other: QTableWidgetItem) -> bool:
        mine, theirs = self.data(_SORT), other.data(_SORT)
        return bool(mine < theirs) if type(mine) is type(theirs) else super().__lt__(other)


def _item(row: FrontRow, column: int) -> QTableWidgetItem:
    item = _Cell(row.cells[column])
    item.setData(_KEY, row.key)
    item.setData(_SORT, row.sorts[column])
    item.setToolTip(row.tips[column] or row.cells[column])
    item.setTextAlignment(_side(column))
    colours = palette()
    if COLUMNS[column] == "state" and row.tone:
        item.setForeground(QColor(getattr(colours, row.tone)))
    elif COLUMNS[column] in ("aimed", "change") or row.cells[column].startswith(("≈", "≤")):
        item.setForeground(QColor(colours.muted))
    return item


def _side(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignLeft if COLUMNS[column] in _LEFT else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter
