"""The strip under the curves: the watched pictures of a run as one of its looks saw them, scrubbed by epoch."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from studio.bound_texts import bind, on_language
from studio.i18n import tr
from studio.presenters.numbers import grouped
from studio.presenters.train.looks import Frame, Look, frames_of, looks_of, nothing_watched
from studio.stores.remembered import Remembered
from studio.stores.run import Run
from studio.studio import Studio
from studio.theme import theme
from studio.views.pictures.loading import PictureLoader
from studio.views.train.watched.tile import CAPTION, HEIGHT, WIDEST, WatchedTile
from studio.widgets.buttons import IconButton
from studio.widgets.controls import QuietSlider
from studio.widgets.labels import Elided, Heading, Muted

SCORE = 30
"""In percent; lower than where pictures are compared, for a training is watched from its first epochs on."""


class _Row(QScrollArea):
    """Leaves the arrows to who goes through the epochs."""

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Not here."""
        event.ignore()


class WatchedStrip(QWidget):
    """`opened` tells the place of the picture to be shown large, `changed` that others are seen than before."""

    opened = Signal(int)
    changed = Signal()
    choosing_asked = Signal()

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._memory = Remembered(studio.settings, "train_watched")
        self._run: Run | None = None
        self._looks: list[Look] = []
        self._marks: tuple[object, ...] = ()
        self._epoch: int | None = None
        self.frames: list[Frame] = []
        self.tiles: list[WatchedTile] = []
        self._loader = PictureLoader(QSize(WIDEST, HEIGHT) * 2 * self.devicePixelRatioF(), parent=self)
        self._loader.loaded.connect(self._repaint)
        self.fold = IconButton("chevron-down", "studio.train.watched_fold", self._fold)
        self.place = Elided("", "muted", Qt.TextElideMode.ElideRight)
        self.place.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.choose = IconButton("image", "studio.train.watched_choose_tip", self.choosing_asked.emit)
        self.none = Muted()
        self._build_controls()
        self._lay_out()
        theme.changed.connect(self._repaint)
        on_language(self._tell)
        self._roomy, self._bare = True, False
        self._show_parts()

    def _build_controls(self) -> None:
        self.epochs = QuietSlider()
        self.epochs.setPageStep(5)
        bind(self.epochs.setToolTip, "studio.train.watched_epochs_tip")
        bind(self.epochs.setAccessibleName, "studio.train.watched_epochs")
        self.epochs.valueChanged.connect(self._show_look)
        self.truth = QCheckBox()
        self.truth.setChecked(self._memory.get("truth", False))
        bind(self.truth.setText, "studio.train.watched_truth")
        bind(self.truth.setToolTip, "studio.train.watched_truth_tip")
        self.truth.toggled.connect(self._on_shown)
        self.score = QuietSlider()
        self.score.setRange(5, 95)
        self.score.setPageStep(5)
        self.score.setFixedWidth(72)
        self.score.setValue(self._memory.get("score", SCORE))
        bind(self.score.setToolTip, "studio.train.watched_score_tip")
        bind(self.score.setAccessibleName, "studio.train.watched_score")
        self.score.valueChanged.connect(self._on_shown)
        self._score = QLabel(f"{self.threshold:.2f}")
        self._score.setMinimumWidth(32)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self.fold)
        head.addWidget(Heading("studio.train.watched"))
        head.addWidget(self.place, 1)
        head.addWidget(self.choose)
        self._controls = QWidget()
        row = QHBoxLayout(self._controls)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.epochs, 1)
        row.addSpacing(8)
        for widget in (self.truth, self.score, self._score):
            row.addWidget(widget)
        inside = QWidget()
        inside.setObjectName("scrolled")
        self._row = QHBoxLayout(inside)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(8)
        self._row.addStretch(1)
        self._area = _Row()
        self._area.setFrameShape(QScrollArea.Shape.NoFrame)
        self._area.setWidgetResizable(True)
        self._area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setFixedHeight(HEIGHT + CAPTION)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setWidget(inside)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(self.none)
        column.addWidget(self._controls)
        column.addWidget(self._area)

    @property
    def threshold(self) -> float:
        """The score from which on boxes are shown."""
        return self.score.value() / 100

    def show_run(self, run: Run | None) -> None:
        """Show a run, the newest look first; for the same again, what it has told since."""
        looks = looks_of(run.state) if run is not None else []
        marks = (run, tuple(looks), run and (run.status, run.job, len(run.state.metrics.get("map", ()))))
        if marks == self._marks:
            return
        newest = run is not self._run or self.epochs.value() == self.epochs.maximum()
        self._run, self._looks, self._marks = run, looks, marks
        with QSignalBlocker(self.epochs):
            self.epochs.setRange(0, max(0, len(looks) - 1))
            if newest:
                self.epochs.setValue(self.epochs.maximum())
        self.epochs.setEnabled(len(looks) > 1)
        self._show_look()

    def step(self, by: int) -> None:
        """Go to a later look, or an earlier one; stops at both ends."""
        self.epochs.setValue(self.epochs.value() + by)

    def light(self, number: int | None) -> None:
        """Mark the picture that is shown large; None for none."""
        for place, tile in enumerate(self.tiles):
            tile.light(place == number)

    def _show_look(self) -> None:
        run, watched = self._run, None
        self.frames = []
        if run is not None and self._looks:
            look = self._looks[self.epochs.value()]
            watched = self._studio.watched.look(run.root / look.path, look.told)
        if watched is not None:
            pictures = self._studio.watched.pictures([each.digest for each in watched.pictures])
            self.frames = frames_of(watched, pictures, self._studio.watched.classes())
        self._epoch = watched.epoch if watched is not None else None
        self._tell()
        self._show_frames()

    def _show_frames(self) -> None:
        while len(self.tiles) < len(self.frames):
            tile, number = WatchedTile(self._loader), len(self.tiles)
            tile.opened.connect(lambda number=number: self.opened.emit(number))
            self._row.insertWidget(number, tile)
            self.tiles.append(tile)
        for tile in self.tiles[len(self.frames) :]:
            self._row.removeWidget(tile)
            tile.hide()
            tile.deleteLater()
        del self.tiles[len(self.frames) :]
        for tile, frame in zip(self.tiles, self.frames, strict=True):
            tile.show_frame(frame, self.threshold, self.truth.isChecked())
        self.changed.emit()

    def _tell(self) -> None:
        run = self._run
        if run is None or not self._looks:
            self.place.set_full("")
            self.none.show_code(nothing_watched(run.job, run.state, run.status) if run else "studio.train.no_runs")
        elif self._epoch is None:
            self.place.set_full("")
            self.none.show_code("studio.train.watched_gone", path=str(run.root / self._looks[self.epochs.value()].path))
        else:
            self.place.set_full(self._where(run, self._looks[self.epochs.value()].step, self._epoch))
        self._show_parts()
        for tile, frame in zip(self.tiles, self.frames, strict=False):
            tile.show_frame(frame, self.threshold, self.truth.isChecked())

    def _where(self, run: Run, step: int, epoch: int) -> str:
        words = tr("studio.train.watched_place", epoch=epoch, step=grouped(step))
        scores = dict(run.state.metrics.get("map", ()))
        if step not in scores:
            return words
        best = scores[step] == max(scores.values())
        code = "studio.train.watched_best" if best else "studio.train.watched_map"
        return f"{words}  ·  {tr(code, score=f'{scores[step]:.1f}')}"

    def _on_shown(self) -> None:
        self._score.setText(f"{self.threshold:.2f}")
        self._memory.keep(truth=self.truth.isChecked(), score=self.score.value())
        self._show_frames()

    def set_roomy(self, roomy: bool) -> None:
        """Whether there is room for all of it; without, it is folded until the person unfolds it."""
        if roomy != self._roomy:
            self._roomy = roomy
            self._show_parts()

    def set_bare(self, bare: bool) -> None:
        """Show the slider without the pictures: one of them is shown large and needs the room."""
        if bare != self._bare:
            self._bare = bare
            self._show_parts()

    @property
    def folded(self) -> bool:
        """Whether only its head is shown: as the person chose, else for want of room."""
        chosen = self._memory.get("folded")
        return chosen if isinstance(chosen, bool) else not self._roomy

    def _fold(self) -> None:
        self._memory.keep(folded=not self.folded)
        self._show_parts()

    def _show_parts(self) -> None:
        folded, seen = self.folded, bool(self.frames)
        self.fold.set_icon("chevron-right" if folded else "chevron-down")
        self.fold.say("studio.train.watched_unfold" if folded else "studio.train.watched_fold")
        self.none.setVisible(not folded and not seen)
        self._controls.setVisible(not folded and bool(self._looks))
        self._area.setVisible(not folded and seen and not self._bare)

    def _repaint(self) -> None:
        for tile in self.tiles:
            tile.update()
