"""The part of the phone page that exports a run for Paddle Lite and shows what was written."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from engine.contract.run.job import ExportJob, Precision, Target
from studio.stores.phone.exports import Export, ExportsStore
from studio.stores.run import Run
from studio.stores.work.task import Task
from studio.studio import Studio
from studio.views.phone.export_card import ModelCard
from studio.views.phone.export_form import ExportForm
from studio.views.phone.exports import ExportList
from studio.views.phone.two_lines import ROW_HEIGHT
from studio.views.shared.task_line import TaskLine
from studio.widgets.labels import Heading
from studio.widgets.panels import Card, EmptyState
from studio.widgets.scrolled import Scrolled

FORM_WIDTH = 400


class ExportPart(QWidget):
    """Exports runs and shows what came of it; `changed` tells that it is busy, or not any more, or has exports."""

    changed = Signal()

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self.studio = studio
        self.exports = ExportsStore(studio.project, studio.tasks, studio.background, self)
        self.form = ExportForm(studio)
        self.task = TaskLine()
        self.list = ExportList(self.exports)
        self.card = ModelCard()
        self._build()
        self._connect()
        self._refresh()

    def _build(self) -> None:
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._build_left())
        row.addWidget(self._build_right(), 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(row)

    def _build_left(self) -> QWidget:
        inside = QWidget()
        inside.setObjectName("scrolled")
        column = QVBoxLayout(inside)
        column.setContentsMargins(24, 0, 12, 16)
        column.setSpacing(12)
        column.addWidget(self.form)
        self.form.body.addWidget(self.task)
        column.addStretch(1)
        scroll = Scrolled(inside)
        scroll.setFixedWidth(FORM_WIDTH + 36)
        return scroll

    def _build_right(self) -> QWidget:
        self._list_card = Card(margin=8)
        head = Heading("studio.phone.exports")
        head.setContentsMargins(8, 4, 8, 0)
        self._list_card.body.addWidget(head)
        self._list_card.body.addWidget(self.list)
        model = Card()
        model.body.addWidget(self.card)
        self._full = QWidget()
        column = QVBoxLayout(self._full)
        column.setContentsMargins(0, 0, 24, 16)
        column.setSpacing(12)
        column.addWidget(self._list_card)
        column.addWidget(model, 1)
        self._empty = EmptyState("export", "studio.phone.empty")
        self.stack = QStackedWidget()
        self.stack.addWidget(self._empty)
        self.stack.addWidget(self._full)
        return self.stack

    def _connect(self) -> None:
        studio = self.studio
        for signal in (studio.runs.added, studio.runs.removed, studio.project.opened, studio.project.closed):
            signal.connect(self.form.reload)
        studio.runs.changed.connect(self._on_run_changed)
        studio.tasks.added.connect(self._on_task)
        studio.project.closed.connect(self._refresh)
        self.form.asked.connect(self._export)
        self.exports.changed.connect(self._refresh)
        self.list.chosen.connect(self._on_chosen)
        self.task.ended.connect(self._on_ended)
        for task in studio.tasks.running():
            self._on_task(task)

    def activated(self) -> None:
        """Read again what lies in the folders: files may have gone since."""
        self.form.reload()
        self.exports.reload()

    def _export(self, run: Run, target: Target, precision: Precision, out: Path) -> None:
        self.list.want(out)
        self.studio.runs.export(run, target, precision, out)

    def _on_task(self, task: Task) -> None:
        """Follow an export, whether it was started here or by an earlier studio."""
        if isinstance(task.job, ExportJob) and not self.task.busy and not task.ended:
            self.task.follow(task)
            self.form.set_busy(True)
            self._tell_state()

    def _on_ended(self) -> None:
        self.form.set_busy(False)
        self._tell_state()

    def _on_run_changed(self, run: Run) -> None:
        if run.status != "running":
            self.form.reload()

    def _on_chosen(self, export: Export | None) -> None:
        self.card.show_export(export)

    def _refresh(self) -> None:
        count = len(self.exports.exports)
        self.stack.setCurrentWidget(self._full if count else self._empty)
        self.list.setFixedHeight(ROW_HEIGHT * min(max(count, 1), 3) + 4)
        self._list_card.setMaximumHeight(self.list.height() + 56)
        self._tell_state()

    def _tell_state(self) -> None:
        self.changed.emit()
