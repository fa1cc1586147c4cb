"""The large picture in which labels are corrected: boxes are chosen, moved, pulled, drawn and taken away."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QWidget

from engine.contract.dataset import Picture
from studio.i18n import tr
from studio.presenters.data.box_geometry import Edges, Handle, Place, below, drawn, handle_at, moved, resized
from studio.presenters.data.label_edits import after
from studio.views.data.labels.drawing import REACH, cursor_of, paint_edited, paint_new, with_edges
from studio.views.data.viewer import PictureCanvas
from studio.views.pictures.boxes import class_colour
from studio.views.pictures.zoomed import ZoomedWidget

_STEPS = {
    Qt.Key.Key_Left: (-1.0, 0.0), Qt.Key.Key_Right: (1.0, 0.0), Qt.Key.Key_Up: (0.0, -1.0), Qt.Key.Key_Down: (0.0, 1.0),
}  # fmt: skip
_FAR = 10
_CLICK = 3.0
"""A press that moves less, in pixels of the screen, is a click."""


@dataclass
class _Drag:
    """What the mouse does while it is pressed: `number` is the box it holds, None while one is drawn."""

    start: Place
    spot: QPointF
    number: int | None = None
    handle: Handle | None = None
    edges: Edges | None = None
    begun: bool = False
    again: bool = False  # the box was chosen before the press


class LabelCanvas(PictureCanvas):
    """Edits while `editing`. It changes nothing by itself: signals tell what is wanted, `selected` is the chosen box.

    `edges_wanted` tells a box, its new edges, and the kind of step if those that follow belong to it; `box_drawn` the
    edges of a new box; `class_wanted` the digit of a class.
    """

    edges_wanted = Signal(int, object, str)
    box_drawn = Signal(object)
    chosen = Signal(int)
    class_wanted = Signal(str)
    delete_wanted = Signal()
    left = Signal()
    armed_changed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.editing = self.armed = False
        self.selected: int | None = None
        self.new_class = 0
        self._drag: _Drag | None = None
        self._space = False

    def edit(self, on: bool) -> None:
        """Begin or end correcting; the box that stands out is the chosen one."""
        lit = self.lit
        self.editing, self._drag, self._space = on, None, False
        self.arm(False)
        self.select(lit if on else None)
        self.light(None)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.setAccessibleDescription(tr("studio.labels.canvas_tip") if on else "")
        self.update()

    def show_picture(self, picture: Picture | None, classes: tuple[str, ...]) -> None:
        """Show another picture, or the same with other boxes; the chosen box stays chosen while it is there."""
        same = self.picture is not None and picture is not None and picture.digest == self.picture.digest
        super().show_picture(picture, classes)
        self._drag = None
        if not same or (self.selected is not None and self.selected >= len(self.edges())):
            self.select(None)

    def edges(self) -> list[Edges]:
        """The boxes of the picture, without what they are."""
        boxes = self.picture.boxes if self.picture is not None else ()
        return [(box.x1, box.y1, box.x2, box.y2) for box in boxes]

    def select(self, number: int | None) -> None:
        """Choose the box that keys and fields change; None for none."""
        if number != self.selected:
            self.selected = number
            self.update()
            self.chosen.emit(-1 if number is None else number)

    def arm(self, on: bool) -> None:
        """Let the next drag draw a box, also where it begins on another."""
        if on != self.armed:
            self.armed = on
            self.setCursor(Qt.CursorShape.CrossCursor if on else Qt.CursorShape.ArrowCursor)
            self.armed_changed.emit(on)

    def paint_labels(self, painter: QPainter, area: QRectF) -> None:
        """Boxes with handles while they are corrected."""
        if not self.editing or self.picture is None:
            super().paint_labels(painter, area)
            return
        size, drag, boxes = self.picture_size(), self._drag, list(self.picture.boxes)
        if drag is not None and drag.edges is not None and drag.number is not None:
            boxes[drag.number] = with_edges(boxes[drag.number], drag.edges)
        paint_edited(painter, boxes, size, area, self.classes if self.labels else (), self.selected)
        if drag is not None and drag.number is None and drag.edges is not None:
            paint_new(painter, drag.edges, size, area, class_colour(self.new_class))

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Choose the box below, take hold of it or of a handle, or begin a new one on empty ground."""
        if not self.editing or self.picture is None or event.button() != Qt.MouseButton.LeftButton or self._space:
            super().mousePressEvent(event)
            return
        place, edges = self._place(event.position()), self.edges()
        drag = self._drag = _Drag(place, event.position())
        if self.armed:
            self.select(None)
            return
        drag.handle = self._handle(event.position())
        found = below(edges, place)
        if drag.handle is not None or (self.selected is not None and self.selected in found):
            drag.number, drag.again = self.selected, True
        else:
            drag.number = found[0] if found else None
            self.select(drag.number)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Go on with what was begun, or show what could be."""
        drag = self._drag
        if drag is None:
            # While boxes are corrected the chosen one stands out, not the one under the mouse.
            ZoomedWidget.mouseMoveEvent(self, event) if self.editing else super().mouseMoveEvent(event)
            return
        by = event.position() - drag.spot
        drag.begun = drag.begun or by.manhattanLength() > _CLICK
        if drag.begun:
            drag.edges = self._dragged(drag, self._place(event.position()))
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Tell what was done; a click on a chosen box chooses the next one below it."""
        drag, self._drag = self._drag, None
        if drag is None:
            super().mouseReleaseEvent(event)
            return
        if not drag.begun:
            self._clicked(drag)
        elif drag.edges is not None and drag.number is not None:
            self.edges_wanted.emit(drag.number, drag.edges, "")
        elif drag.edges is not None:
            self.arm(False)
            self.box_drawn.emit(drag.edges)
        self.update()
        self.setCursor(self.shape_at(event.position()))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Two clicks are two clicks while boxes are corrected."""
        if self.editing:
            self.mousePressEvent(event)
        else:
            super().mouseDoubleClickEvent(event)

    def shape_at(self, place: QPointF) -> Qt.CursorShape:
        """What a press would do: pull, move, draw, or move the picture."""
        if not self.editing:
            return super().shape_at(place)
        if self._space:
            return Qt.CursorShape.OpenHandCursor
        if self.armed:
            return Qt.CursorShape.CrossCursor
        handle = self._handle(place)
        if handle is not None:
            return cursor_of(handle)
        on_box = below(self.edges(), self._place(place))
        return Qt.CursorShape.SizeAllCursor if on_box else Qt.CursorShape.CrossCursor

    def event(self, event: QEvent) -> bool:
        """The keys that change boxes come before those of the page."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._is_ours(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Move, take away, name, draw, leave."""
        key = Qt.Key(event.key())
        if not self._is_ours(event):
            super().keyPressEvent(event)
        elif key in _STEPS and self.selected is not None:
            far = _FAR if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
            by = (_STEPS[key][0] * far, _STEPS[key][1] * far)
            self.edges_wanted.emit(self.selected, moved(self.edges()[self.selected], by, self._size()), "nudge")
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.delete_wanted.emit()
        elif key == Qt.Key.Key_N:
            self.arm(not self.armed)
        elif key == Qt.Key.Key_Space:
            self._hold_space(True, event)
        elif key == Qt.Key.Key_Escape:
            self._escape()
        else:
            self.class_wanted.emit(event.text())

    def keyReleaseEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Space let go: the mouse draws again."""
        if event.key() == Qt.Key.Key_Space:
            self._hold_space(False, event)
        super().keyReleaseEvent(event)

    def focusNextPrevChild(self, onward: bool) -> bool:  # noqa: N802
        """Tab goes from box to box while they are corrected, and beyond the last to what is next on the page."""
        number = after(len(self.edges()), self.selected, 1 if onward else -1) if self.editing else None
        if number is None:
            return super().focusNextPrevChild(onward)
        self.select(number)
        return True

    def _is_ours(self, event: QKeyEvent) -> bool:
        if not self.editing or event.modifiers() & (
            Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
        ):
            return False
        key = Qt.Key(event.key())
        if key in _STEPS or key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            return self.selected is not None
        return key in (Qt.Key.Key_N, Qt.Key.Key_Escape, Qt.Key.Key_Space) or Qt.Key.Key_1 <= key <= Qt.Key.Key_9

    def _escape(self) -> None:
        """Give up what was begun; else leave."""
        if self._drag is not None or self.armed:
            self._drag = None
            self.arm(False)
            self.update()
        else:
            self.left.emit()

    def _hold_space(self, held: bool, event: QKeyEvent) -> None:
        if not event.isAutoRepeat():
            self._space = held
            self.setCursor(Qt.CursorShape.OpenHandCursor if held else Qt.CursorShape.ArrowCursor)

    def _clicked(self, drag: _Drag) -> None:
        found = below(self.edges(), drag.start)
        if drag.again and drag.handle is None and drag.number in found:
            self.select(found[(found.index(drag.number) + 1) % len(found)])

    def _dragged(self, drag: _Drag, place: Place) -> Edges | None:
        if drag.number is None:
            return drawn(drag.start, place, self._size())
        edges, by = self.edges()[drag.number], (place[0] - drag.start[0], place[1] - drag.start[1])
        return resized(edges, drag.handle, by, self._size()) if drag.handle else moved(edges, by, self._size())

    def _size(self) -> Place:
        return self.picture_size().width(), self.picture_size().height()

    def _place(self, spot: QPointF) -> Place:
        """A place of the widget in pixels of the picture."""
        area, size = self.area(), self.picture_size()
        across, down = area.width() / max(1.0, size.width()), area.height() / max(1.0, size.height())
        return (spot.x() - area.left()) / max(across, 1e-9), (spot.y() - area.top()) / max(down, 1e-9)

    def _handle(self, spot: QPointF) -> Handle | None:
        """The handle of the chosen box at a place of the widget."""
        if self.selected is None or self.selected >= len(self.edges()):
            return None
        area, size = self.area(), self.picture_size()
        reach = REACH * size.width() / max(1.0, area.width()), REACH * size.height() / max(1.0, area.height())
        return handle_at(self.edges()[self.selected], self._place(spot), reach)
