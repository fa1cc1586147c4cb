"""Pictures of the project, or dropped in, under the boxes of two runs, or of one and of what is really there."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QImage, QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from engine.contract.dataset import Picture
from engine.contract.text.messages import Message
from studio.bound_texts import on_language
from studio.i18n import tr
from studio.presenters.finds import Find, found_by, truth_of
from studio.stores.previews.previews import BoxOnPicture
from studio.stores.run import Run
from studio.studio import Studio
from studio.views.compare.picture_controls import SOURCES, TRUTH, PictureBar, PictureFoot
from studio.views.compare.split_view import SplitView
from studio.views.pictures.dropping import dropped_pictures
from studio.views.pictures.finds import BoxLegend, Kind
from studio.views.pictures.loading import PictureLoader
from studio.widgets.panels import ErrorBanner

LOWEST = 0.05
"""Boxes are asked for from this score on; the slider hides the rest without asking again."""
KEPT = 256


class ComparePictures(QWidget):
    """The split view with its controls. `chosen` tells that A is set against something else now."""

    chosen = Signal()

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._sides: tuple[Run | None, Run | None] = (None, None)
        self._dropped: list[str] = []
        self._place = dict.fromkeys(SOURCES, 0)
        self._path: str | None = None
        self._truth: list[Find] | None = None
        self._finds: OrderedDict[tuple[str, str], list[Find]] = OrderedDict()
        self._loader = PictureLoader(QSize(1600, 1600), parent=self)
        self._loader.loaded.connect(self._on_loaded)
        self.view = SplitView()
        self.problem = ErrorBanner()
        self.bar, self.foot, self.legend = PictureBar(), PictureFoot(), BoxLegend()
        self.source, self.threshold = self.bar.source, self.foot.threshold
        self.setAcceptDrops(True)
        self._lay_out()
        self._connect()
        on_language(self.refresh)

    def _lay_out(self) -> None:
        told = QHBoxLayout()
        told.setSpacing(8)
        told.addWidget(self.legend, 1)
        told.addWidget(self.foot.counts)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.bar)
        layout.addWidget(self.problem)
        layout.addWidget(self.view, 1)
        layout.addLayout(told)
        layout.addWidget(self.foot)

    def _connect(self) -> None:
        project = self._studio.project
        self.source.currentIndexChanged.connect(self.refresh)
        self.bar.against.activated.connect(self._choose_against)
        self.bar.truth.toggled.connect(lambda on: project.choose(compare_truth=on))
        self.bar.labels.toggled.connect(self.view.set_labels)
        self.bar.fit.clicked.connect(self.view.fit)
        self.foot.turned.connect(self.turn)
        self.foot.threshold_changed.connect(self._on_threshold)
        self.view.turned.connect(self.turn)
        project.opened.connect(self._restart)
        project.index_changed.connect(self.refresh)
        project.closed.connect(self._restart)
        project.changed.connect(self._show_finds)
        for key, button in (("G", self.bar.truth), ("L", self.bar.labels)):
            shortcut = QShortcut(QKeySequence(key), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(button.click)

    def show_sides(self, a: Run | None, b: Run | None) -> None:
        """Compare these two runs; without a B, A alone with what is really there."""
        if (a, b) != self._sides:
            self._sides = (a, b)
            self.refresh()

    @property
    def alone(self) -> bool:
        """Whether A is set against what is really there: by choice, or because there is no B."""
        a, b = self._sides
        return a is not None and (b is None or self._studio.project.choices.compare_alone)

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
        before, self._path, self._truth = self._path, None, None
        if total and self._sides[0] is not None:
            self._find_picture(source, place)
        if self._path != before:
            self.view.fit()
        self.foot.show_place(place, total)
        self.view.set_hint(self._hint(total, source))
        if self._path is None:
            self.view.set_image(QImage())
        else:
            self._on_loaded(self._path)
        self._show_finds()

    def _find_picture(self, source: str, place: int) -> None:
        if source == "dropped":
            self._path = self._dropped[place]
            return
        index = self._studio.project.index
        found: list[Picture] = []
        if index is not None:
            found = index.pictures("val" if source == "val" else "test", limit=1, offset=place)
        if index is not None and found:
            self._path, self._truth = found[0].path, truth_of(found[0], index.classes())

    def _hint(self, total: int, source: str) -> str:
        if self._sides[0] is None:
            return tr("studio.compare.choose_sides")
        if source == "dropped":
            return tr("studio.compare.drop_here")
        return tr("studio.compare.no_pictures") if not total else tr("studio.compare.loading")

    def _on_loaded(self, path: str) -> None:
        if path != self._path:
            return
        image = self._loader.picture(path)
        if image is not None and image.isNull():
            self.view.set_hint(tr("studio.compare.unreadable", name=Path(path).name))
        self.view.set_image(image or QImage(), self._loader.size(path))

    def _shown_runs(self) -> list[Run]:
        """The runs whose boxes are on the picture."""
        return [run for run in self._sides[: 1 if self.alone else 2] if run is not None]

    def _ask(self, run: Run, path: str) -> None:
        key = (run.name, path)
        if key in self._finds:
            return

        def receive(answer: list[BoxOnPicture] | Message) -> None:
            if isinstance(answer, Message):
                self.problem.tell(answer, self.refresh)
                return
            self._finds[key] = found_by(answer, getattr(getattr(run.job, "choice", None), "classes", ()))
            while len(self._finds) > KEPT:
                self._finds.popitem(last=False)
            self._draw_finds()

        self._studio.pictures.boxes(run.root, Path(path), receive, LOWEST)

    def _show_finds(self) -> None:
        """Draw what is known of the sides that are chosen, and ask for the rest."""
        a, b = self._sides
        named = [f"{run.number:04d} {run.label}" if run else "" for run in (a, b)]
        self.view.set_names(named[0], tr("studio.pictures.truth") if self.alone else named[1])
        self.bar.allow(b=b is not None, truth=self._path is None or self._truth is not None)
        self.bar.show_choices(alone=self.alone, beside=self._studio.project.choices.compare_truth)
        if self._path is not None:
            for run in self._shown_runs():
                self._ask(run, self._path)
        self._draw_finds()

    def _draw_finds(self) -> None:
        keys = [(run.name, self._path) if run and self._path else None for run in self._sides]
        a, b = (self._finds.get(key) if key else None for key in keys)
        beside = self._studio.project.choices.compare_truth
        self.view.set_truth(self._truth or [], beside=beside, alone=self.alone)
        self.view.set_finds(a or [], [] if self.alone else b or [], (a is None, b is None and not self.alone))
        self._tell_counts()
        self._tell_legend(beside and self._truth is not None)

    @property
    def ready(self) -> bool:
        """Whether the boxes of every side are known, or no picture is shown."""
        return self._path is None or all((run.name, self._path) in self._finds for run in self._shown_runs())

    def _tell_counts(self) -> None:
        if self._path is None:
            self.foot.counts.setText("")
        elif not self.ready:
            self.foot.counts.setText(tr("studio.compare.finding"))
        elif self.alone and self._truth is None:
            self.foot.counts.setText(tr("studio.compare.truth_unknown"))
        else:
            a, b, gone = self.view.counts()
            if self.alone:
                told = tr("studio.compare.counts_truth", there=b, missed=gone, wrong=self.view.wrong())
            else:
                told = tr("studio.compare.counts", a=a, b=b, lost=gone)
            self.foot.counts.setText(told)

    def _tell_legend(self, truth: bool) -> None:
        wrong, missed = tr("studio.compare.legend_wrong"), tr("studio.compare.legend_missed")
        kinds: list[Kind] = ["new", "lost"] if self.alone else ["truth", "lost"] if truth else ["lost"]
        self.legend.show_kinds(kinds, {"new": wrong, "lost": missed} if self.alone else {})

    def _choose_against(self, place: int) -> None:
        self._studio.project.choose(compare_alone=place == TRUTH)
        self.chosen.emit()

    def _on_threshold(self, score: float) -> None:
        self.view.set_threshold(score)
        self._draw_finds()

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
