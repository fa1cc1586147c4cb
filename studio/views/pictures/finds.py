"""Boxes of several kinds on a picture: found, lost, new, and what is really there; and the legend that names them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.bound_texts import on_language
from studio.i18n import tr
from studio.presenters.finds import Find
from studio.theme import palette, theme
from studio.views.pictures.boxes import class_colour, paint_label

Kind = Literal["found", "new", "lost", "truth"]
"""`found` in its class's colour; `new` the same with a light edge; `lost` dashed orange; `truth` dashed white."""
ORDER: tuple[Kind, ...] = ("truth", "found", "new", "lost")
"""From below to above: what was lost must not lie under what was found."""
LOST, TRUTH = QColor("#FF9A1F"), QColor("#FFFFFF")
_DARK = QColor(0, 0, 0, 150)
_SWATCH, _GAP = QSizeF(22, 12), 6.0


def paint_kinds(
    painter: QPainter, boxes: Mapping[Kind, Sequence[Find]], size: QSizeF, area: QRectF, *, labels: bool = True
) -> None:
    """Draw boxes of every kind on `area`, where a picture of `size` pixels lies; labels never leave the area."""
    for kind in ORDER:
        paint_finds(painter, boxes.get(kind, ()), kind, size, area, labels=labels)


def paint_finds(
    painter: QPainter,
    finds: Sequence[Find],
    kind: Kind,
    size: QSizeF,
    area: QRectF,
    *,
    labels: bool = True,
) -> None:
    """Draw boxes of one kind."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for find in finds:
        rect = find_rect(find, size, area)
        paint_edge(painter, rect, kind, class_colour(find.class_id))
        if labels:
            # What was found on an object has its label above.
            paint_label(painter, label_of(find), _ink(kind, find), rect, area, below=kind == "truth")
    painter.restore()


def find_rect(find: Find, size: QSizeF, area: QRectF) -> QRectF:
    """A box of a picture of `size` pixels as a rectangle on `area`, where the picture lies."""
    x, y = area.width() / size.width(), area.height() / size.height()
    corner = QPointF(area.left() + find.x1 * x, area.top() + find.y1 * y)
    return QRectF(corner, QSizeF((find.x2 - find.x1) * x, (find.y2 - find.y1) * y))


def label_of(find: Find) -> str:
    """What stands on a box: what is really there has no score."""
    return f"{find.label} {find.score:.2f}" if find.scored else find.label


def paint_edge(painter: QPainter, rect: QRectF, kind: Kind, colour: QColor) -> None:
    """The edge of a box: a dark line below shows a light one on snow, and the other way round."""
    if kind == "new":
        painter.setPen(QPen(_DARK, 6.0))
        painter.drawRect(rect)
        painter.setPen(QPen(QColor("white"), 4.5))
        painter.drawRect(rect)
    else:
        painter.setPen(QPen(_DARK, 3.5))
        painter.drawRect(rect)
    pen = QPen({"lost": LOST, "truth": TRUTH}.get(kind, colour), 2.0)
    if kind in ("lost", "truth"):
        pen.setStyle(Qt.PenStyle.CustomDashLine)
        pen.setDashPattern([4.0, 2.5] if kind == "lost" else [2.0, 2.0])
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    painter.setPen(pen)
    painter.drawRect(rect)


def _ink(kind: Kind, find: Find) -> QColor:
    return {"lost": LOST, "truth": TRUTH}.get(kind, class_colour(find.class_id))


def kind_text(kind: Kind, other: str = "B") -> str:
    """What a kind of box is called in a legend; `other` is the side that lost it or has it alone."""
    if kind == "found":
        return tr("studio.pictures.found")
    if kind == "truth":
        return tr("studio.pictures.truth")
    return tr("studio.pictures.lost", side=other) if kind == "lost" else tr("studio.pictures.new", side=other)


class BoxLegend(QWidget):
    """Names the kinds of boxes that are on a picture, each with its line; as many as there is room for."""

    def __init__(self, kinds: Sequence[Kind] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kinds: Sequence[Kind] = kinds
        self._names: dict[Kind, str] = {}
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)
        on_language(self._name)

    def show_kinds(self, kinds: Sequence[Kind], names: Mapping[Kind, str] | None = None) -> None:
        """Name these kinds, in this order; `names` where another word says more than the usual one."""
        self._kinds, self._names = kinds, dict(names or {})
        self._name()

    def texts(self) -> list[str]:
        """The names, in order."""
        return [self._names.get(kind) or kind_text(kind) for kind in self._kinds]

    def sizeHint(self) -> QSize:  # noqa: N802
        """One line."""
        return QSize(120, 18)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """A dark swatch, as pictures mostly are, with the line on it, and the name."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = QFont(self.font())
        font.setPixelSize(11)
        painter.setFont(font)
        metrics, left, middle = QFontMetricsF(font), 0.0, self.height() / 2
        for kind, text in zip(self._kinds, self.texts(), strict=True):
            room = self.width() - left - _SWATCH.width() - _GAP
            if room < 24:
                break
            swatch = QRectF(QPointF(left, middle - _SWATCH.height() / 2), _SWATCH)
            painter.fillRect(swatch, QColor("#3B464D"))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            paint_edge(painter, swatch.adjusted(3, 3, -3, -3), kind, class_colour(0))
            painter.setPen(QColor(palette().muted))
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
            place = QRectF(swatch.right() + _GAP, 0, metrics.horizontalAdvance(shown) + 2, self.height())
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
            left = place.right() + 12

    def _name(self) -> None:
        self.setAccessibleName(", ".join(self.texts()))
        self.setToolTip("\n".join(self.texts()))
        self.update()
