"""All that was measured on phones in a project, whatever run it was: one line each, and a way to it."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QStyledItemDelegate, QStyleOptionViewItem

from engine.contract.phones import BenchResult
from studio.bound_texts import bind, on_language
from studio.presenters.numbers import show_value
from studio.presenters.phone.bench_words import bench_name, best_row, outcome, row_name
from studio.stores.phone.benches import BenchesStore
from studio.theme import theme
from studio.views.phone.two_lines import ROW_HEIGHT, paint_two_lines
from studio.widgets.labels import Heading
from studio.widgets.panels import Card

_BENCH = Qt.ItemDataRole.UserRole
_MOST_ROWS = 6


class MeasuredDelegate(QStyledItemDelegate):
    """Run and fastest row; when, and on which phone."""

    def sizeHint(  # noqa: N802
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """Two lines."""
        return QSize(200, ROW_HEIGHT)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw a bench."""
        bench: BenchResult = index.data(_BENCH)
        best = best_row(bench)
        right = f"{show_value(best.median_ms, 'ms')}  {row_name(best)}" if best and best.median_ms else "-"
        paint_two_lines(painter, option, bench.run, right, bench_name(bench))


class MeasuredList(Card):
    """Hidden where there is no more than what is shown above it; `wanted` tells the bench that was chosen."""

    wanted = Signal(object)

    def __init__(self, store: BenchesStore) -> None:
        super().__init__(margin=8)
        self._store = store
        self._shown: BenchResult | None = None
        head = Heading("studio.bench.everywhere")
        head.setContentsMargins(8, 4, 8, 0)
        self.list = QListWidget()
        self.list.setProperty("role", "bare")
        self.list.setItemDelegate(MeasuredDelegate(self.list))
        self.list.setMouseTracking(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        bind(self.list.setAccessibleName, "studio.bench.everywhere")
        self.body.addWidget(head)
        self.body.addWidget(self.list)
        self.list.itemClicked.connect(self._ask)
        self.list.itemActivated.connect(self._ask)
        store.changed.connect(self.reload)
        on_language(self.reload)
        theme.changed.connect(self.list.viewport().update)
        self.reload()

    def reload(self) -> None:
        """List what the store has."""
        self.list.clear()
        for bench in self._store.everywhere:
            entry = QListWidgetItem(f"{bench.run} · {outcome(bench)}")
            entry.setData(_BENCH, bench)
            entry.setToolTip(f"{bench.run} · {bench_name(bench)}\n{outcome(bench)}")
            self.list.addItem(entry)
        count = self.list.count()
        self.list.setFixedHeight(ROW_HEIGHT * min(max(count, 1), _MOST_ROWS) + 4)
        self.setVisible(count > 1 or (count == 1 and self._shown is None))
        self.mark(self._shown)

    def mark(self, shown: BenchResult | None) -> None:
        """Select the bench that is on the screen."""
        if shown != self._shown:
            self._shown = shown
            self.setVisible(self.list.count() > 1 or (self.list.count() == 1 and shown is None))
        told = [(bench.run, bench.time) for bench in self._store.everywhere]
        wanted = (shown.run, shown.time) if shown is not None else None
        self.list.setCurrentRow(told.index(wanted) if wanted in told else -1)

    def _ask(self, item: QListWidgetItem) -> None:
        self.wanted.emit(item.data(_BENCH))
