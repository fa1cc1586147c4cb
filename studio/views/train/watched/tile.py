"""One watched picture in the strip: a small drawing that is opened large by a click, Enter or Space."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QWidget

from studio.i18n import tr
from studio.presenters.finds import Find, shown
from studio.presenters.train.looks import Frame
from studio.theme import palette
from studio.views.pictures.boxes import fitted
from studio.views.pictures.decoding import whole_size
from studio.views.pictures.finds import Kind, paint_kinds
from studio.views.pictures.loading import PictureLoader
from studio.views.pictures.thumbnail_delegate import paint_missing

HEIGHT = 72
WIDEST, NARROWEST = 144, 64
CAPTION = 18
RADIUS = 6.0


class WatchedTile(QWidget):
    """Draws a frame; `opened` when the person wants to see it large."""

    opened = Signal()

    def __init__(self, loader: PictureLoader, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._loader = loader
        self._frame: Frame | None = None
        self._threshold, self._truth, self._lit = 0.5, False, False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def show_frame(self, frame: Frame, threshold: float, truth: bool) -> None:
        """Show a picture as a look saw it."""
        self._frame, self._threshold, self._truth = frame, threshold, truth
        wide, high = frame.size or (4, 3)
        width = min(WIDEST, max(NARROWEST, round(HEIGHT * wide / max(1, high))))
        self.setFixedSize(QSize(width, HEIGHT + CAPTION))
        name = Path(frame.path).name
        words = self.words()
        self.setToolTip(tr("studio.train.watched_tip", name=name, words=self.words(whole=True)))
        self.setAccessibleName(f"{name}, {words}")
        self.update()

    def light(self, on: bool) -> None:
        """Mark it as the one that is shown large."""
        self._lit = on
        self.update()

    def words(self, *, whole: bool = False) -> str:
        """How many boxes were found; with ground truth how many of those that are there; `whole` tells both."""
        if self._frame is None:
            return ""
        count, hits, there = self._frame.counts(self._threshold)
        if whole:
            return tr("studio.train.watched_hits", count=count, hits=hits, there=there)
        if self._truth:
            return tr("studio.train.watched_truths", hits=hits, there=there)
        return tr("studio.data.box_count", count=count)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """The picture, a frame that tells where the keyboard is, and the count below."""
        if self._frame is None:
            return
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        room = QRectF(1, 1, self.width() - 2, HEIGHT - 2)
        clip = QPainterPath()
        clip.addRoundedRect(room, RADIUS, RADIUS)
        painter.save()
        painter.setClipPath(clip)
        painter.fillRect(room, QColor(palette().sunken))
        image = self._loader.picture(self._frame.path)
        if image is not None and image.isNull():
            paint_missing(painter, room)
        elif image is not None:
            size = frame_size(self._frame, image)
            area = fitted(size, room)
            painter.drawImage(area, image)
            paint_kinds(painter, boxes_of(self._frame, self._threshold, self._truth), size, area, labels=False)
        painter.restore()
        marked = self._lit or self.hasFocus() or self.underMouse()
        painter.setPen(QPen(QColor(palette().accent if marked else palette().border), 2 if marked else 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(room, RADIUS, RADIUS)
        font = QFont(self.font())
        font.setPixelSize(11)
        painter.setFont(font)
        painter.setPen(QColor(palette().muted))
        below = QRectF(1, HEIGHT, self.width() - 2, CAPTION)
        words = QFontMetrics(font).elidedText(self.words(), Qt.TextElideMode.ElideRight, self.width() - 2)
        painter.drawText(below, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter, words)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """A click opens it."""
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.opened.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Enter and Space open it; the arrows are the strip's."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.opened.emit()
        else:
            super().keyPressEvent(event)


def boxes_of(frame: Frame, threshold: float, truth: bool) -> dict[Kind, tuple[Find, ...]]:
    """What is drawn on a picture: the boxes from `threshold` on, and what is really there if that is wanted."""
    found: dict[Kind, tuple[Find, ...]] = {"found": tuple(shown(frame.finds, threshold))}
    return {**found, "truth": frame.truth} if truth else found


def frame_size(frame: Frame, image: QImage) -> QSizeF:
    """The size of a picture's file in pixels, which boxes are in; `image` may be a smaller copy."""
    if frame.size is not None:
        return QSizeF(*frame.size)
    size = whole_size(frame.path)
    return QSizeF(size if size.isValid() else image.size())
