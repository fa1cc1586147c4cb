"""The bar above the pages: where one is, what runs, and the switches of the docks."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel

from studio.i18n import bind, on_language, tr
from studio.numbers import duration
from studio.studio import Studio
from studio.views.shell.rail import NAMES
from studio.widgets.basics import Button, IconButton
from studio.widgets.labels import Chip, Elided


class Header(QFrame):
    """All projects > signs > Train; the run that is at work, undo, redo, and the docks."""

    home = Signal()
    inspector_wanted = Signal()
    jobs_wanted = Signal()

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        self._page: str | None = None
        self.setObjectName("header")
        self.setFixedHeight(48)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 0, 12, 0)
        row.setSpacing(8)
        self._home = Button("studio.core.all_projects", self.home.emit, "quiet", "home")
        self._project = Elided(role="heading")
        self._project.setMaximumWidth(360)
        self._arrows = [QLabel("›"), QLabel("›")]
        self._where = QLabel()
        self.running = Chip()
        self.undo = IconButton("undo", "studio.core.undo", studio.recipe.undo.undo)
        self.redo = IconButton("redo", "studio.core.redo", studio.recipe.undo.redo)
        self.jobs = IconButton("bottom", "studio.core.show_jobs", self.jobs_wanted.emit)
        self.inspector = IconButton("sidebar", "studio.core.show_inspector", self.inspector_wanted.emit)
        row.addWidget(self._home)
        row.addWidget(self._arrows[0])
        row.addWidget(self._project, 1)
        row.addWidget(self._arrows[1])
        row.addWidget(self._where)
        row.addStretch(2)
        for button in (self.running, self.undo, self.redo, self.jobs, self.inspector):
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
        for arrow in self._arrows:
            arrow.setProperty("role", "muted")
        self._connect()

    def _connect(self) -> None:
        studio = self._studio
        stack = studio.recipe.undo
        stack.canUndoChanged.connect(self.undo.setEnabled)
        stack.canRedoChanged.connect(self.redo.setEnabled)
        self.undo.setEnabled(stack.canUndo())
        self.redo.setEnabled(stack.canRedo())
        for signal in (studio.project.opened, studio.project.closed, studio.project.changed):
            signal.connect(self._refresh)
        for told in (studio.runs.changed, studio.runs.added, studio.runs.removed):
            told.connect(self._show_running)
        on_language(self._show_running)
        self._refresh()

    def show_page(self, key: str | None) -> None:
        """Say which page is in front."""
        self._page = key
        if key is not None:
            bind(self._where.setText, NAMES[key])
        self._refresh()

    def _refresh(self) -> None:
        project = self._studio.project.project
        self._project.set_full(project.name if project else "")
        self._project.setFixedWidth(min(360, self._project.sizeHint().width()) if project else 0)
        for widget in (*self._arrows, self._project):
            widget.setVisible(project is not None)
        self._where.setVisible(project is not None and self._page is not None)
        for button in (self.undo, self.redo, self.jobs, self.inspector):
            button.setVisible(project is not None)
        self._home.setEnabled(project is not None)
        self._show_running()

    def _show_running(self) -> None:
        run = self._studio.runs.active()
        self.running.setVisible(run is not None)
        if run is None:
            return
        progress = run.state.progress
        share = f"{100 * progress.done // max(1, progress.total)} %" if progress else ""
        left = duration(progress.eta_s) if progress and progress.eta_s is not None else ""
        parts = [run.name, share, tr("studio.core.left", time=left) if left else ""]
        text = "  ".join(part for part in parts if part)
        if text != self.running.text():
            self.running.setText(text)
            self.running.setToolTip(tr("studio.core.goes_on"))
