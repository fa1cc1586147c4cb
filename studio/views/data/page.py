"""The page Data: what the project learns from, as pictures, as findings and as counts."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QStackedWidget, QTabWidget, QVBoxLayout, QWidget

from engine.contract.dataset import Finding, Picture
from engine.contract.source.places import annotated_in
from engine.contract.text.messages import UserError
from studio.bound_texts import on_language
from studio.i18n import tr
from studio.presenters.data.notices import label_chip
from studio.presenters.page_state import PageState
from studio.studio import Studio
from studio.views.data.charts import ChartsPanel
from studio.views.data.header import DataHeader
from studio.views.data.inspector import PictureInspector
from studio.views.data.labels.bar import state_text
from studio.views.data.notices import Notices, standing_of
from studio.views.data.pictures import PicturesPanel
from studio.views.data.report import ReportPanel
from studio.views.data.sync_dialog import SyncDialog
from studio.views.imports.dialog import ImportDialog
from studio.views.imports.source import dropped_path
from studio.views.page import Page
from studio.widgets.panels import EmptyState


class DataPage(Page):
    """Pictures with boxes, the report of the import, and the charts; a way to import where there is nothing."""

    key: ClassVar[str] = "data"

    def __init__(self, studio: Studio) -> None:
        super().__init__(studio)
        self.setAcceptDrops(True)
        self.header, self.pictures = DataHeader(studio, self), PicturesPanel(studio.samples, studio.labels, self)
        self.notices = Notices(studio, self)
        self.report, self.charts = ReportPanel(self), ChartsPanel(self)
        # Ours until the window puts it into its dock.
        self.facts = PictureInspector(self)
        self.facts.hide()
        self.empty = EmptyState("data", "studio.data.empty", "studio.data.import", self.import_data)
        self.tabs = QTabWidget(self)
        self.tabs.setDocumentMode(True)
        for panel in (self.pictures, self.report, self.charts):
            self.tabs.addTab(panel, "")
        self._lay_out()
        self._connect()
        on_language(self._retranslate)
        self._show()

    def _lay_out(self) -> None:
        whole = QWidget(self)
        column = QVBoxLayout(whole)
        column.setContentsMargins(24, 24, 24, 16)
        column.setSpacing(16)
        column.addWidget(self.header)
        column.addWidget(self.notices)
        column.addWidget(self.tabs, 1)
        self.stack = QStackedWidget(self)
        self.stack.addWidget(self.empty)
        self.stack.addWidget(whole)
        outside = QVBoxLayout(self)
        outside.setContentsMargins(0, 0, 0, 0)
        outside.addWidget(self.stack)

    def _connect(self) -> None:
        project = self.studio.project
        project.opened.connect(self._show)
        project.closed.connect(self._show)
        project.index_changed.connect(self._renew)
        self.header.import_wanted.connect(self.import_data)
        self.pictures.shown.connect(self._show_picture)
        self.pictures.preview.editing_changed.connect(self.studio.sync.hold)
        self.pictures.preview.canvas.chosen.connect(self.facts.light)
        self.pictures.preview.canvas.lit_changed.connect(self.facts.light)
        self.facts.box_chosen.connect(self._light)
        self.studio.sync.changed.connect(self._show_corrected)
        self.report.mend_wanted.connect(self.mend)
        self.report.open_wanted.connect(self.open_finding)
        self.report.has_picture = lambda finding: self._picture_of(finding) is not None
        self.notices.look_wanted.connect(self.look)
        self.notices.mend_wanted.connect(self.mend)
        self.charts.class_opened.connect(self._open_class)

    def inspector(self) -> QWidget | None:
        """The picture in words."""
        return self.facts

    def import_data(self) -> None:
        """Ask for data and make a project of it."""
        ImportDialog(self.studio, parent=self).open()

    def mend(self) -> None:
        """List what can be mended in this project's data, and mend it when the person says so."""
        if self.studio.project.folder is not None:
            SyncDialog(self.studio, fix=True, parent=self).open()

    def look(self) -> None:
        """List what changed in the source, and bring it in when the person says so."""
        if self.studio.project.folder is not None:
            SyncDialog(self.studio, parent=self).open()

    def open_finding(self, finding: Finding) -> None:
        """Show the picture that a finding is of."""
        found = self._picture_of(finding)
        if found is not None:
            self.tabs.setCurrentWidget(self.pictures)
            self.pictures.show_found(*found, finding.message)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        """A folder may be dropped anywhere on the page."""
        if dropped_path(event) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        """It is opened if it is a project, else its import is offered."""
        path = dropped_path(event)
        if path is None:
            return
        event.acceptProposedAction()
        if self.studio.project.is_project(path):
            self.studio.project.open(path)
        else:
            ImportDialog(self.studio, path, self).open()

    def _show(self) -> None:
        project, index = self.studio.project.project, self.studio.project.index
        self.header.show_index(project.name if project is not None else "", index)
        for panel in (self.pictures, self.report, self.charts):
            panel.show_index(index)
        self.stack.setCurrentIndex(0 if index is None else 1)
        self._retranslate()
        if index is None:
            self.set_state(PageState.EMPTY)
        else:
            self.set_state(PageState.PROBLEM if index.finding_count("error") else PageState.DONE)

    def _renew(self) -> None:
        """Show the index that was put in place of the one before, and lose no place."""
        project, index, result = self.studio.project.project, self.studio.project.index, self.studio.sync.result
        if project is None or index is None:
            return
        self.header.show_index(project.name, index)
        self.pictures.renew(index, result is None or result.changes.replaced > 0)
        for panel in (self.report, self.charts):
            panel.show_index(index)
        self._retranslate()
        self.set_state(PageState.PROBLEM if index.finding_count("error") else PageState.DONE)

    def _show_picture(self, picture: Picture | None) -> None:
        labels = self.studio.labels
        self.facts.show_picture(
            picture, self.pictures.grid.pictures.classes, lambda: state_text(labels, picture, self.studio.sync.held)
        )
        canvas = self.pictures.preview.canvas
        if canvas.editing and canvas.selected is not None:
            self.facts.light(canvas.selected)

    def _picture_of(self, finding: Finding) -> tuple[Picture, int | None] | None:
        index = self.studio.project.index
        try:
            return annotated_in(index, finding.file, finding.place) if index is not None else None
        except UserError:  # the index is broken, which every other look at it says
            return None

    def _show_corrected(self) -> None:
        self.header.show_corrected(label_chip(standing_of(self.studio)))

    def _light(self, number: int) -> None:
        canvas, chosen = self.pictures.preview.canvas, None if number < 0 else number
        if canvas.editing:
            canvas.select(chosen)
        else:
            canvas.light(chosen)

    def _open_class(self, class_id: int) -> None:
        self.tabs.setCurrentWidget(self.pictures)
        self.pictures.show_class(class_id)

    def _retranslate(self) -> None:
        titles = (
            tr("studio.data.pictures"),
            tr("studio.data.findings_tab", count=self.report.count()),
            tr("studio.data.classes"),
        )
        for place, title in enumerate(titles):
            self.tabs.setTabText(place, title)
        self._show_corrected()
