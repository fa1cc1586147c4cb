"""Tables of what was measured: what they share, and convolutions with what int8 does to them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from engine.contract.sensitivity import LayerError
from studio.bound_texts import on_language
from studio.i18n import tr
from studio.theme import theme
from studio.widgets.model_index import AnyIndex

_ROW = 28
_PADDING = 20
_NARROWEST = "87.5 %"
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
Display, Role = Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole


class MeasuredTable(QAbstractTableModel):
    """Rows with a name in the first column; the others hold numbers or words, and sort by `_key`."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.names: list[str] = []
        self.words = {0}
        """Columns of words, which stand at the left; numbers stand at the right."""
        self._order = (0, Qt.SortOrder.AscendingOrder)

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008, N802
        """One row a name."""
        return 0 if parent.isValid() else len(self.names)

    def columnCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008, N802
        """As many as there are titles."""
        return 0 if parent.isValid() else len(self._titles())

    def data(self, index: AnyIndex, role: int = Display) -> object:
        """A cell's text, side and colour; the whole name as the tooltip."""
        name, column = self.names[index.row()], index.column()
        if role in (Display, Role.AccessibleTextRole):
            return self._text(name, column)
        if role == Role.ToolTipRole:
            return name
        if role == Role.TextAlignmentRole:
            return _LEFT if column in self.words else _RIGHT
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Display) -> object:  # noqa: N802
        """The titles."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Role.TextAlignmentRole:
            return _LEFT if section in self.words else _RIGHT
        if role != Display:
            return None
        title, (sorted_by, order) = self._titles()[section], self._order
        arrow = "▲" if order == Qt.SortOrder.AscendingOrder else "▼"
        words = [title, arrow] if section in self.words else [arrow, title]
        return " ".join(words) if section == sorted_by else title

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """By what a column holds; a view's current row and selection stay with their name."""
        self._order = (column, order)
        before = list(self.names)
        self.layoutAboutToBeChanged.emit()
        self.names.sort(key=lambda name: self._key(name, column), reverse=order == Qt.SortOrder.DescendingOrder)
        for held in self.persistentIndexList():
            row = self.names.index(before[held.row()])
            self.changePersistentIndex(held, self.index(row, held.column()))
        self.layoutChanged.emit()
        self.renew()

    def _show(self, names: Iterable[str]) -> None:
        column, order = self._order
        wanted = sorted(names, key=lambda name: self._key(name, column))
        wanted = wanted[::-1] if order == Qt.SortOrder.DescendingOrder else wanted
        if wanted == self.names:
            self.renew()
            return
        self.beginResetModel()
        self.names = wanted
        self.endResetModel()

    def renew(self) -> None:
        """Draw every cell again; the texts or the language are others."""
        if self.names:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.names) - 1, self.columnCount() - 1))
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, self.columnCount() - 1)

    def _titles(self) -> list[str]:
        raise NotImplementedError

    def _text(self, name: str, column: int) -> str:
        raise NotImplementedError

    def _key(self, name: str, column: int) -> Any:
        raise NotImplementedError


class LayerTable(MeasuredTable):
    """Convolutions with a tick each for those that stay float; `ticks_changed` after a change of them."""

    ticks_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._order = (3, Qt.SortOrder.DescendingOrder)
        self.words = {0, 1}
        self.layers: dict[str, LayerError] = {}
        self.ticked: set[str] = set()

    def show_layers(self, layers: Sequence[LayerError]) -> None:
        """Show what was measured."""
        self.layers = {layer.layer: layer for layer in layers}
        self._show(self.layers)

    def tick(self, names: Iterable[str]) -> None:
        """Tick these and no others."""
        self.ticked = set(names) & set(self.layers)
        self.renew()
        self.ticks_changed.emit()

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        """The first column can be ticked."""
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsUserCheckable if index.column() == 0 else flags

    def data(self, index: AnyIndex, role: int = Display) -> object:
        """As other tables, with the ticks."""
        if role == Role.CheckStateRole and index.column() == 0:
            return Qt.CheckState.Checked if self.names[index.row()] in self.ticked else Qt.CheckState.Unchecked
        return super().data(index, role)

    def setData(self, index: AnyIndex, value: object, role: int = Role.EditRole) -> bool:  # noqa: N802
        """Tick a row, or take its tick away."""
        if role != Role.CheckStateRole:
            return False
        self.tick(self.ticked ^ {self.names[index.row()]})
        return True

    def _titles(self) -> list[str]:
        codes = ("convolution", "kind", "weights", "error")
        return [tr(f"studio.measure.{code}") for code in codes]

    def _text(self, name: str, column: int) -> str:
        layer = self.layers[name]
        height, width = (*layer.shape, 1, 1, 1, 1)[2:4]
        kind = tr("studio.measure.depthwise") if layer.groups > 1 else f"{height} × {width}"
        weights = " × ".join(map(str, layer.shape))
        return (name, kind, weights, f"{100 * layer.error:.2f} %")[column]

    def _key(self, name: str, column: int) -> Any:
        layer = self.layers[name]
        return (natural(name), (layer.groups > 1, layer.shape[2:]), layer.shape, layer.error)[column]


class MeasuredView(QTableView):
    """A table of one of these kinds; `chosen` tells the name of the current row."""

    chosen = Signal(str)

    def __init__(self, model: MeasuredTable, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._table = model
        self.setModel(model)
        self.setObjectName("measured")
        self.setProperty("role", "plain")
        self.setShowGrid(False)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        # What tells one name from another stands at its end.
        self.setTextElideMode(Qt.TextElideMode.ElideLeft)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setMinimumSectionSize(48)
        self._fit()
        model.modelReset.connect(self._fit)
        column, order = model._order
        self.sortByColumn(column, order)
        self.setSortingEnabled(True)
        self.selectionModel().currentRowChanged.connect(self._tell)
        theme.changed.connect(self.viewport().update)
        on_language(self._translate)

    def choose(self, name: str) -> None:
        """Make a name's row the current one."""
        if name in self._table.names:
            self.setCurrentIndex(self._table.index(self._table.names.index(name), 0))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Space ticks the current row, whichever of its cells is current."""
        current = self.currentIndex()
        if event.key() == Qt.Key.Key_Space and current.isValid():
            self._table.setData(current.siblingAtColumn(0), None, Role.CheckStateRole)
        else:
            super().keyPressEvent(event)

    def _tell(self, current: QModelIndex) -> None:
        self.chosen.emit(self._table.names[current.row()] if current.isValid() else "")

    def _translate(self) -> None:
        self._table.renew()
        self._fit()

    def _fit(self) -> None:
        """The names get what the other columns do not need; these are as wide as what they hold, sorted or not."""
        header, bold, plain = self.horizontalHeader(), self.font(), QFontMetrics(self.font())
        bold.setBold(True)
        for column, title in enumerate(self._table._titles()):
            header.setSectionResizeMode(
                column, QHeaderView.ResizeMode.Fixed if column else QHeaderView.ResizeMode.Stretch
            )
            texts = {self._table._text(name, column) for name in self._table.names}
            widest = max(plain.horizontalAdvance(text) for text in (*texts, _NARROWEST))
            if column:
                title_width = QFontMetrics(bold).horizontalAdvance(f"{title} ▼")
                header.resizeSection(column, max(title_width, widest) + _PADDING)


def percent(share: float) -> str:
    """A share as "87.5 %"."""
    return f"{round(100 * share, 1):g} %"


def natural(name: str) -> list[tuple[int, str]]:
    """A key that sorts conv2 before conv10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]
