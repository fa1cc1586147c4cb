"""The list of the project's exports, latest first."""

from __future__ import annotations

import time
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from studio.bound_texts import on_language
from studio.i18n import tr
from studio.presenters.numbers import show_value
from studio.stores.phone.exports import Export, ExportsStore
from studio.theme import theme
from studio.views.phone.two_lines import ROW_HEIGHT, paint_two_lines

_EXPORT = Qt.ItemDataRole.UserRole
MODEL = "model.nb"


class ExportDelegate(QStyledItemDelegate):
    """Two lines an export: run, target and precision; size, time and folder."""

    def sizeHint(self, option: QStyleOptionViewItem, index: object) -> QSize:  # noqa: N802
        """Two lines."""
        return QSize(200, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: object) -> None:
        """Draw an export."""
        export: Export = index.data(_EXPORT)  # type: ignore[attr-defined]
        kind = f"{export.job.target}  {export.job.precision}"
        paint_two_lines(painter, option, export.run, kind, export_line(export))


class ExportList(QListWidget):
    """The exports; `chosen` tells the one that is selected, None for none."""

    chosen = Signal(object)

    def __init__(self, store: ExportsStore, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._wish: Path | None = None
        self.setProperty("role", "bare")
        self.setItemDelegate(ExportDelegate(self))
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        store.changed.connect(self.reload)
        self.currentItemChanged.connect(lambda item: self.chosen.emit(item.data(_EXPORT) if item else None))
        self.itemPressed.connect(lambda _: self._wish_none())
        on_language(self.viewport().update)
        theme.changed.connect(self.viewport().update)
        self.reload()

    def want(self, out: Path) -> None:
        """Select the export into this folder as soon as it is there."""
        self._wish = out

    def _wish_none(self) -> None:
        """Who chooses another export meanwhile looks at that one."""
        self._wish = None

    def reload(self) -> None:
        """Show the store's exports; the selected one stays so."""
        item = self.currentItem()
        kept = self._wish or (item.data(_EXPORT).out if item else None)
        self.clear()
        for export in self._store.exports:
            entry = QListWidgetItem(f"{export.run} {export.job.target} {export.job.precision}")
            entry.setData(_EXPORT, export)
            entry.setToolTip(str(export.out))
            self.addItem(entry)
        outs = [export.out for export in self._store.exports]
        if self._wish in outs:
            self._wish = None
        if outs:
            self.setCurrentRow(outs.index(kept) if kept in outs else 0)


def export_line(export: Export) -> str:
    """Size, time and folder of an export."""
    size = next((file.size for file in export.files if file.name == MODEL), None)
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(export.time))
    told = show_value(float(size), "bytes") if size is not None else tr("studio.phone.gone_short")
    return f"{told}   {when}   {export.out}"
