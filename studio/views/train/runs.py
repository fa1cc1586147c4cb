"""The list of runs on the train page: number, name, status, and how far or how good each is."""

from __future__ import annotations

import time
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QItemSelectionModel,
    QModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from studio.bound_texts import on_language
from studio.i18n import text_of, tr
from studio.presenters.numbers import show
from studio.presenters.queue.time_words import waiting_line
from studio.presenters.run_status import status_text
from studio.presenters.train.standing import standing
from studio.stores.run import Run
from studio.stores.runs import RunsStore
from studio.theme import palette, theme
from studio.views.train.status import paint_status
from studio.widgets.model_index import AnyIndex

RUN_ROLE = Qt.ItemDataRole.UserRole
ROW_HEIGHT = 60
_MIDDLE = Qt.TextElideMode.ElideMiddle


class RunsModel(QAbstractListModel):
    """The runs of the store, latest first."""

    def __init__(self, store: RunsStore, parent: QWidget) -> None:
        super().__init__(parent)
        self._store = store
        self._runs: list[Run] = []
        store.added.connect(self.reload)
        store.removed.connect(self.reload)
        store.changed.connect(self._on_changed)
        self.reload()

    def reload(self) -> None:
        """Take the store's runs anew."""
        self.beginResetModel()
        self._runs = list(reversed(self._store.runs))
        self.endResetModel()

    def row_of(self, run: Run | None) -> int | None:
        """The row of a run."""
        return self._runs.index(run) if run in self._runs else None

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008, N802
        """Runs."""
        return 0 if parent.isValid() else len(self._runs)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The run, its name, and its status for a reader of the screen."""
        if not index.isValid() or index.row() >= len(self._runs):
            return None
        run = self._runs[index.row()]
        if role == RUN_ROLE:
            return run
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return run.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{run.name}, {status_text(run.status)}, {second_line(run)}"
        return None

    def _on_changed(self, run: Run) -> None:
        row = self.row_of(run)
        if row is not None:
            self.dataChanged.emit(self.index(row), self.index(row))


class RunLineDelegate(QStyledItemDelegate):
    """Paints a run in two lines; a running one has a thin bar below."""

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:  # noqa: N802
        """Two lines."""
        return QSize(200, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Draw a run."""
        run: Run | None = index.data(RUN_ROLE)
        if run is None:
            return
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_ground(painter, rect, state)
        inner = rect.adjusted(12, 8, -12, -8)
        upper = QRect(inner.left(), inner.top(), inner.width(), 20)
        number = f"{run.number:04d}"
        align = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(palette().muted))
        painter.drawText(upper, align, number)
        upper.setLeft(upper.left() + painter.fontMetrics().horizontalAdvance(number) + 8)
        painter.setPen(QColor(palette().text))
        painter.drawText(upper, align, painter.fontMetrics().elidedText(run.label, _MIDDLE, upper.width()))
        chip = paint_status(painter, run.status, inner.right(), inner.bottom() - 8)
        lower = QRect(inner.left(), inner.bottom() - 18, round(chip.left()) - inner.left() - 8, 18)
        font = painter.font()
        font.setPixelSize(12)
        painter.setFont(font)
        painter.setPen(QColor(palette().muted))
        words = painter.fontMetrics().elidedText(second_line(run), Qt.TextElideMode.ElideRight, lower.width())
        painter.drawText(lower, align, words)
        if run.status == "running":
            self._paint_bar(painter, rect, standing(run.job, run.state, run.status, time.time()).percent)
        painter.restore()

    def _paint_ground(self, painter: QPainter, rect: QRect, state: QStyle.StateFlag) -> None:
        shape = QRectF(rect).adjusted(4, 2, -4, -2)
        painter.setPen(Qt.PenStyle.NoPen)
        if state & QStyle.StateFlag.State_Selected:
            painter.setBrush(QColor(palette().selection))
            painter.drawRoundedRect(shape, 6, 6)
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.setBrush(QColor(palette().raised))
            painter.drawRoundedRect(shape, 6, 6)
        if state & QStyle.StateFlag.State_HasFocus and state & QStyle.StateFlag.State_KeyboardFocusChange:
            painter.setPen(QColor(palette().accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(shape, 6, 6)

    def _paint_bar(self, painter: QPainter, rect: QRect, percent: float | None) -> None:
        bar = QRectF(rect.left() + 12, rect.bottom() - 5, rect.width() - 24, 3)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(palette().border))
        painter.drawRoundedRect(bar, 1.5, 1.5)
        if percent is None:  # under way without an end
            bar = bar.adjusted(bar.width() / 3, 0, -bar.width() / 3, 0)
        else:
            bar.setWidth(bar.width() * min(100.0, percent) / 100)
        painter.setBrush(QColor(palette().info))
        painter.drawRoundedRect(bar, 1.5, 1.5)


class RunList(QListView):
    """The list; `chosen` tells the run that was selected, None when there is none."""

    chosen = Signal(object)

    def __init__(self, store: RunsStore, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = RunsModel(store, self)
        self._kept: Run | None = None
        self.setModel(self._model)
        self.setItemDelegate(RunLineDelegate(self))
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setProperty("role", "plain")
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._model.modelReset.connect(self._restore)
        self.selectionModel().currentChanged.connect(self._on_current)
        theme.changed.connect(self.viewport().update)
        on_language(self.viewport().update)

    def current(self) -> Run | None:
        """The selected run."""
        return self._kept

    def select(self, run: Run | None) -> None:
        """Select a run, or none."""
        row = self._model.row_of(run)
        if row is None:
            self._kept = None
            self.clearSelection()
            self.selectionModel().setCurrentIndex(QModelIndex(), QItemSelectionModel.SelectionFlag.Clear)
        else:
            self.setCurrentIndex(self._model.index(row))

    def _on_current(self, current: QModelIndex) -> None:
        run = current.data(RUN_ROLE) if current.isValid() else None
        if run is not None and run is not self._kept:
            self._kept = run
            self.chosen.emit(run)

    def _restore(self) -> None:
        """After the runs changed, the same one stays selected; if it went, nothing is."""
        row = self._model.row_of(self._kept)
        if row is not None:
            self.setCurrentIndex(self._model.index(row))
        elif self._kept is not None:
            self._kept = None
            self.chosen.emit(None)


def second_line(run: Run) -> str:
    """What matters most of a run: how far it is, why it ended, or how good it became."""
    if run.waiting is not None:
        return waiting_line(run.waiting)
    now = standing(run.job, run.state, run.status, time.time())
    if run.status in ("failed", "lost") and run.error is not None:
        return text_of(run.error).splitlines()[0]
    going = run.status == "running" and now.percent is not None
    if going and now.epoch is not None and now.epochs is not None:
        return tr("studio.train.line_epoch", epoch=now.epoch, epochs=now.epochs, percent=f"{now.percent:.0f}")
    if run.status == "running" and run.state.stage is not None:
        return text_of(run.state.stage.message)
    score = run.figure("map", split="val")
    if score is not None:
        return tr("studio.train.line_map", value=show(score))
    return tr("studio.train.line_no_map")
