"""What training will be shown of a picture: the very samples of some epochs, with their boxes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from PySide6.QtCore import QSizeF

from engine.contract.dataset import Box, Picture
from engine.contract.recipe import Step
from studio.i18n import tr
from studio.stores.previews.drawings import DrawingStore
from studio.views.pictures.boxes import count_boxes
from studio.views.recipe.drawings.drawing import Drawing
from studio.views.recipe.drawings.tiles import Tile, Tiles
from studio.widgets.buttons import Button, IconButton

_COUNT = 4


class SamplesDrawing(Drawing):
    """The picture as it is, then samples of it; they are rolled again, or another picture is taken."""

    techniques: ClassVar[tuple[str, ...]] = ("auto_augment", "grid_mask")
    drawing: ClassVar[str] = "sample"
    heavy: ClassVar[bool] = True
    title: ClassVar[str] = "studio.drawing.samples"
    tip: ClassVar[str] = "studio.drawing.samples_tip"

    def __init__(self) -> None:
        super().__init__()
        self._picture: Picture | None = None
        self._classes: tuple[str, ...] = ()
        self._told: list[Mapping[str, Any]] = []
        self._place = self._epoch = 0
        self._epochs = 1
        self.tiles = Tiles()
        self.body.addWidget(self.tiles)
        self.again = Button("studio.drawing.roll", self.roll, "quiet", "refresh")
        self.before = IconButton("chevron-left", "studio.drawing.picture_before", lambda: self.turn(-1))
        self.next = IconButton("chevron-right", "studio.drawing.picture_next", lambda: self.turn(1))
        for button in (self.again, self.before, self.next):
            self.tools.addWidget(button)

    def request(self, store: DrawingStore, step: Step) -> dict[str, Any] | None:
        """Samples of the picture and the epochs that are looked at."""
        self._epochs = store.epochs(step)
        self._epoch %= self._epochs
        count = min(_COUNT, self._epochs - self._epoch)
        request = store.sample_request(step, self._place, self._epoch, count)
        if request is not None:
            self._picture, self._classes = store.picture(self._place), tuple(request["detector"]["classes"])
        return request

    def roll(self) -> None:
        """Look at the next epochs; after the last at the first of the next picture."""
        self._epoch += _COUNT
        if self._epoch >= self._epochs:
            self._epoch, self._place = 0, self._place + 1
        self.asked_again.emit()

    def turn(self, way: int) -> None:
        """Look at another picture."""
        self._place = max(0, self._place + way)
        self.asked_again.emit()

    def show_answer(self, answer: Mapping[str, Any], step: Step) -> None:
        """Show the samples."""
        told = answer.get("samples")
        if not isinstance(told, list):
            raise ValueError("samples")
        self._told = told
        self.retranslate()

    def retranslate(self) -> None:
        """Show everything in the current language."""
        self.tiles.setAccessibleName(tr(self.title))
        self.before.setEnabled(self._place > 0)
        if self._picture is None or not self._told:
            return
        picture = self._picture
        size = QSizeF(picture.width, picture.height)
        first = Tile(picture.path, size, picture.boxes, tr("studio.drawing.as_it_is"), self._about(picture.boxes))
        self.tiles.show_tiles([first, *(self._tile(sample) for sample in self._told)])
        self.read_out(self._summary(picture))

    def _summary(self, picture: Picture) -> str:
        first, last = self._told[0]["epoch"] + 1, self._told[-1]["epoch"] + 1
        span = str(first) if first == last else f"{first} – {last}"
        counts = [len(sample["boxes"]) for sample in self._told]
        file = Path(picture.path).name
        text = tr("studio.drawing.samples_summary", file=file, span=span, epochs=self._epochs)
        return f"{text}  {tr('studio.drawing.samples_boxes', before=len(picture.boxes), after=_span(counts))}"

    def _tile(self, sample: Mapping[str, Any]) -> Tile:
        boxes = tuple(
            Box(self._classes.index(box["class"]) if box["class"] in self._classes else 0, *box["box"])
            for box in sample["boxes"]
        )
        words = tr("studio.drawing.epoch", epoch=sample["epoch"] + 1)
        return Tile(sample["file"], QSizeF(sample["width"], sample["height"]), boxes, words, self._about(boxes))

    def _about(self, boxes: tuple[Box, ...]) -> str:
        counts = Counter(self._classes[box.class_id] for box in boxes if box.class_id < len(self._classes))
        names = ", ".join(name if count == 1 else f"{name} × {count}" for name, count in sorted(counts.items()))
        return f"{count_boxes(len(boxes))}: {names}" if names else count_boxes(len(boxes))


def _span(counts: list[int]) -> str:
    return str(counts[0]) if min(counts) == max(counts) else f"{min(counts)} – {max(counts)}"
