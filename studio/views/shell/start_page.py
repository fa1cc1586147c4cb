"""What one sees without a project: the sample, one's own data, and the projects there are."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QScrollArea, QVBoxLayout, QWidget

from studio.bound_texts import bind, on_language
from studio.i18n import text_of
from studio.stores.work.task import Task
from studio.studio import Studio
from studio.theme import ICONS, restyle
from studio.widgets.buttons import Button, IconButton
from studio.widgets.labels import Elided, Heading, IconLabel, Muted, Text, Title
from studio.widgets.panels import Card, ErrorBanner, Section

WIDTH = 840


class StartPage(QScrollArea):
    """Asks for what only the window can do: a folder to open, a folder to import."""

    open_wanted = Signal()
    import_wanted = Signal(object)

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        self.setWidgetResizable(True)
        inner = QWidget()
        inner.setObjectName("scrolled")
        self.setWidget(inner)
        outer = QHBoxLayout(inner)
        outer.setContentsMargins(32, 40, 32, 32)
        middle = QWidget()
        middle.setMaximumWidth(WIDTH)
        outer.addStretch(1)
        outer.addWidget(middle, 100)
        outer.addStretch(1)
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(24)
        column.addLayout(self._head())
        self.banner = ErrorBanner()
        column.addWidget(self.banner)
        cards = QHBoxLayout()
        cards.setSpacing(16)
        self.sample = SampleCard(studio, self.banner)
        self.drop = DropCard()
        self.drop.dropped.connect(self.import_wanted)
        cards.addWidget(self.sample, 1)
        cards.addWidget(self.drop, 1)
        column.addLayout(cards)
        self.recent = RecentProjects(studio)
        self.recent.open_wanted.connect(self.open_wanted)
        column.addWidget(self.recent)
        column.addStretch(1)

    def _head(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(16)
        mark = QLabel()
        mark.setPixmap(
            QPixmap(str(ICONS / "espalier.svg")).scaledToHeight(56, Qt.TransformationMode.SmoothTransformation)
        )
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(Title("studio.core.welcome"))
        words.addWidget(Muted("studio.core.tagline"))
        row.addWidget(mark)
        row.addLayout(words, 1)
        return row


class SampleCard(Card):
    """The built-in sample in one click, with the progress of making it."""

    def __init__(self, studio: Studio, banner: ErrorBanner) -> None:
        super().__init__(margin=20, spacing=12)
        self._studio = studio
        self._banner = banner
        self._task: Task | None = None
        head = QHBoxLayout()
        head.addWidget(IconLabel("leaf", 20, "accent"))
        head.addWidget(Heading("studio.core.sample"), 1)
        self.button = Button("studio.core.try_sample", self.start, "primary")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._stage = Elided(role="muted", mode=Qt.TextElideMode.ElideRight)
        self._bar.hide()
        self._stage.hide()
        self.body.addLayout(head)
        self.body.addWidget(Muted("studio.core.sample_text"))
        self.body.addStretch(1)
        self.body.addWidget(self._stage)
        self.body.addWidget(self._bar)
        self.body.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        on_language(self._refresh)

    def start(self) -> None:
        """Make the sample's project; it opens by itself."""
        self._banner.clear()
        self._task = self._studio.tasks.make_sample()
        self._task.changed.connect(self._refresh)
        self._task.finished.connect(self._finished)
        self._refresh()

    def _finished(self) -> None:
        task, self._task = self._task, None
        self._refresh()
        if task is not None and task.error is not None:
            self._banner.tell(task.error, self.start)

    def _refresh(self) -> None:
        at_work = self._task is not None
        self._bar.setVisible(at_work)
        self._stage.setVisible(at_work)
        self.button.setEnabled(not at_work)
        if self._task is None:
            return
        stage, progress = self._task.state.stage, self._task.state.progress
        self._stage.set_full(text_of(stage.message) if stage else self._task.title)
        self._bar.setRange(0, progress.total if progress else 0)
        self._bar.setValue(progress.done if progress else 0)


class DropCard(Card):
    """Takes a folder that is dropped on it, or asks for one."""

    dropped = Signal(object)

    def __init__(self) -> None:
        super().__init__(margin=20, spacing=12)
        self.setAcceptDrops(True)
        head = QHBoxLayout()
        head.addWidget(IconLabel("folder", 20, "accent"))
        head.addWidget(Heading("studio.core.own_data"), 1)
        self.button = Button("studio.core.choose_data", lambda: self.dropped.emit(None))
        self.body.addLayout(head)
        self.body.addWidget(Muted("studio.core.own_data_text"))
        self.body.addStretch(1)
        self.body.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        """Say that a folder may be dropped."""
        if dropped_folder(event) is not None:
            event.acceptProposedAction()
            restyle(self, selected="true")

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:  # noqa: N802
        """No longer."""
        restyle(self, selected="false")

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        """Import the folder."""
        restyle(self, selected="false")
        folder = dropped_folder(event)
        if folder is not None:
            event.acceptProposedAction()
            self.dropped.emit(folder)


class RecentProjects(Section):
    """The projects that were open before; a missing one can be taken out."""

    open_wanted = Signal()

    def __init__(self, studio: Studio) -> None:
        super().__init__("studio.core.recent")
        self._studio = studio
        self._shown: tuple[str, ...] | None = None
        self.tools.addWidget(Button("studio.core.open_project", self.open_wanted.emit, icon_name="folder-open"))
        self._none = Muted("studio.core.no_recent")
        self.body.addWidget(self._none)
        self._rows: list[QWidget] = []
        studio.settings.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the list as it is now."""
        recent = self._studio.settings.value.recent
        if recent == self._shown:
            return
        self._shown = recent
        for row in self._rows:
            self.body.removeWidget(row)
            row.deleteLater()
        self._rows = [self._row(path) for path in recent]
        for row in self._rows:
            self.body.addWidget(row)
        self._none.setVisible(not recent)

    def _row(self, path: str) -> QWidget:
        card = Card(margin=0, spacing=0)
        row = QHBoxLayout()
        row.setContentsMargins(12, 8, 8, 8)
        row.setSpacing(12)
        there = self._studio.project.is_project(path)
        name = Text(role="heading")
        name.show_text(Path(path).name)
        row.addWidget(IconLabel("folder" if there else "alert", 18, "muted" if there else "warn"))
        row.addWidget(name)
        row.addWidget(Elided(path, role="muted"), 1)
        if there:
            opening = Button("studio.core.open", lambda: self._studio.project.open(path))
            bind(opening.setAccessibleName, "studio.core.open_named", name=Path(path).name)
            row.addWidget(opening)
        else:
            row.addWidget(Text("studio.core.missing", "muted"))
        away = IconButton("close", "studio.core.forget", lambda: self._studio.settings.forget(path))
        row.addWidget(away)
        card.body.addLayout(row)
        return card


def dropped_folder(event: QDropEvent) -> Path | None:
    """The folder that is being dropped, if it is one and only one."""
    urls = event.mimeData().urls()
    if len(urls) != 1 or not urls[0].isLocalFile():
        return None
    path = Path(urls[0].toLocalFile())
    return path if path.is_dir() else None
