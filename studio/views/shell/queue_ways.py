"""Ways between the queue and the rest of the window: the line in the status bar, what shows an entry, notifications."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from engine.contract.queue.entries import Entry
from studio.bound_texts import bind, on_language
from studio.i18n import tr
from studio.presenters.queue.news_words import news_words
from studio.presenters.queue.queue_rows import summary
from studio.stores.work.queue_look import News
from studio.studio import Studio
from studio.views.page import Page
from studio.views.queue.meters import Meters
from studio.widgets.buttons import Button

_WIDE = 1060
"""A window of less has no room for meters beside its switches."""


class QueueButton(Button):
    """How much is at work and waits, in the status bar; a click shows the queue, or hides it again."""

    def __init__(self, studio: Studio, show: Callable[[], object]) -> None:
        super().__init__("studio.queue.sum_none", show, "quiet", "jobs")
        self._studio = studio
        self._short = False
        self.setObjectName("queue_button")
        bind(self.setToolTip, "studio.queue.open_tip")
        studio.queue.changed.connect(self._show)
        on_language(self._show)
        self._show()

    def set_short(self, short: bool) -> None:
        """Say only how much is at work, where there is little room."""
        if short != self._short:
            self._short = short
            self._show()

    def _show(self) -> None:
        text = summary(self._studio.queue.latest, short=True)
        self.setAccessibleName(f"{tr('studio.queue.title')}: {text}")
        self.show_text(text.partition(" · ")[0] if self._short else text)


class WorkLine(QWidget):
    """The queue in one line and the meters, in the status bar; in a narrow window less of it."""

    def __init__(self, studio: Studio, window: QWidget, show: Callable[[], object]) -> None:
        super().__init__()
        self.button, self.meters = QueueButton(studio, show), Meters(studio.meters)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.button)
        row.addWidget(self.meters)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """The window has another width."""
        if event.type() == QEvent.Type.Resize and isinstance(watched, QWidget):
            narrow = watched.width() < _WIDE
            self.meters.setVisible(not narrow)
            self.button.set_short(narrow)
        return super().eventFilter(watched, event)


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
            self._window.toast("studio.queue.sum_held")

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
