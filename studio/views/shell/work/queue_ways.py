"""Ways from the queue to the rest of the window: what shows an entry, what the desktop is told, how one is greeted."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QWidget

from engine.contract.queue.entries import Entry
from studio.i18n import tr
from studio.presenters.queue.news_words import news_words
from studio.stores.work.queue_look import News
from studio.studio import Studio
from studio.views.page import Page


class Window(Protocol):
    """What is asked of the window."""

    def built(self, key: str) -> Page:
        """A page, built if it was not."""
        ...

    def show_page(self, key: str) -> None:
        """Bring a page to the front."""

    def toast(self, code: str, seconds: int = 6) -> None:
        """Say something in passing."""

    def show_log_of(self, entry: Entry) -> None:
        """Bring the log of an entry to the front."""


class QueueWays(QObject):
    """Shows what an entry of the queue works on, in its own project, and words what the desktop is told."""

    def __init__(self, studio: Studio, window: Window, widget: QWidget) -> None:
        super().__init__(widget)
        self._studio, self._window, self._widget = studio, window, widget
        studio.news.told.connect(self._tell)
        studio.queue.changed.connect(self._greet)
        studio.queue.taken_out.connect(lambda _: window.toast("studio.queue.removed_toast"))
        studio.news.clicked.connect(self._come_back)

    def show(self, entry: Entry) -> None:
        """Show the run or the fit; of other work its log."""
        if not self._open(entry.project):
            return
        if not self._show_run(entry.run, entry.kind):
            self._window.show_log_of(entry)

    def _open(self, project: Path | None) -> bool:
        store = self._studio.project
        here = store.folder is not None and project is not None and store.folder.root == project
        return here or project is None or store.open(project)

    def _show_run(self, root: Path, kind: str) -> bool:
        studio = self._studio
        if kind == "fit":
            import_module("studio.views.fit.entry").show_front(studio, root.name, self._widget)
            return True
        task = next((task for task in studio.tasks.tasks if task.root == root), None)
        run = studio.runs.run_of(task) if task is not None else studio.runs.by_name(root.name)
        if run is None or kind not in ("train", "recipe"):
            return False
        self._window.show_page("train")
        shown = getattr(self._window.built("train"), "show_run", None)
        if callable(shown):
            shown(run)
        return True

    def _greet(self) -> None:
        """Say once that nothing starts, as after a quitting that stopped all of it."""
        self._studio.queue.changed.disconnect(self._greet)
        if self._studio.queue.settings.paused and self._studio.queue.entries:
            self._window.toast("studio.queue.greet_held")

    def _tell(self, news: News) -> None:
        left = len(self._studio.queue.entries)
        self._studio.news.show(news, *news_words(news, left), tr("studio.queue.show"))

    def _come_back(self, root: Path) -> None:
        """A notification was clicked on."""
        window = self._widget.window()
        window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
        window.raise_()
        window.activateWindow()
        project = root.parent.parent if root.parent.name == "runs" else root.parent.parent.parent
        if self._studio.project.is_project(project) and self._open(project):
            self._show_run(root, "train" if root.parent.name == "runs" else root.name.partition("-")[0])
