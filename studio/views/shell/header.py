"""The bar above the pages: where one is, what runs, and the switches of the docks."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy

from studio.bound_texts import bind, on_language
from studio.i18n import tr
from studio.presenters.numbers import duration
from studio.studio import Studio
from studio.views.shell.actions import ActionRegistry
from studio.views.shell.pages import PageEntry
from studio.widgets.buttons import Button, IconButton
from studio.widgets.labels import Chip, Elided

_NAME_WIDTH, _RUN_WIDTH = 360, 200


class Header(QFrame):
    """All projects > signs > Train; the run that is at work, undo, redo, and the docks."""

    def __init__(self, studio: Studio, registry: ActionRegistry) -> None:
        super().__init__()
        self._studio = studio
        self._registry = registry
        self._page: PageEntry | None = None
        self.setObjectName("header")
        self.setFixedHeight(48)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 0, 12, 0)
        row.setSpacing(8)
        self._home = Button("studio.core.all_projects", partial(registry.run, "close"), "quiet", "home")
        self._project = Elided(role="heading")
        self._project.setMaximumWidth(_NAME_WIDTH)
        self._project.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._arrows = [QLabel("›"), QLabel("›")]
        self._where = QLabel()
        self.running = Chip()
        self.undo, self.redo, self.jobs, self.inspector = map(self._button, ("undo", "redo", "jobs", "inspector"))
        row.addWidget(self._home)
        row.addWidget(self._arrows[0])
        row.addWidget(self._project)
        row.addWidget(self._arrows[1])
        row.addWidget(self._where)
        row.addStretch(1)
        for button in (self.running, self.undo, self.redo, self.jobs, self.inspector):
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
        for button in (self.jobs, self.inspector):
            button.setCheckable(True)
        for arrow in self._arrows:
            arrow.setProperty("role", "muted")
        self._connect()

    def _connect(self) -> None:
        studio = self._studio
        self._registry.changed.connect(self._show_undo)
        self._show_undo()
        project = studio.project
        for signal in (project.opened, project.closed, project.changed, project.place_changed):
            signal.connect(self._refresh)
        for told in (studio.runs.changed, studio.runs.added, studio.runs.removed):
            told.connect(self._show_running)
        on_language(self._show_running)
        self._refresh()

    def show_page(self, page: PageEntry | None) -> None:
        """Say which page is in front."""
        self._page = page
        if page is not None:
            bind(self._where.setText, page.title)
        self._refresh()

    def _button(self, name: str) -> IconButton:
        action = self._registry[name]
        return IconButton(action.icon, action.title, partial(self._registry.run, name))

    def _show_undo(self) -> None:
        self.undo.setEnabled(self._registry.is_on("undo"))
        self.redo.setEnabled(self._registry.is_on("redo"))

    def _refresh(self) -> None:
        project = self._studio.project.project
        self._project.set_full(project.name if project else "")
        for widget in (self._arrows[0], self._project):
            widget.setVisible(project is not None)
        for widget in (self._arrows[1], self._where):
            widget.setVisible(project is not None and self._page is not None)
        for button in (self.undo, self.redo, self.jobs, self.inspector):
            button.setVisible(self._studio.project.here)
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
        name = self.running.fontMetrics().elidedText(run.name, Qt.TextElideMode.ElideMiddle, _RUN_WIDTH)
        parts = [name, share, tr("studio.core.left", time=left) if left else ""]
        text = "  ".join(part for part in parts if part)
        if text != self.running.text():
            self.running.setText(text)
            self.running.setToolTip(f"{run.name}: {tr('studio.core.goes_on')}")
