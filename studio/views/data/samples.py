"""The samples that training would make of a picture, side by side, and what they depend on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QSize, QSizeF
from PySide6.QtGui import QImage, QResizeEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QVBoxLayout, QWidget

from engine.contract.dataset import Picture
from studio.bound_texts import bind, on_language
from studio.i18n import tr
from studio.presenters.finds import found_by
from studio.stores.previews.samples import AT_ONCE, SamplesStore, TrainingSample
from studio.views.pictures.loading import PictureLoader
from studio.views.pictures.picture_view import PictureView
from studio.widgets.buttons import Button
from studio.widgets.controls import Segmented
from studio.widgets.labels import Muted, Text
from studio.widgets.panels import ErrorBanner

_GAP = 8
STRENGTHS = ("none", "light", "full")
_LARGEST = QSize(1024, 1024)


class _Tiles(QWidget):
    """Square things in as many columns as make them largest."""

    def __init__(self, tiles: Sequence[QWidget]) -> None:
        super().__init__()
        self._tiles = tiles
        for tile in tiles:
            tile.setParent(self)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Lay the tiles out anew."""
        columns = columns_for(len(self._tiles), self.width(), self.height())
        rows = -(-len(self._tiles) // columns)
        width, height = (self.width() + _GAP) // columns - _GAP, (self.height() + _GAP) // rows - _GAP
        for place, tile in enumerate(self._tiles):
            row, column = divmod(place, columns)
            tile.setGeometry(column * (width + _GAP), row * (height + _GAP), width, height)


def columns_for(count: int, width: int, height: int) -> int:
    """In how many columns `count` squares are largest; where two are the same, the fewer rows are."""
    return max(range(count, 0, -1), key=lambda columns: min(width / columns, height / -(-count // columns)), default=1)


class SamplesPanel(QWidget):
    """A tile for each epoch; the button goes on to the next epochs."""

    def __init__(self, store: SamplesStore, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._classes: tuple[str, ...] = ()
        self.loader = PictureLoader(_LARGEST, budget=48 << 20, parent=self)
        self.loader.loaded.connect(lambda _: self._show_tiles())
        self.strength = Segmented(len(STRENGTHS))
        self.recipe = QCheckBox()
        self.roll = Button("studio.data.samples_roll", store.roll, "", "refresh")
        self.told, self.problem = Muted(), ErrorBanner()
        self.tiles = [PictureView() for _ in range(AT_ONCE)]
        self._lay_out()
        self.strength.chosen.connect(lambda place: store.choose(strength=STRENGTHS[place]))
        self.recipe.clicked.connect(lambda on: store.choose(recipe=on))
        store.changed.connect(self.refresh)
        bind(self.recipe.setText, "studio.data.samples_recipe")
        on_language(self.refresh)

    def _lay_out(self) -> None:
        bar = QHBoxLayout()
        bar.setSpacing(8)
        bar.addWidget(Text("studio.data.samples_strength", "muted"))
        bar.addWidget(self.strength)
        bar.addSpacing(8)
        bar.addWidget(self.recipe)
        bar.addStretch(1)
        bar.addWidget(self.roll)
        self.field = _Tiles(self.tiles)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(bar)
        column.addWidget(self.problem)
        column.addWidget(self.field, 1)
        column.addWidget(self.told)

    def show_picture(self, picture: Picture | None, classes: tuple[str, ...]) -> None:
        """Make samples of another picture; None for no more."""
        self._classes = classes
        self._store.show(picture)

    def set_labels(self, on: bool) -> None:
        """Show or hide class names."""
        for tile in self.tiles:
            tile.set_labels(on)

    def refresh(self) -> None:
        """Show what the store has."""
        store = self._store
        names = [tr("studio.data.samples_none"), tr("studio.data.samples_light"), tr("studio.data.samples_full")]
        self.strength.set_texts(names)
        self.strength.setAccessibleName(tr("studio.data.samples_strength"))
        self.strength.set_current(STRENGTHS.index(store.strength))
        steps = store.recipe_steps()
        self.recipe.setEnabled(bool(steps))
        self.recipe.setChecked(store.with_recipe)
        self.recipe.setToolTip(tr("studio.data.samples_recipe_tip" if steps else "studio.data.samples_no_recipe"))
        self.roll.setToolTip(tr("studio.data.samples_roll_tip"))
        if store.error is not None:
            self.problem.tell(store.error, lambda: store.show(store.picture))
        else:
            self.problem.clear()
        self._tell()
        self._show_tiles()

    def _tell(self) -> None:
        store = self._store
        settings = store.training()
        count = len(store.samples) or AT_ONCE
        known = {"seed": settings.seed, "epochs": settings.epochs}
        told = tr("studio.data.samples_told", first=store.epoch + 1, last=store.epoch + count, **known)
        if store.picture is not None and store.picture.split != "train":
            told = f"{told} {tr('studio.data.samples_untrained')}"
        self.told.setText(told)

    def _show_tiles(self) -> None:
        samples: list[TrainingSample | None] = [*self._store.samples]
        if samples or self._store.error is not None:
            samples += [None] * (AT_ONCE - len(samples))
            for tile, sample in zip(self.tiles, samples, strict=True):
                self._show_tile(tile, sample)
        elif self._store.busy and all(tile.image.isNull() for tile in self.tiles):
            self.tiles[0].set_hint(tr("studio.data.samples_making"))

    def _show_tile(self, tile: PictureView, sample: TrainingSample | None) -> None:
        tile.set_hint("")
        if sample is None:
            tile.set_picture(QImage())
            tile.set_caption("")
            return
        image = self.loader.picture(sample.file)
        if image is not None:
            if tile.image.cacheKey() != image.cacheKey():
                tile.set_picture(image, QSizeF(sample.width, sample.height))
                tile.fit()
            finds = found_by(sample.boxes, self._classes)
            tile.set_boxes({"found": [replace(find, scored=False) for find in finds]})
            tile.set_caption(tr("studio.data.samples_epoch", epoch=sample.epoch + 1))
