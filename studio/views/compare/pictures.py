"""Pictures of the project, or dropped in, under the boxes of two runs."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QImage
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QSlider, QVBoxLayout, QWidget

from engine.contract.text.messages import Message
from studio.bound_texts import bind, on_language
from studio.i18n import tr
from studio.presenters.finds import Find
from studio.stores.previews import BoxOnPicture
from studio.stores.run import Run
from studio.studio import Studio
from studio.views.compare.split_view import SplitView
from studio.views.pictures.loading import PictureLoader
from studio.widgets.buttons import IconButton
from studio.widgets.labels import Muted, Text
from studio.widgets.panels import ErrorBanner

SOURCES = ("val", "test", "dropped")
LOWEST = 0.05
"""Boxes are asked for from this score on; the slider hides the rest without asking again."""
KEPT = 256
SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp")


class ComparePictures(QWidget):
    """The split view with its controls."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._sides: tuple[Run | None, Run | None] = (None, None)
        self._dropped: list[str] = []
        self._place = dict.fromkeys(SOURCES, 0)
        self._path: str | None = None
        self._finds: OrderedDict[tuple[str, str], list[Find]] = OrderedDict()
        self._loader = PictureLoader(QSize(1600, 1600), parent=self)
        self._loader.loaded.connect(self._on_loaded)
        self.view = SplitView()
        self.problem = ErrorBanner()
        self.setAcceptDrops(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(self._build_bar())
        layout.addWidget(self.problem)
        layout.addWidget(self.view, 1)
        layout.addLayout(self._build_foot())
        self.view.turned.connect(self.turn)
        studio.project.opened.connect(self._restart)
        studio.project.closed.connect(self._restart)
        on_language(self.refresh)

    def _build_bar(self) -> QHBoxLayout:
        self.source = QComboBox()
        for source in SOURCES:
            self.source.addItem("", source)
        bind(lambda text: self.source.setItemText(0, text), "studio.compare.source_val")
        bind(lambda text: self.source.setItemText(1, text), "studio.compare.source_test")
        bind(lambda text: self.source.setItemText(2, text), "studio.compare.source_dropped")
        bind(self.source.setAccessibleName, "studio.compare.source")
        self.source.currentIndexChanged.connect(self.refresh)
        self.back = IconButton("chevron-left", "studio.compare.previous", lambda: self.turn(-1))
        self.next = IconButton("chevron-right", "studio.compare.next", lambda: self.turn(1))
        self.count = Text("", "muted")
        self.labels = QCheckBox()
        self.labels.setChecked(True)
        bind(self.labels.setText, "studio.compare.labels")
        self.labels.toggled.connect(self.view.set_labels)
        bar = QHBoxLayout()
        bar.setSpacing(8)
        for widget in (self.source, self.back, self.count, self.next):
            bar.addWidget(widget)
        bar.addStretch(1)
        bar.addWidget(self.labels)
        return bar

    def _build_foot(self) -> QHBoxLayout:
        self.threshold = QSlider(Qt.Orientation.Horizontal)
        self.threshold.setRange(5, 95)
        self.threshold.setPageStep(5)
        self.threshold.setFixedWidth(120)
        self._score = QLabel()
        self._score.setMinimumWidth(32)
        bind(self.threshold.setToolTip, "studio.compare.threshold_tip")
        bind(self.threshold.setAccessibleName, "studio.compare.threshold")
        self.threshold.valueChanged.connect(self._on_threshold)
        self.counts = Muted()
        self.counts.setWordWrap(False)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self.counts)
        foot.addStretch(1)
        foot.addWidget(Text("studio.compare.threshold", "muted"))
        foot.addWidget(self.threshold)
        foot.addWidget(self._score)
        self.threshold.setValue(50)
        return foot

    def show_sides(self, a: Run | None, b: Run | None) -> None:
        """Compare these two runs."""
        if (a, b) != self._sides:
            self._sides = (a, b)
            self.refresh()

    def add_pictures(self, paths: Sequence[str]) -> None:
        """Take pictures that were dropped in, and show the first of them."""
        fresh = [path for path in paths if path not in self._dropped]
        if fresh:
            self._place["dropped"] = len(self._dropped)
            self._dropped += fresh
        self.source.setCurrentIndex(SOURCES.index("dropped"))
        self.refresh()

    def turn(self, stride: int) -> None:
        """Show the next picture, or an earlier one; around the end."""
        total = self.total()
        if total:
            source = self.source.currentData()
            self._place[source] = (self._place[source] + stride) % total
            self.refresh()

    def total(self) -> int:
        """How many pictures there are to look at."""
        source, index = self.source.currentData(), self._studio.project.index
        if source == "dropped":
            return len(self._dropped)
        return index.picture_count(source) if index is not None else 0

    def refresh(self) -> None:
        """Show the current picture under the current runs."""
        total, source = self.total(), self.source.currentData()
        place = min(self._place[source], max(0, total - 1))
        self._path = self._path_at(source, place) if total and all(self._sides) else None
        self.count.setText(tr("studio.compare.place", place=place + 1, total=total) if total else "")
        self.back.setEnabled(total > 1)
        self.next.setEnabled(total > 1)
        self.view.set_hint(self._hint(total, source))
        self.view.set_names(*(f"{run.number:04d} {run.label}" if run else "" for run in self._sides))
        if self._path is None:
            self.view.set_image(QImage())
        else:
            self._on_loaded(self._path)
            for run in self._sides:
                self._ask(run, self._path)
        self._show_finds()

    def _hint(self, total: int, source: str) -> str:
        if not all(self._sides):
            return tr("studio.compare.choose_sides")
        if source == "dropped":
            return tr("studio.compare.drop_here")
        return tr("studio.compare.no_pictures") if not total else tr("studio.compare.loading")

    def _path_at(self, source: str, place: int) -> str | None:
        index = self._studio.project.index
        if source == "dropped":
            return self._dropped[place]
        if index is None or source not in ("val", "test"):
            return None
        found = index.pictures("val" if source == "val" else "test", limit=1, offset=place)
        return found[0].path if found else None

    def _on_loaded(self, path: str) -> None:
        if path != self._path:
            return
        image = self._loader.picture(path)
        if image is not None and image.isNull():
            self.view.set_hint(tr("studio.compare.unreadable", name=Path(path).name))
        self.view.set_image(image or QImage())

    def _ask(self, run: Run | None, path: str) -> None:
        if run is None or (run.name, path) in self._finds:
            return
        key = (run.name, path)

        def receive(answer: list[BoxOnPicture] | Message) -> None:
            if isinstance(answer, Message):
                self.problem.tell(answer, self.refresh)
                return
            self._finds[key] = _finds(answer, run)
            while len(self._finds) > KEPT:
                self._finds.popitem(last=False)
            self._show_finds()

        self._studio.pictures.boxes(run.root, Path(path), receive, LOWEST)

    def _show_finds(self) -> None:
        keys = [(run.name, self._path) if run and self._path else None for run in self._sides]
        a, b = (self._finds.get(key) if key else None for key in keys)
        self.view.set_finds(a or [], b or [], (a is None, b is None))
        self._tell_counts(ready=a is not None and b is not None)

    @property
    def ready(self) -> bool:
        """Whether the boxes of both sides are known, or no picture is shown."""
        return self._path is None or all(run and (run.name, self._path) in self._finds for run in self._sides)

    def _tell_counts(self, ready: bool) -> None:
        if self._path is None:
            self.counts.setText("")
        elif ready:
            a, b, gone = self.view.counts()
            self.counts.setText(tr("studio.compare.counts", a=a, b=b, lost=gone))
        else:
            self.counts.setText(tr("studio.compare.finding"))

    def _on_threshold(self, percent: int) -> None:
        self._score.setText(f"{percent / 100:.2f}")
        self.view.set_threshold(percent / 100)
        self._show_finds()

    def _restart(self) -> None:
        self._dropped.clear()
        self._finds.clear()
        self._place = dict.fromkeys(SOURCES, 0)
        self._loader.forget()
        self.problem.clear()
        self.refresh()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        """Pictures may be dropped."""
        if dropped_pictures(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        """Take them."""
        event.acceptProposedAction()
        self.add_pictures(dropped_pictures(event))


def dropped_pictures(event: QDropEvent) -> list[str]:
    """The paths of the pictures in a drop; a folder stands for those in it."""
    paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
    found = [each for path in paths for each in (sorted(path.iterdir()) if path.is_dir() else [path])]
    return [str(path) for path in found if path.suffix.lower() in SUFFIXES]


def _finds(answer: Sequence[BoxOnPicture], run: Run) -> list[Find]:
    choice = getattr(run.job, "choice", None)
    classes = list(choice.classes) if choice else []
    return [
        Find(
            classes.index(box.label) if box.label in classes else 0,
            box.label,
            box.score,
            box.left,
            box.top,
            box.right,
            box.bottom,
        )
        for box in answer
    ]
