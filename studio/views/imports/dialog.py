"""From a folder of pictures to an open project: choices, progress, and a refusal that loses nothing."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from engine.contract.run.job import SAMPLE
from engine.contract.text.messages import Message
from studio.bound_texts import bind, on_language
from studio.i18n import text_of, tr
from studio.stores.work.task import Task
from studio.studio import Studio
from studio.views.imports.form import ImportForm
from studio.views.imports.source import SourceField, dropped_path
from studio.widgets.buttons import Button
from studio.widgets.labels import Text, Title
from studio.widgets.on_screen import OnScreenDialog
from studio.widgets.panels import ErrorBanner
from studio.widgets.scrolled import Scrolled

_DATA = "data."
_ASK = "data.exif_ask"
_WIDTH = 672


class ImportDialog(OnScreenDialog):
    """Makes a project. Use `open()`; it deletes itself when it is closed."""

    grows = True

    def __init__(self, studio: Studio, path: Path | str | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.studio = studio
        self.task: Task | None = None
        self._refusal: Message | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAcceptDrops(True)
        self.title, self.stage = Title("studio.data.import_title"), Text(role="muted")
        self.source, self.form = SourceField(self), ImportForm(self)
        self.problem = ErrorBanner()
        self.mend = Button("studio.data.mend_and_try", self._mend)
        self.bar = QProgressBar(self)
        self.cancel = QPushButton(self)
        self.make = Button("studio.data.make_project", self.start, "primary")
        self._lay_out()
        self._bind()
        self._connect()
        self._offer()
        if path is not None:
            self.source.set_source(str(path))
        self._show()

    def _lay_out(self) -> None:
        self.make.setDefault(True)
        self.cancel.setAutoDefault(False)
        self.mend.setAutoDefault(False)
        self.bar.setTextVisible(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        self.source.setMinimumWidth(_WIDTH)
        column.setSpacing(16)
        column.addWidget(self.title)
        column.addWidget(self.source)
        # The dialog grows with the sliders and with a refusal; on a low screen the form scrolls.
        column.addWidget(Scrolled(self.form), 1)
        column.addWidget(self.problem)
        column.addWidget(self.bar)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self.stage, 1)
        foot.addWidget(self.mend)
        foot.addWidget(self.cancel)
        foot.addWidget(self.make)
        column.addLayout(foot)

    def _bind(self) -> None:
        bind(self.setWindowTitle, "studio.data.import_title")
        bind(self.mend.setToolTip, "studio.data.mend_tip")
        bind(self.bar.setAccessibleName, "studio.data.importing")
        on_language(self._show)

    def _connect(self) -> None:
        self.studio.catalog.changed.connect(self._offer)
        self.studio.catalog.failed.connect(self._refuse)
        self.source.changed.connect(self._source_changed)
        self.form.changed.connect(self._show)
        self.cancel.clicked.connect(self.reject)
        self.studio.catalog.load()

    def start(self) -> None:
        """Have the project made; the dialog stays until it is, or tells why it is not."""
        job = self.form.job(self.source.source()) if self._missing() == "" else None
        if job is None or self.busy:
            return
        self._refusal = None
        name = Path(job.dir).name
        self.task = self.studio.tasks.import_data(job, Message(code="studio.data.task", args={"name": name}))
        self.task.changed.connect(self._show)
        self.task.finished.connect(self._finished)
        self._show()

    @property
    def busy(self) -> bool:
        """Whether an import is under way."""
        return self.task is not None

    def reject(self) -> None:
        """Cancel what is under way; else close."""
        if self.task is not None:
            self.task.cancel()
            self.cancel.setEnabled(False)
        else:
            super().reject()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        """A folder may be dropped anywhere on the dialog."""
        if dropped_path(event) is not None and not self.busy:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        """It is the source."""
        path = dropped_path(event)
        if path is not None:
            self.source.set_source(str(path))
            event.acceptProposedAction()

    def _offer(self) -> None:
        if self.studio.catalog.catalog is not None:
            self.form.offer(self.studio.catalog.catalog.detectors)
            self._show()

    def _source_changed(self) -> None:
        self._refusal = None
        self.form.ask_frame(False)
        source = self.source.source()
        if source:
            self.form.suggest_folder(suggested_folder(self.studio, "sample" if source == SAMPLE else Path(source).name))
        self._show()

    def _mend(self) -> None:
        self.form.fix.setChecked(True)
        self.start()

    def _finished(self) -> None:
        task, self.task = self.task, None
        if task is None:
            return
        if task.status == "finished":
            self.accept()
            return
        if task.status != "cancelled":
            self._refusal = task.error or Message(code="studio.data.import_lost", args={"path": str(task.root)})
            if self._refusal.code == _ASK:
                self.form.ask_frame(True)
                self.form.frame.setFocus()
        self._show()

    def _refuse(self, message: Message) -> None:
        self._refusal = message
        self._show()

    def _missing(self) -> str:
        """Why the import cannot start yet; empty when it can."""
        if not self.source.source():
            return tr("studio.data.need_source")
        if self.form.card() is None:
            return tr("studio.data.need_catalogue")
        return "" if self.form.folder.text().strip() else tr("studio.data.need_folder")

    def _show(self) -> None:
        missing = self._missing()
        self.make.setEnabled(not missing and not self.busy)
        self.make.setToolTip(missing)
        for part in (self.source, self.form):
            part.setEnabled(not self.busy)
        self.cancel.setEnabled(True)
        self.cancel.setText(tr("studio.data.cancel_import") if self.busy else tr("studio.data.cancel"))
        self.problem.tell(self._refusal)
        mendable = self._refusal is not None and self._refusal.code.startswith(_DATA) and self._refusal.code != _ASK
        self.mend.setVisible(mendable and not self.form.fix.isChecked())
        self.bar.setVisible(self.busy)
        self.stage.setText(missing)
        if self.task is not None:
            self._show_progress(self.task)

    def _show_progress(self, task: Task) -> None:
        state = task.state
        self.stage.setText(text_of(state.stage.message) if state.stage is not None else tr("studio.data.importing"))
        progress = state.progress
        total = progress.total if progress is not None and progress.total else 0
        self.bar.setRange(0, int(total))
        self.bar.setValue(int(progress.done) if progress is not None else 0)


def suggested_folder(studio: Studio, name: str) -> Path:
    """A folder for a project of this name below the person's own that is no project yet."""
    base = Path.home() / "Espalier"
    tried, number = base / (name or "project"), 2
    while studio.project.is_project(tried):
        tried, number = base / f"{name}-{number}", number + 1
    return tried
