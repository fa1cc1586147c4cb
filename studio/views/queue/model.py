"""The rows of the queue as a table model; rows that nobody works on yet can be dragged to another place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QMimeData, Qt, Signal

from studio.i18n import tr
from studio.presenters.queue.queue_rows import COLUMNS, QueueRow
from studio.views.shared.table_rows import RowsModel
from studio.widgets.model_index import AnyIndex

ROW_ROLE = Qt.ItemDataRole.UserRole
MIME = "application/x-espalier-queue-entry"


class QueueModel(RowsModel):
    """`dropped` tells the number of the entry that was dragged and that of the one it was dropped before, or None."""

    dropped = Signal(int, object)

    def __init__(self, parent: Any = None) -> None:
        super().__init__(COLUMNS, parent)
        self.rows: list[QueueRow] = []

    def show(self, rows: Sequence[QueueRow]) -> None:
        """Take other rows; where the entries are the same in the same order, what is selected stays selected."""
        same = [row.number for row in rows] == [row.number for row in self.rows]
        if not same:
            self.beginResetModel()
        changed = [place for place, row in enumerate(rows) if same and row != self.rows[place]]
        self.rows = list(rows)
        if not same:
            self.endResetModel()
        for place in changed:
            self.touch(place, place)

    def place(self, number: int | None) -> int | None:
        """The row of an entry."""
        return next((place for place, row in enumerate(self.rows) if row.number == number), None)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Texts, and the row itself for the delegate."""
        if not index.isValid() or index.row() >= len(self.rows):
            return None
        row, column = self.rows[index.row()], COLUMNS[index.column()]
        if role == ROW_ROLE:
            return row
        if role == Qt.ItemDataRole.DisplayRole:
            return row.cells[column]
        if role == Qt.ItemDataRole.ToolTipRole:
            return row.tip
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return row.said if column == "title" else row.cells[column]
        return None

    def heading(self, column: str) -> str:
        """Place, what, kind, project, state, time."""
        return tr(f"studio.queue.column_{column}")

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        """What rests can be dragged, and dropped between rows."""
        if not index.isValid():
            return Qt.ItemFlag.ItemIsDropEnabled
        rests = Qt.ItemFlag.NoItemFlags if self.rows[index.row()].at_work else Qt.ItemFlag.ItemIsDragEnabled
        return Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled | rests

    def supportedDropActions(self) -> Qt.DropAction:  # noqa: N802
        """Moving."""
        return Qt.DropAction.MoveAction

    def mimeTypes(self) -> list[str]:  # noqa: N802
        """Entries of a queue."""
        return [MIME]

    def mimeData(self, indexes: Sequence[AnyIndex]) -> QMimeData:  # noqa: N802
        """The number of the entry that is dragged."""
        data = QMimeData()
        if indexes:
            data.setData(MIME, str(self.rows[indexes[0].row()].number).encode())
        return data

    def dropMimeData(  # noqa: N802
        self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: AnyIndex
    ) -> bool:
        """Tell between which rows it was dropped; the view itself moves nothing."""
        number = bytes(data.data(MIME).data())
        if not number.isdigit() or action != Qt.DropAction.MoveAction:
            return False
        place = parent.row() if parent.isValid() else row
        behind = self.rows[place:] if place >= 0 else []
        self.dropped.emit(int(number), next((each.number for each in behind if not each.at_work), None))
        return False  # else the view would take the row away where it was
