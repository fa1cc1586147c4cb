"""What tables with rows of their own share: a model whose columns have names, and a delegate that draws the ground."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from studio.bound_texts import on_language
from studio.theme import palette
from studio.widgets.model_index import AnyIndex

LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class RowsModel(QAbstractTableModel):
    """`rows` under named columns; who derives from it says how a column is called, and tells the data of a cell."""

    def __init__(self, columns: Sequence[str], parent: Any = None) -> None:
        super().__init__(parent)
        self._columns = tuple(columns)
        self.rows: list[Any] = []
        on_language(self._retranslate)

    def heading(self, column: str) -> str:
        """The name of a column in the current language."""
        raise NotImplementedError

    def alignment(self, section: int) -> Qt.AlignmentFlag:
        """Where the name of a column stands above it."""
        return LEFT

    def touch(self, first: int, last: int) -> None:
        """Tell that cells of these rows are others."""
        self.dataChanged.emit(self.index(first, 0), self.index(last, len(self._columns) - 1))

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008, N802
        """None below a row."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008, N802
        """None below a row."""
        return 0 if parent.isValid() else len(self._columns)

    def headerData(  # noqa: N802
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Names of the columns."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.heading(self._columns[section])
        return self.alignment(section) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def _retranslate(self) -> None:
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self._columns) - 1)


class RowDelegate(QStyledItemDelegate):
    """Draws the ground of a cell: what is selected, and the line below a row; who derives from it draws the cell."""

    def __init__(self, height: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._height = height

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:  # noqa: N802
        """As high as every row; the columns are as wide as the view has them."""
        return QSize(60, self._height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Draw the ground, then the cell."""
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, QColor(palette().selection))
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, QColor(palette().border))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.paint_cell(painter, rect, index)
        painter.restore()

    def paint_cell(self, painter: QPainter, rect: QRect, index: AnyIndex) -> None:
        """Draw what stands in a cell."""
        raise NotImplementedError
