"""The window: rail, pages, inspector, jobs and log, and what reaches all of them."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QMainWindow

from engine.contract.queue.entries import Entry
from engine.contract.text.messages import Message
from studio.bound_texts import on_language, system_language, translator
from studio.i18n import text_of, tr
from studio.presenters.page_state import PageState
from studio.studio import Studio
from studio.theme import theme
from studio.views.page import Page
from studio.views.shell.actions import ActionRegistry
from studio.views.shell.frame import framed
from studio.views.shell.gone_page import GonePage
from studio.views.shell.header import Header
from studio.views.shell.layout_memory import remember_layout, restore_docks, restore_geometry
from studio.views.shell.menus import Menus
from studio.views.shell.page_area import PageArea
from studio.views.shell.pages import PAGES, PageEntry
from studio.views.shell.panes import Panes
from studio.views.shell.rail import Rail
from studio.views.shell.settings_dialog import SettingsDialog
from studio.views.shell.start_page import StartPage, dropped_folder
from studio.views.shell.status import StatusSwitches
from studio.views.shell.window_actions import window_actions
from studio.views.shell.work.jobs_dock import JobsDock
from studio.views.shell.work.leaving import Leaving
from studio.views.shell.work.queue_ways import QueueWays
from studio.views.shell.work.work_line import WorkLine
from studio.widgets.folder_dialog import ask_folder
from studio.widgets.panels import ErrorBanner

_LEAST = (720, 400)
_WANTED = (1440, 900)


class MainWindow(QMainWindow):
    """One window over one Studio. Pages are built when they are first shown, or ahead of that (`ahead.py`)."""

    def __init__(self, studio: Studio, entries: Mapping[str, PageEntry] = PAGES) -> None:
        super().__init__()
        self.studio = studio
        self.entries = entries
        self.pages: dict[str, Page] = {}
        self.setObjectName("window")
        self.setMinimumSize(*_LEAST)
        self.registry = ActionRegistry(self, window_actions(entries.values()), self)
        self.rail = Rail(entries.values(), self.registry)
        self.header = Header(studio, self.registry)
        self.banner = ErrorBanner()
        self.start = StartPage(studio)
        self.stack = PageArea()
        self.gone = GonePage(studio)
        self.stack.addWidget(self.start)
        self.stack.addWidget(self.gone)
        self.setCentralWidget(framed(self.rail, self.header, self.banner, self.stack))
        self.jobs = JobsDock(studio)
        self.inspectors = PageArea(narrow=False)
        self.panes = Panes(self, studio.settings, self.inspectors, self.jobs)
        self.menus = Menus(self, self.registry)
        self.switches = StatusSwitches(studio)
        self.statusBar().setSizeGripEnabled(False)
        self.leaving = Leaving(studio, self)
        self.ways = QueueWays(studio, self, self)
        for widget in (WorkLine(studio, self, self.toggle_queue), self.switches):
            self.statusBar().addPermanentWidget(widget)
        self.setAcceptDrops(True)
        self._connect()
        self._restore()
        self._project_changed()

    @property
    def page(self) -> Page | None:
        """The page in front; None on the start page."""
        shown = self.stack.currentWidget()
        return shown if isinstance(shown, Page) else None

    def show_page(self, key: str) -> None:
        """Bring a page to the front; not without a project, nor while its folder is away."""
        if not self.studio.project.here:
            return
        page = self.built(key)
        self.stack.setCurrentWidget(page)
        self.rail.show_page(key)
        self.header.show_page(self.entries[key])
        self.studio.settings.update(last_page=key)
        page.activated()
        self._show_inspector(page)

    def built(self, key: str) -> Page:
        """The page of that key, built if it was not yet."""
        return self.pages.get(key) or self._build(key)

    def tell(self, message: Message) -> None:
        """Show what went wrong, above the page."""
        self.banner.tell(message)

    def dismiss(self) -> None:
        """Take that away."""
        self.banner.clear()

    def toast(self, code: str, seconds: int = 6) -> None:
        """Say something in passing, in the status bar."""
        self.statusBar().showMessage(tr(code), 1000 * seconds)

    def open_project(self) -> None:
        """Ask for a project's folder."""
        ask_folder(self, "studio.core.open_project", self.studio.project.open)

    def import_data(self, folder: Path | None = None) -> None:
        """Import a folder of pictures, or a project if it is one; without one, ask for it."""
        if folder is None:
            ask_folder(self, "studio.core.choose_data", lambda path: self.import_data(Path(path)))
        elif self.studio.project.is_project(folder):
            self.studio.project.open(folder)
        else:
            module = import_module("studio.views.imports.dialog")
            importing = module.ImportDialog(self.studio, folder)
            importing.setParent(self, importing.windowFlags())
            importing.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            importing.open()

    def show_settings(self) -> None:
        """Open the settings."""
        SettingsDialog(self.studio, self).open()

    def toggle_inspector(self) -> None:
        """Show or hide the dock on the right."""
        self.panes.toggle("inspector")

    def toggle_jobs(self) -> None:
        """Show or hide the dock below."""
        self.panes.toggle("jobs")

    def show_queue(self) -> None:
        """Bring the queue to the front, with a project or without."""
        self.panes.want("jobs")
        self.jobs.show_queue()

    def toggle_queue(self) -> None:
        """The same, or hide it where it is in front."""
        if self.jobs.isVisible() and self.jobs.currentWidget() is self.jobs.queue:
            self.toggle_jobs()
        else:
            self.show_queue()

    def show_log_of(self, entry: Entry) -> None:
        """Bring the log of an entry of the queue to the front."""
        self.panes.want("jobs")
        self.jobs.show_log_at(entry.run, text_of(entry.title))

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Somebody came back: the source of the data may be another by now."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and self.isActiveWindow():
            self.studio.sync.look()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        """Ask what is to become of what is at work, then remember the layout."""
        if not self.leaving.may_close():
            event.ignore()
            return
        remember_layout(self, self.studio.settings, docks=self.studio.project.folder is not None)
        super().closeEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        """Any folder may be dropped anywhere."""
        if dropped_folder(event) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        """Open or import it."""
        folder = dropped_folder(event)
        if folder is not None:
            event.acceptProposedAction()
            self.import_data(folder)

    def _connect(self) -> None:
        studio = self.studio
        self.rail.chosen.connect(self.show_page)
        self.start.open_wanted.connect(self.open_project)
        self.start.import_wanted.connect(self.import_data)
        self.gone.find_wanted.connect(self._find_project)
        studio.project.place_changed.connect(self._place_changed)
        studio.project.opened.connect(self._opened)
        studio.project.closed.connect(self._closed)
        studio.project.changed.connect(self._project_changed)
        for store in (
            studio.project,
            studio.recipe,
            studio.runs,
            studio.tasks,
            studio.catalog,
            studio.labels,
            studio.queue,
        ):
            store.failed.connect(self.tell)
        studio.settings.changed.connect(self._settings_changed)
        for signal in (studio.runs.changed, studio.runs.added, studio.runs.removed, studio.recipe.changed):
            signal.connect(self._show_states)
        on_language(self._project_changed)
        self.panes.changed.connect(self._show_panes)
        self.jobs.queue.show_wanted.connect(self.ways.show)

    def _restore(self) -> None:
        settings = self.studio.settings
        self.resize(*_WANTED)
        restore_geometry(self, settings)
        self.panes.size()
        restore_docks(self, settings)
        self.panes.offer(False, False)

    def _build(self, key: str) -> Page:
        page = self.entries[key].build(self.studio)
        page.state_changed.connect(self._show_states)
        self.pages[key] = page
        self.stack.addWidget(page)
        inspector = page.inspector()
        if inspector is not None:
            self.inspectors.addWidget(inspector)
        self._show_states()
        return page

    def _show_inspector(self, page: Page) -> None:
        inspector = page.inspector()
        if inspector is not None:
            self.inspectors.setCurrentWidget(inspector)
        self.panes.offer(inspector is not None, True)
        self.header.inspector.setEnabled(inspector is not None)

    def _show_panes(self) -> None:
        for button, dock in ((self.header.inspector, self.panes.inspector), (self.header.jobs, self.panes.jobs)):
            button.setChecked(not dock.isHidden())

    def _opened(self) -> None:
        self.banner.clear()
        self._project_changed()
        self._show_last_page()
        if self.studio.runs.active() is not None:
            self.toast("studio.core.went_on")

    def _closed(self) -> None:
        self.stack.setCurrentWidget(self.start)
        self.rail.show_page(None)
        self.header.show_page(None)
        self.panes.offer(False, False)
        self._project_changed()

    def _find_project(self) -> None:
        ask_folder(self, "studio.core.place_find_title", self.studio.project.move)

    def _place_changed(self) -> None:
        """The project's folder went, or came back: then what was in front is there again."""
        if self.studio.project.here:
            self._show_last_page()
            self.toast("studio.core.place_back")
        else:
            self.banner.clear()
            self.stack.setCurrentWidget(self.gone)
            self.rail.show_page(None)
            self.header.show_page(None)
            self.panes.offer(False, False)
        self._project_changed()

    def _show_last_page(self) -> None:
        last = self.studio.settings.value.last_page
        self.show_page(last if last in self.entries else next(iter(self.entries)))

    def _project_changed(self) -> None:
        project = self.studio.project.project
        self.setWindowTitle(f"{project.name} – Espalier" if project else "Espalier")
        self.rail.set_enabled(self.studio.project.here)
        self._show_states()

    def _show_states(self, *_: object) -> None:
        for key, button in self.rail.buttons.items():
            button.set_state(self._state_of(key))

    def _state_of(self, key: str) -> PageState:
        """What a page says of itself, or can be said of it before it is built; nothing without the project's folder."""
        if not self.studio.project.here:
            return PageState.EMPTY
        page = self.pages.get(key)
        return page.state if page is not None else self.entries[key].state(self.studio)

    def _settings_changed(self) -> None:
        settings = self.studio.settings.value
        if theme.name != settings.theme:
            self.panes.keep()
            theme.name = settings.theme
        translator.set_language(settings.language or system_language())
