"""Pictures side by side, each with its boxes and a line of words below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from engine.contract.dataset import Box
from studio.i18n import tr
from studio.theme import palette, theme
from studio.views.pictures.boxes import fitted, paint_boxes
from studio.views.pictures.loading import PictureLoader

_GAP, _FOOT = 10, 20
_LARGEST = 220


@dataclass(frozen=True)
class Tile:
    """A picture file of `size` pixels with its boxes, `words` below it, and what is told where the pointer rests."""

    path: str
    size: QSizeF
    boxes: tuple[Box, ...]
    words: str
    tip: str


class Tiles(QWidget):
    """As many tiles as are shown share the width."""

    def __init__(self) -> None:
        super().__init__()
        self.tiles: list[Tile] = []
        self._loader = PictureLoader(QSize(2 * _LARGEST, 2 * _LARGEST), parent=self)
        self._loader.loaded.connect(lambda _: self.update())
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(200)
        theme.changed.connect(self.update)

    @property
    def settled(self) -> bool:
        """Whether every picture is there."""
        return self._loader.idle()

    def show_tiles(self, tiles: Sequence[Tile]) -> None:
        """Show these."""
        self.tiles = list(tiles)
        self._fit()
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """As high as the tiles are wide."""
        super().resizeEvent(event)
        self._fit()

    def areas(self) -> list[QRectF]:
        """Where each picture lies."""
        side = self._side()
        return [QRectF(number * (side + _GAP), 0, side, side) for number in range(len(self.tiles))]

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw pictures, boxes and words."""
        painter, colours, font = QPainter(self), palette(), self.font()
        font.setPixelSize(12)
        painter.setFont(font)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for tile, area in zip(self.tiles, self.areas(), strict=True):
            painter.fillRect(area, QColor(colours.sunken))
            image = self._loader.picture(tile.path)
            if image is not None and not image.isNull():
                inside = fitted(QSizeF(image.size()), area)
                painter.drawImage(inside, image)
                paint_boxes(painter, tile.boxes, tile.size, inside)
            else:
                painter.setPen(QColor(colours.muted))
                code = "studio.drawing.picture_comes" if image is None else "studio.drawing.picture_gone"
                painter.drawText(area, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, tr(code))
            painter.setPen(QColor(colours.muted))
            below = QRectF(area.left(), area.bottom() + 2, area.width(), _FOOT - 2)
            painter.drawText(below, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, tile.words)

    def event(self, event: QEvent) -> bool:
        """Tell what lies under the resting pointer."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.tip_at(event.pos()), self)
            return True
        return super().event(event)

    def tip_at(self, place: QPoint) -> str:
        """What is told of the tile at a place."""
        pairs = zip(self.tiles, self.areas(), strict=True)
        return next((tile.tip for tile, area in pairs if area.contains(place.toPointF())), "")

    def _side(self) -> float:
        count = max(1, len(self.tiles))
        return max(24.0, min(_LARGEST, (self.width() - (count - 1) * _GAP) / count))

    def _fit(self) -> None:
        self.setFixedHeight(round(self._side()) + _FOOT)
