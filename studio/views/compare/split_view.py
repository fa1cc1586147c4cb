"""One picture with two runs' boxes on it, left of the handle A's and right of it B's; or A's and the ground truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.presenters.compare.side_names import side_names
from studio.presenters.finds import Find, judged, lost, shown
from studio.theme import palette, theme
from studio.views.pictures.finds import Kind, paint_kinds
from studio.views.pictures.picture_view import paint_plate
from studio.views.pictures.zoomed import ZoomedWidget

STEP = 0.02
_GRIP, _REACH = 14.0, 10.0
_TAG_PIXELS, _TAG_PAD = 12, 10.0
Boxes = Mapping[Kind, Sequence[Find]]


class SplitView(ZoomedWidget):
    """The picture and its handle; both sides are zoomed and dragged together.

    `turned` asks for the next (1) or the previous (-1) picture. The handle stands on the part of the picture that is
    seen; a drag elsewhere moves the picture once it is zoomed into, and before that the handle.
    """

    turned = Signal(int)
    moved = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image = QImage()
        self._size = QSizeF()
        self._names = ("", "")
        self._hint = ""
        self._finds: tuple[list[Find], list[Find]] = ([], [])
        self._waiting = (False, False)
        self._truth: list[Find] = []
        self._truth_shown = self._alone = False
        self._threshold = 0.5
        self._handle = 0.5
        self._dragging = False
        self._labels = True
        self._new_marked = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(240, 148)
        theme.changed.connect(self.update)

    @property
    def handle(self) -> float:
        """Where the handle is, from 0 (left edge of what is seen of the picture) to 1."""
        return self._handle

    def picture_size(self) -> QSizeF:
        """The size of the file, in whose pixels boxes are."""
        return self._size

    def set_handle(self, place: float) -> None:
        """Move the handle; out of range is clamped."""
        self._handle = min(1.0, max(0.0, place))
        self.moved.emit(self._handle)
        self.update()

    def set_image(self, image: QImage, size: QSizeF | None = None) -> None:
        """Show a picture of a file of `size` pixels; a null one shows the hint."""
        self._image = image
        whole = QSizeF(image.size()) if size is None or size.isEmpty() else size
        self._size = QSizeF() if image.isNull() else whole
        self.update()

    def set_hint(self, text: str) -> None:
        """What stands in the middle while there is no picture."""
        self._hint = text
        self.update()

    def set_names(self, a: str, b: str) -> None:
        """The names of the two sides, shown in the corners."""
        self._names = (a, b)
        self.update()

    def set_finds(self, a: Sequence[Find], b: Sequence[Find], waiting: tuple[bool, bool] = (False, False)) -> None:
        """The boxes of A and of B, of every score; `waiting` tells whose are still being computed."""
        self._finds = (list(a), list(b))
        self._waiting = waiting
        self.update()

    def set_truth(self, truth: Sequence[Find], *, beside: bool, alone: bool) -> None:
        """What is really there: drawn `beside` what both found, or `alone` in the place of B's boxes."""
        self._truth, self._truth_shown, self._alone = list(truth), beside, alone
        self.update()

    def mark_new(self) -> None:
        """Draw what B alone found apart too, as a false find is drawn against the truth."""
        self._new_marked = True

    def set_threshold(self, threshold: float) -> None:
        """Hide boxes with a lower score."""
        self._threshold = threshold
        self.update()

    def set_labels(self, on: bool) -> None:
        """Show or hide class names and scores."""
        self._labels = on
        self.update()

    def counts(self) -> tuple[int, int, int]:
        """Boxes shown of A and of B, and those of A that B lost; against the truth, those that A missed."""
        a, b = (shown(finds, self._threshold) for finds in self._finds)
        if self._alone:
            return len(a), sum(find.counts for find in self._truth), len(judged(a, self._truth).missed)
        return len(a), len(b), len([] if any(self._waiting) else lost(a, b))

    def wrong(self) -> int:
        """How many boxes of A are of nothing that is there."""
        return len(judged(shown(self._finds[0], self._threshold), self._truth).wrong)

    def sides(self) -> tuple[Boxes, Boxes]:
        """What is drawn left and right of the handle."""
        a, b = (shown(finds, self._threshold) for finds in self._finds)
        if self._alone:
            told = judged(a, self._truth)
            missed = [] if self._waiting[0] else told.missed
            rest = [find for find in self._truth if find not in missed]
            return {"found": told.right, "new": told.wrong}, {"truth": rest, "lost": missed}
        gone = [] if any(self._waiting) else lost(a, b)
        truth = self._truth if self._truth_shown else []
        fresh = lost(b, a) if self._new_marked and not any(self._waiting) else []
        kept = [find for find in b if find not in fresh]
        return {"truth": truth, "found": a}, {"truth": truth, "found": kept, "new": fresh, "lost": gone}

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw picture, boxes, handle and names."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if self._image.isNull():
            painter.setPen(QColor(palette().muted))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._hint)
            return
        area, seen, split = self.area(), self.visible_area(), self._split()
        painter.setClipRect(seen)
        painter.drawImage(area, self._image)
        left = QRectF(seen.left(), seen.top(), split - seen.left(), seen.height())
        right = QRectF(split, seen.top(), seen.right() - split, seen.height())
        for part, boxes in zip((left, right), self.sides(), strict=True):
            painter.setClipRect(part)
            paint_kinds(painter, boxes, self._size, area, labels=self._labels)
        painter.setClipping(False)
        self._paint_handle(painter, seen, split)
        self._paint_names(painter)

    def _split(self) -> float:
        seen = self.visible_area()
        return seen.left() + seen.width() * self._handle

    def _paint_handle(self, painter: QPainter, seen: QRectF, split: float) -> None:
        for colour, width in ((QColor(0, 0, 0, 120), 4), (QColor("white"), 2)):
            painter.setPen(QPen(colour, width))
            painter.drawLine(QPointF(split, seen.top()), QPointF(split, seen.bottom()))
        middle = QPointF(split, seen.center().y())
        painter.setBrush(QColor("white"))
        painter.setPen(QPen(QColor(0, 0, 0, 120), 1))
        painter.drawEllipse(middle, _GRIP, _GRIP)
        painter.setPen(QPen(QColor("#22272B"), 1.75))
        for side in (-1, 1):
            tip = middle + QPointF(side * 8, 0)
            painter.drawPolyline([tip + QPointF(-side * 4, -4), tip, tip + QPointF(-side * 4, 4)])

    def tags(self) -> tuple[str, str]:
        """What stands on the two plates: as much of the names as fits side by side into the widget."""
        font = QFont(self.font())
        font.setPixelSize(_TAG_PIXELS)
        metrics = QFontMetricsF(font)
        room = (self.width() - 3 * _TAG_PAD) / 2 - 2 * _TAG_PAD
        ends = ["  …" if waits else "" for waits in self._waiting]
        return side_names(self._names, (ends[0], "" if self._alone else ends[1]), room, metrics.horizontalAdvance)

    def _paint_names(self, painter: QPainter) -> None:
        """In the corners of the widget, which may be wider than the picture: never on each other, and never cut."""
        room = QRectF(self.rect()).adjusted(_TAG_PAD, 0, -_TAG_PAD, -_TAG_PAD)
        half = QSizeF((room.width() - _TAG_PAD) / 2, room.height())
        colours = palette().a, palette().b
        for side, (text, colour) in enumerate(zip(self.tags(), colours, strict=True)):
            corner = room.topLeft() if side == 0 else QPointF(room.right() - half.width(), room.top())
            paint_plate(painter, QRectF(corner, half), text, colour, right=side == 1, pixels=_TAG_PIXELS)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Take hold of the handle where it is, or bring it; zoomed into, take hold of the picture."""
        left = event.button() == Qt.MouseButton.LeftButton
        self._dragging = left and not self._image.isNull() and (self.seen.whole or self._on_handle(event.position()))
        if self._dragging:
            self._drag(event)
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Drag what is held; tell by the pointer's shape what that would be."""
        if self._dragging:
            self._drag(event)
        else:
            super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Let go."""
        self._dragging = False
        super().mouseReleaseEvent(event)

    def shape_at(self, place: QPointF) -> Qt.CursorShape:
        """Arrows where the handle would be dragged, a hand where the picture would."""
        if self._image.isNull():
            return Qt.CursorShape.ArrowCursor
        handle = self.seen.whole or self._on_handle(place)
        return Qt.CursorShape.SplitHCursor if handle else Qt.CursorShape.OpenHandCursor

    def _on_handle(self, place: QPointF) -> bool:
        return abs(place.x() - self._split()) <= _REACH

    def _drag(self, event: QMouseEvent) -> None:
        seen = self.visible_area()
        self.set_handle((event.position().x() - seen.left()) / max(1.0, seen.width()))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Left and right move the handle (further with Shift), Home and End take it to an edge, A and D turn."""
        stride = STEP * (5 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
        places = {
            Qt.Key.Key_Left: self._handle - stride,
            Qt.Key.Key_Right: self._handle + stride,
            Qt.Key.Key_Home: 0.0,
            Qt.Key.Key_End: 1.0,
        }
        key = Qt.Key(event.key())
        if key in places:
            self.set_handle(places[key])
        elif key in (Qt.Key.Key_A, Qt.Key.Key_D):
            self.turned.emit(-1 if key == Qt.Key.Key_A else 1)
        else:
            super().keyPressEvent(event)
