"""A val picture as the run sees it that the recipe starts from, beside what the recipe makes of that, untrained."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSize, QSizeF
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from engine.contract.dataset import Picture
from engine.contract.previews.trial import FoundBox
from studio.i18n import tr
from studio.presenters.finds import Find, lost, shown, truth_of
from studio.studio import Studio
from studio.views.compare.picture_controls import PictureFoot
from studio.views.compare.split_view import SplitView
from studio.views.pictures.finds import BoxLegend, Kind
from studio.views.pictures.loading import PictureLoader
from studio.widgets.buttons import IconButton

_LONGEST = 1600


class TriedPicture(QWidget):
    """The split view over the trials store; left of the handle the run as it is, right of it under the steps."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._place = 0
        self._picture: Picture | None = None
        self._upto: int | None = None
        self._loader = PictureLoader(QSize(_LONGEST, _LONGEST), parent=self)
        self._loader.loaded.connect(lambda _: self._show_image())
        self.view, self.foot, self.legend = SplitView(), PictureFoot(), BoxLegend()
        self.view.setMinimumHeight(190)
        self.view.mark_new()
        self.truth = IconButton("truth", "studio.compare.truth_tip")
        self.labels = IconButton("label", "studio.compare.labels_tip")
        self.fit = IconButton("fit", "studio.pictures.fit", self.view.fit)
        for button in (self.truth, self.labels):
            button.setCheckable(True)
        self.labels.setChecked(True)
        self._lay_out()
        self.foot.turned.connect(self.turn)
        self.view.turned.connect(self.turn)
        self.foot.threshold_changed.connect(self._on_threshold)
        self.labels.toggled.connect(self.view.set_labels)
        self.truth.toggled.connect(lambda _: self.show_finds())

    def _lay_out(self) -> None:
        told = QHBoxLayout()
        told.setSpacing(2)
        told.addWidget(self.foot.counts)
        told.addSpacing(6)
        told.addWidget(self.legend, 1)
        for button in (self.truth, self.labels, self.fit):
            told.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.view, 1)
        column.addLayout(told)
        column.addWidget(self.foot)

    @property
    def path(self) -> str | None:
        """The picture in view."""
        return self._picture.path if self._picture is not None else None

    def restart(self) -> None:
        """Begin at the first picture of the project, with all steps."""
        self._place, self._picture, self._upto = 0, None, None
        self._loader.forget()
        self.refresh()

    def turn(self, stride: int) -> None:
        """Show another picture; around the end."""
        total = self._total()
        if total:
            self._place = (self._place + stride) % total
            self.refresh()

    def set_upto(self, upto: int | None) -> None:
        """Let only the steps up to a place act."""
        self._upto = upto
        self._studio.trials.show(self.path, upto)

    def refresh(self) -> None:
        """Show the picture at the place, and ask what is found on it."""
        index, total = self._studio.project.index, self._total()
        found = index.pictures("val", limit=1, offset=self._place) if index is not None and total else []
        self._picture = found[0] if found else None
        self.foot.show_place(self._place, total)
        self.view.set_hint(tr("studio.compare.loading") if total else tr("studio.try.no_val"))
        self._show_image()
        self._studio.trials.show(self.path, self._upto)
        self.show_finds()

    def set_names(self, base: str, tried: str) -> None:
        """What stands in the corners."""
        self.view.set_names(base, tried)

    def retranslate(self) -> None:
        """Take texts in the current language."""
        self.foot.show_place(self._place, self._total())

    def show_finds(self) -> None:
        """Show what is known of the picture by now."""
        trials = self._studio.trials
        boxes = trials.trial.boxes if trials.error is None else {}
        waiting = ("base" not in boxes, "tried" not in boxes)
        self.view.set_finds(self._finds(boxes.get("base", ())), self._finds(boxes.get("tried", ())), waiting)
        classes = self._classes()
        kinds: list[Kind] = ["found", "new", "lost", *(["truth"] if self.truth.isChecked() else [])]  # type: ignore[list-item]
        self.legend.show_kinds(kinds)
        truth = truth_of(self._picture, classes) if self._picture is not None and classes else []
        self.view.set_truth(truth, beside=self.truth.isChecked(), alone=False)
        self._tell_counts()

    def _on_threshold(self, score: float) -> None:
        self.view.set_threshold(score)
        self._tell_counts()

    def _tell_counts(self) -> None:
        trials = self._studio.trials
        if self._picture is None or trials.error is not None:
            self.foot.counts.setText("")
            return
        boxes = trials.trial.boxes
        if len(boxes) < 2:
            self.foot.counts.setText(tr("studio.compare.finding"))
            return
        base, tried = (shown(self._finds(side), self.foot.score()) for side in (boxes["base"], boxes["tried"]))
        gone, new = len(lost(base, tried)), len(lost(tried, base))
        self.foot.counts.setText(tr("studio.try.counts", a=len(base), b=len(tried), lost=gone, new=new))

    def _finds(self, boxes: Sequence[FoundBox]) -> list[Find]:
        places = {name: place for place, name in enumerate(self._classes())}
        return [Find(places.get(box.label, 0), box.label, box.score, *box.box) for box in boxes]

    def _classes(self) -> Sequence[str]:
        index = self._studio.project.index
        return index.classes() if index is not None else ()

    def _total(self) -> int:
        index = self._studio.project.index
        return index.picture_count("val") if index is not None else 0

    def _show_image(self) -> None:
        if self._picture is None:
            self.view.set_image(QImage())
            return
        image = self._loader.picture(self._picture.path)
        if image is not None and image.isNull():
            self.view.set_hint(tr("studio.compare.unreadable", name=Path(self._picture.path).name))
        size = QSizeF(self._picture.width, self._picture.height)
        self.view.set_image(image if image is not None else QImage(), size)
