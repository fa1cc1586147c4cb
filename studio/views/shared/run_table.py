"""The tree of runs as a table model: figures with their changes, sortable, ticked for the scatter, sided A or B."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal

from studio.i18n import text_of, tr
from studio.presenters.compare.run_rows import FIGURES, Row
from studio.presenters.figure_words import change_words, column_title, figure_tip
from studio.presenters.numbers import show
from studio.views.shared.table_rows import LEFT, RIGHT, RowsModel
from studio.widgets.model_index import AnyIndex

RUN, SIDES = 0, 1
COLUMNS = ("run", "sides", *FIGURES)
ROW_ROLE = Qt.ItemDataRole.UserRole
FIGURE_ROLE = Qt.ItemDataRole.UserRole + 1
DELTA_ROLE = Qt.ItemDataRole.UserRole + 2
SIDE_ROLE = Qt.ItemDataRole.UserRole + 3


class RunTable(RowsModel):
    """Rows in tree order, or by a column's figure with those that lack it last; `ticked` tells changed ticks."""

    ticked = Signal()

    def __init__(self, parent: Any = None) -> None:
        super().__init__(COLUMNS, parent)
        self._tree: list[Row] = []
        self.rows: list[Row] = []
        self._unticked: set[str] = set()
        self._column, self._descending = RUN, False
        self.a: str | None = None
        self.b: str | None = None

    def show(self, rows: Sequence[Row]) -> None:
        """Take the runs in tree order; a mere change of figures keeps the selection."""
        same = [row.name for row in rows] == [row.name for row in self._tree]
        self._tree = list(rows)
        if same:
            by_name = {row.name: row for row in rows}
            self.rows = [by_name[row.name] for row in self.rows]
            self._touch_all()
        else:
            self.beginResetModel()
            self.rows = self._ordered()
            self.endResetModel()

    def set_sides(self, a: str | None, b: str | None) -> None:
        """Mark the runs A and B."""
        self.a, self.b = a, b
        self._touch_all()

    def is_ticked(self, name: str) -> bool:
        """Whether a run is on the scatter; all are at first."""
        return name not in self._unticked

    def toggle(self, name: str) -> None:
        """Put a run on the scatter, or take it off."""
        self._unticked ^= {name}
        self._touch_all()
        self.ticked.emit()

    def place(self, name: str | None) -> int | None:
        """The row of a run."""
        return next((number for number, row in enumerate(self.rows) if row.name == name), None)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Texts, tool tips, and the roles above for the delegate."""
        if not index.isValid():
            return None
        row, column = self.rows[index.row()], COLUMNS[index.column()]
        if role == ROW_ROLE:
            return row
        if role == SIDE_ROLE:
            return (row.name == self.a, row.name == self.b)
        if role == Qt.ItemDataRole.CheckStateRole and index.column() == RUN:
            return Qt.CheckState.Checked if self.is_ticked(row.name) else Qt.CheckState.Unchecked
        if index.column() == RUN:
            told = f"{row.name}\n{text_of(row.other_data)}" if row.other_data is not None else row.name
            if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
                return told
            return row.name if role == Qt.ItemDataRole.DisplayRole else None
        if index.column() == SIDES:
            return tr("studio.compare.sides_tip") if role == Qt.ItemDataRole.ToolTipRole else None
        return self._figure_data(row, column, role)

    def _figure_data(self, row: Row, column: str, role: int) -> Any:
        figure, change = row.figures[column], row.deltas[column]
        if role == FIGURE_ROLE:
            return figure
        if role == DELTA_ROLE:
            return change
        if role == Qt.ItemDataRole.DisplayRole:
            return show(figure)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{show(figure)} {change_words(change)[0]}" if change else show(figure)
        if role == Qt.ItemDataRole.ToolTipRole:
            return figure_tip(figure, row, change) if figure else tr("studio.compare.no_figure")
        return None

    def heading(self, column: str) -> str:
        """Run, sides, and one per figure."""
        return column_title(column)

    def alignment(self, section: int) -> Qt.AlignmentFlag:
        """Figures stand on the right."""
        return {RUN: LEFT, SIDES: Qt.AlignmentFlag.AlignCenter}.get(section, RIGHT)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """By a column's figure; the first column brings the tree back."""
        self.layoutAboutToBeChanged.emit()
        kept = {index: self.rows[index.row()].name for index in self.persistentIndexList()}
        self._column, self._descending = column, order == Qt.SortOrder.DescendingOrder
        self.rows = self._ordered()
        for index, name in kept.items():
            self.changePersistentIndex(index, self.index(self.place(name) or 0, index.column()))
        self.layoutChanged.emit()

    @property
    def sorted_by_tree(self) -> bool:
        """Whether children stand below their parents now."""
        return self._column in (RUN, SIDES) and not self._descending

    def _ordered(self) -> list[Row]:
        if self._column in (RUN, SIDES):
            return self._tree[::-1] if self._descending else list(self._tree)
        column = COLUMNS[self._column]
        known = [(figure.value, row) for row in self._tree if (figure := row.figures[column]) is not None]
        known.sort(key=lambda pair: pair[0], reverse=self._descending)
        return [row for _, row in known] + [row for row in self._tree if row.figures[column] is None]

    def _touch_all(self) -> None:
        if self.rows:
            self.touch(0, len(self.rows) - 1)
