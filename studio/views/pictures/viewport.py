"""Which part of a picture is seen: all of it, or what was zoomed into and dragged to. Geometry, without a widget."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSizeF

from studio.views.pictures.boxes import fitted

CLOSEST = 16.0
"""Pixels of the screen that one of the picture may become; nothing more is seen beyond."""
LEAST_MOST = 4.0
"""How far a small picture may be zoomed that fills its room with pixels that large already."""


class Viewport:
    """`zoom` 1 shows the whole picture, 2 a quarter of it. It holds for pictures and rooms of any size.

    A picture that is larger than its room fills it, and one that is smaller lies in its middle, so that none can be
    dragged out of sight. Views that share one show the same part of their pictures.
    """

    def __init__(self) -> None:
        self.zoom = 1.0
        self._x, self._y = 0.5, 0.5  # the place of the picture in the middle of the room, from 0 to 1

    @property
    def whole(self) -> bool:
        """Whether all of the picture is seen."""
        return self.zoom == 1.0

    def fit(self) -> bool:
        """Show all of it; whether that is a change."""
        changed = not self.whole
        self.zoom, self._x, self._y = 1.0, 0.5, 0.5
        return changed

    def area(self, size: QSizeF, room: QRectF) -> QRectF:
        """Where a picture of `size` lies that is seen in `room`; what is outside the room is not seen."""
        fits = fitted(size, room)
        width, height = fits.width() * self.zoom, fits.height() * self.zoom
        left = _held(room.center().x() - self._x * width, width, room.left(), room.width())
        top = _held(room.center().y() - self._y * height, height, room.top(), room.height())
        return QRectF(left, top, width, height)

    def zoom_at(self, place: QPointF, factor: float, size: QSizeF, room: QRectF) -> bool:
        """Zoom so that what is at `place` stays there, as far as the room's edges let it; whether that is a change."""
        before, fits = self.area(size, room), fitted(size, room)
        if before.isEmpty() or size.isEmpty():
            return False
        most = max(LEAST_MOST, CLOSEST * size.width() / fits.width())
        zoom = min(most, max(1.0, self.zoom * factor))
        if abs(zoom - 1) < 1e-3:
            return self.fit()
        if zoom == self.zoom:
            return False
        by = zoom / self.zoom
        self.zoom = zoom
        left, top = (place.x() - (place.x() - before.left()) * by, place.y() - (place.y() - before.top()) * by)
        self._keep(QRectF(left, top, before.width() * by, before.height() * by), size, room)
        return True

    def pan(self, by: QPointF, size: QSizeF, room: QRectF) -> bool:
        """Move the picture by so many pixels of the screen; whether it moved."""
        before = self.area(size, room)
        self._keep(before.translated(by), size, room)
        return self.area(size, room) != before

    def _keep(self, area: QRectF, size: QSizeF, room: QRectF) -> None:
        """Remember where the picture lies: first as asked, then as the edges of the room let it."""
        self._remember(area, room)
        self._remember(self.area(size, room), room)

    def _remember(self, area: QRectF, room: QRectF) -> None:
        self._x = (room.center().x() - area.left()) / area.width()
        self._y = (room.center().y() - area.top()) / area.height()


def _held(start: float, length: float, room_start: float, room_length: float) -> float:
    if length <= room_length:
        return room_start + (room_length - length) / 2
    return min(room_start, max(room_start + room_length - length, start))
