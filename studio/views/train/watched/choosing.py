"""The dialog in which the pictures are chosen that the next trainings watch."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QStyleOptionViewItem, QVBoxLayout, QWidget

from engine.contract.dataset import Picture
from studio.bound_texts import bind, on_language
from studio.i18n import tr
from studio.stores.watched import MOST
from studio.studio import Studio
from studio.theme import palette, pixmap
from studio.views.pictures.loading import PictureLoader
from studio.views.pictures.thumbnail_delegate import CAPTION, PICTURE_ROLE, SPACE, ThumbnailDelegate
from studio.views.pictures.thumbnails import ThumbnailGrid
from studio.widgets.buttons import Button
from studio.widgets.labels import Muted, Text, Title
from studio.widgets.on_screen import OnScreenDialog
from studio.widgets.panels import EmptyState

_WIDTH, _HEIGHT = 920, 620
_MARK, _TICK = 24.0, 16


class MarkingDelegate(ThumbnailDelegate):
    """A thumbnail with a tick on it where it is chosen."""

    def __init__(self, loader: PictureLoader, parent: QObject) -> None:
        super().__init__(loader, parent)
        self.chosen: list[str] = []

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """The thumbnail, and its mark."""
        super().paint(painter, option, index)
        picture = index.data(PICTURE_ROLE)
        if not isinstance(picture, Picture) or picture.digest not in self.chosen:
            return
        cell: QRect = option.rect
        tile = QRectF(cell).adjusted(1, 1, -SPACE, -SPACE - CAPTION)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(palette().accent), 3))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(tile, 6, 6)
        mark = QRectF(0, 0, _MARK, _MARK)
        mark.moveTopRight(tile.topRight() + QPointF(-6, 6))
        painter.setPen(QPen(QColor(palette().surface), 2))
        painter.setBrush(QColor(palette().accent))
        painter.drawEllipse(mark)
        tick = QRectF(0, 0, _TICK, _TICK)
        tick.moveCenter(mark.center())
        painter.drawPixmap(tick.topLeft(), pixmap("check", palette().accent_text, _TICK))
        painter.restore()


class WatchedChooser(OnScreenDialog):
    """Use `open()`; a click, Enter or Space takes a val picture or leaves it, up to MOST."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(_WIDTH, _HEIGHT)
        self.grid = ThumbnailGrid()
        self.drawing = MarkingDelegate(self.grid.loader, self.grid)
        self.grid.drawing = self.drawing
        self.grid.setItemDelegate(self.drawing)
        self.grid.show_index(studio.project.index, "val")
        # Only what val still holds: a choice from other data would count and never be seen.
        self.drawing.chosen = [picture.digest for picture in studio.watched.pictures(studio.watched.chosen)]
        self.grid.opened.connect(self._toggle)
        self.count = Text(role="muted")
        self.spread = Button("studio.train.watched_spread", self._clear, "quiet", "undo")
        bind(self.spread.setToolTip, "studio.train.watched_spread_tip")
        self.use = Button("studio.train.watched_use", self._use, "primary")
        self.away = Button("studio.train.watched_cancel", self.reject)
        self._lay_out()
        bind(self.setWindowTitle, "studio.train.choose_watched")
        on_language(self._tell)
        self._tell()

    def _lay_out(self) -> None:
        body = QStackedWidget()
        body.addWidget(self.grid)
        body.addWidget(EmptyState("image", "studio.train.watched_no_val"))
        body.setCurrentIndex(0 if self.grid.pictures.rowCount() else 1)
        self.use.setEnabled(bool(self.grid.pictures.rowCount()))
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self.count)
        foot.addWidget(self.spread)
        foot.addStretch(1)
        foot.addWidget(self.away)
        foot.addWidget(self.use)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 16)
        column.setSpacing(12)
        column.addWidget(Title("studio.train.choose_watched"))
        column.addWidget(Muted("studio.train.watched_lead", count=MOST))
        column.addWidget(body, 1)
        column.addLayout(foot)

    def _toggle(self, row: int) -> None:
        picture, chosen = self.grid.pictures.picture(row), self.drawing.chosen
        if picture is None:
            return
        if picture.digest in chosen:
            chosen.remove(picture.digest)
        elif len(chosen) < MOST:
            chosen.append(picture.digest)
        self._tell()

    def _clear(self) -> None:
        self.drawing.chosen.clear()
        self._tell()

    def _tell(self) -> None:
        count = len(self.drawing.chosen)
        code = "studio.train.watched_count" if count else "studio.train.watched_count_none"
        self.count.setText(tr(code, count=count, most=MOST))
        self.spread.setEnabled(bool(count))
        self.grid.viewport().update()

    def _use(self) -> None:
        self._studio.watched.choose(self.drawing.chosen)
        self.accept()


def choose_watched(studio: Studio, parent: QWidget) -> WatchedChooser:
    """Open the dialog over a widget's window."""
    dialog = WatchedChooser(studio, parent.window())
    dialog.open()
    return dialog


def watched_text(studio: Studio) -> str:
    """Which pictures the next training watches, in words."""
    count = len(studio.watched.pictures(studio.watched.chosen))
    return tr("studio.train.watches", count=count) if count else tr("studio.train.watches_spread")
