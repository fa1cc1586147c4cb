"""One picture with two runs' boxes on it: left of the handle A's, right of it B's; what B lost is dashed orange."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.presenters.finds import Find, lost, shown
from studio.theme import palette, theme
from studio.views.pictures.boxes import class_colour, fitted, paint_label

LOST = "#FF9A1F"
STEP = 0.02
_GRIP = 14.0


class SplitView(QWidget):
    """The picture and its handle. `turned` asks for the next (1) or the previous (-1) picture."""

    turned = Signal(int)
    moved = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image = QImage()
        self._names = ("", "")
        self._hint = ""
        self._finds: tuple[list[Find], list[Find]] = ([], [])
        self._waiting = (False, False)
        self._threshold = 0.5
        self._handle = 0.5
        self._labels = True
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(240, 180)
        theme.changed.connect(self.update)

    @property
    def handle(self) -> float:
        """Where the handle is, from 0 (left edge of the picture) to 1."""
        return self._handle

    def set_handle(self, place: float) -> None:
        """Move the handle; out of range is clamped."""
        self._handle = min(1.0, max(0.0, place))
        self.moved.emit(self._handle)
        self.update()

    def set_image(self, image: QImage) -> None:
        """Show a picture; a null one shows the hint."""
        self._image = image
        self.update()

    def set_hint(self, text: str) -> None:
        """What stands in the middle while there is no picture."""
        self._hint = text
        self.update()

    def set_names(self, a: str, b: str) -> None:
        """The names of the two runs, shown in the corners."""
        self._names = (a, b)
        self.update()

    def set_finds(self, a: Sequence[Find], b: Sequence[Find], waiting: tuple[bool, bool] = (False, False)) -> None:
        """The boxes of A and of B, of every score; `waiting` tells whose are still being computed."""
        self._finds = (list(a), list(b))
        self._waiting = waiting
        self.update()

    def set_threshold(self, threshold: float) -> None:
        """Hide boxes with a lower score."""
        self._threshold = threshold
        self.update()

    def set_labels(self, on: bool) -> None:
        """Show or hide class names and scores."""
        self._labels = on
        self.update()

    def counts(self) -> tuple[int, int, int]:
        """Boxes shown of A and of B, and those of A that B lost."""
        a, b = (shown(finds, self._threshold) for finds in self._finds)
        gone = [] if any(self._waiting) else lost(a, b)
        return len(a), len(b), len(gone)

    def _area(self) -> QRectF:
        return fitted(QSizeF(self._image.size()), QRectF(self.rect()))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw picture, boxes, handle and names."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if self._image.isNull():
            painter.setPen(QColor(palette().muted))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._hint)
            return
        area = self._area()
        painter.drawImage(area, self._image)
        split = area.left() + area.width() * self._handle
        a, b = (shown(finds, self._threshold) for finds in self._finds)
        left = QRectF(area.left(), area.top(), split - area.left(), area.height())
        right = QRectF(split, area.top(), area.right() - split, area.height())
        self._paint_side(painter, left, area, a, [])
        self._paint_side(painter, right, area, b, [] if any(self._waiting) else lost(a, b))
        self._paint_handle(painter, area, split)
        self._paint_name(painter, area, 0)
        self._paint_name(painter, area, 1)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(palette().accent), 2))
            painter.drawRect(area.adjusted(1, 1, -1, -1))

    def _paint_side(
        self, painter: QPainter, clip: QRectF, area: QRectF, finds: Sequence[Find], gone: Sequence[Find]
    ) -> None:
        painter.save()
        painter.setClipRect(clip)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for find in finds:
            self._paint_box(painter, area, find, class_colour(find.class_id), Qt.PenStyle.SolidLine)
        for find in gone:
            self._paint_box(painter, area, find, QColor(LOST), Qt.PenStyle.DashLine)
        if self._labels:
            for find in finds:
                text = f"{find.label} {find.score:.2f}"
                paint_label(painter, text, class_colour(find.class_id), self._rect(area, find), area)
        painter.restore()

    def _paint_box(self, painter: QPainter, area: QRectF, find: Find, colour: QColor, style: Qt.PenStyle) -> None:
        rect = self._rect(area, find)
        painter.setPen(QPen(QColor(0, 0, 0, 110), 3.5))
        painter.drawRect(rect)
        painter.setPen(QPen(colour, 2.0, style))
        painter.drawRect(rect)

    def _rect(self, area: QRectF, find: Find) -> QRectF:
        x, y = area.width() / self._image.width(), area.height() / self._image.height()
        corner = QPointF(area.left() + find.x1 * x, area.top() + find.y1 * y)
        return QRectF(corner, QSizeF((find.x2 - find.x1) * x, (find.y2 - find.y1) * y))

    def _paint_handle(self, painter: QPainter, area: QRectF, split: float) -> None:
        painter.setPen(QPen(QColor(0, 0, 0, 120), 4))
        painter.drawLine(QPointF(split, area.top()), QPointF(split, area.bottom()))
        painter.setPen(QPen(QColor("white"), 2))
        painter.drawLine(QPointF(split, area.top()), QPointF(split, area.bottom()))
        middle = QPointF(split, area.center().y())
        painter.setBrush(QColor("white"))
        painter.setPen(QPen(QColor(0, 0, 0, 120), 1))
        painter.drawEllipse(middle, _GRIP, _GRIP)
        painter.setPen(QPen(QColor("#22272B"), 1.75))
        for side in (-1, 1):
            tip = middle + QPointF(side * 8, 0)
            painter.drawPolyline([tip + QPointF(-side * 4, -4), tip, tip + QPointF(-side * 4, 4)])

    def _paint_name(self, painter: QPainter, area: QRectF, side: int) -> None:
        letter, colour = ("A", palette().a) if side == 0 else ("B", palette().b)
        font = QFont(self.font())
        font.setPixelSize(12)
        painter.setFont(font)
        room = area.width() / 2 - 48
        metrics, end = QFontMetricsF(font), "  …" if self._waiting[side] else ""
        text = f"{letter}  {self._names[side]}{end}"
        if metrics.horizontalAdvance(text) > room:  # a run's number says as much as the beginning of its name
            text = f"{letter}  {self._names[side].split(' ')[0]}{end}"
        width = metrics.horizontalAdvance(text) + 20
        left = area.left() + 8 if side == 0 else area.right() - 8 - width
        plate = QRectF(left, area.bottom() - 34, width, 26)
        painter.setPen(QPen(QColor(colour), 2))
        painter.setBrush(QColor(20, 24, 27, 215))
        painter.drawRoundedRect(plate, 6, 6)
        painter.setPen(QColor("white"))
        painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, text)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Bring the handle under the pointer."""
        self._drag(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Drag the handle; tell by the pointer's shape that it can be dragged."""
        shape = Qt.CursorShape.ArrowCursor if self._image.isNull() else Qt.CursorShape.SplitHCursor
        self.setCursor(shape)
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._drag(event)

    def _drag(self, event: QMouseEvent) -> None:
        if not self._image.isNull():
            area = self._area()
            self.set_handle((event.position().x() - area.left()) / max(1.0, area.width()))

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
