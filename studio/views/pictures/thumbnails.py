"""The grid of pictures with their boxes: only what is on the screen is read, decoded and drawn."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QListView, QWidget

from engine.contract.dataset import Index, Part, Picture
from engine.contract.source.places import place_of
from studio.bound_texts import on_language
from studio.i18n import tr
from studio.theme import theme
from studio.views.pictures.loading import PictureLoader
from studio.views.pictures.thumbnail_delegate import CAPTION, PICTURE_ROLE, SPACE, TILE, ThumbnailDelegate
from studio.widgets.model_index import AnyIndex

PAGE = 64
_PAGES_KEPT = 24
_PLACED_AT_ONCE = 4000


class PictureModel(QAbstractListModel):
    """The pictures of an index by split and class, read a page at a time when a view asks for them."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._index: Index | None = None
        self._split: Part | None = None
        self._class_id: int | None = None
        self._count = 0
        self._pages: OrderedDict[int, list[Picture]] = OrderedDict()
        self._only: list[Picture] | None = None
        self.classes: tuple[str, ...] = ()
        self.shown: Callable[[Picture], Picture] = lambda picture: picture
        """What becomes of a picture of the index before it is shown: other labels may have been laid over it."""

    def show_index(
        self, index: Index | None, split: Part | None = None, class_id: int | None = None,
        digests: Sequence[str] | None = None,
    ) -> None:  # fmt: skip
        """Show the pictures of a split and with a box of a class; None means all of them. `digests` names the most."""
        self.beginResetModel()
        self._index, self._split, self._class_id = index, split, class_id
        self._pages.clear()
        self._only = None
        if index is not None and digests is not None:
            self._only = [picture for picture in of_digests(index, digests, split) if self._has_class(picture)]
            self._count = len(self._only)
        else:
            self._count = index.picture_count(split, class_id) if index is not None else 0
        self.classes = index.classes() if index is not None else ()
        self.endResetModel()

    def picture(self, row: int) -> Picture | None:
        """The picture in a row; None where there is none."""
        if self._index is None or not 0 <= row < self._count:
            return None
        if self._only is not None:
            return self.shown(self._only[row])
        number, place = divmod(row, PAGE)
        if number not in self._pages:
            self._pages[number] = self._index.pictures(self._split, self._class_id, limit=PAGE, offset=number * PAGE)
            if len(self._pages) > _PAGES_KEPT:
                self._pages.popitem(last=False)
        self._pages.move_to_end(number)
        page = self._pages[number]
        return self.shown(page[place]) if place < len(page) else None

    def row_of(self, path: str) -> int:
        """The row of the picture of a path; -1 where the filter does not show it."""
        if self._only is not None:
            return next((row for row, picture in enumerate(self._only) if picture.path == path), -1)
        return place_of(self._index, path, self._split, self._class_id) if self._index is not None else -1

    def _has_class(self, picture: Picture) -> bool:
        held = {box.class_id for box in self.shown(picture).boxes}
        return self._class_id is None or self._class_id in held

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008, N802
        """How many pictures the filter leaves."""
        return 0 if parent.isValid() else self._count

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The picture itself, its file name, or a sentence about it."""
        picture = self.picture(index.row())
        if picture is None:
            return None
        if role == PICTURE_ROLE:
            return picture
        if role == Qt.ItemDataRole.DisplayRole:
            return Path(picture.path).name
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return describe(picture, self.classes)
        return None


def of_digests(index: Index, digests: Sequence[str], split: Part | None) -> list[Picture]:
    """The pictures with these digests, by their ids; asked for in parts, for there may be more than a query takes."""
    found = [index.of_digests(digests[start : start + PAGE], split) for start in range(0, len(digests), PAGE)]
    return sorted((picture for part in found for picture in part), key=lambda picture: picture.id)


def describe(picture: Picture, classes: tuple[str, ...]) -> str:
    """File name, size, split and how many boxes of which class, for a tooltip and for a screen reader."""
    counts = dict.fromkeys(classes, 0)
    for box in picture.boxes:
        counts[classes[box.class_id]] += 1
    held = ", ".join(f"{name} {count}" for name, count in counts.items() if count)
    return "\n".join(
        [
            Path(picture.path).name,
            f"{picture.width} × {picture.height} px · {part_name(picture.split)}",
            held or tr("studio.data.no_boxes"),
        ]
    )


def part_name(part: Part) -> str:
    """What a split is called on the screen."""
    names = {
        "train": tr("studio.data.part_train"),
        "val": tr("studio.data.part_val"),
        "test": tr("studio.data.part_test"),
        "none": tr("studio.data.part_none"),
    }
    return names[part]


class ThumbnailGrid(QListView):
    """Thumbnails in rows that fill the width; Enter, Space or a click opens one, `opened` tells its row."""

    opened = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setProperty("role", "bare")
        # ListMode keeps a plain table of places; IconMode would build a tree of all pictures.
        self.setViewMode(QListView.ViewMode.ListMode)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        # Each picture has its place worked out before any is scrolled to, 100,000 of them in a tenth of a second:
        # in parts, between which the window answers.
        self.setLayoutMode(QListView.LayoutMode.Batched)
        self.setBatchSize(_PLACED_AT_ONCE)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setMouseTracking(True)
        self.verticalScrollBar().setSingleStep(48)
        self.pictures = PictureModel(self)
        ratio = self.devicePixelRatioF()
        self.loader = PictureLoader(TILE * 1.5 * ratio, parent=self)
        self.drawing = ThumbnailDelegate(self.loader, self)
        self.setModel(self.pictures)
        self.setItemDelegate(self.drawing)
        self.loader.loaded.connect(self._redraw)
        self.clicked.connect(self._open)
        theme.changed.connect(self._redraw)
        on_language(self._retranslate)
        self._retranslate()

    def show_index(
        self, index: Index | None, split: Part | None = None, class_id: int | None = None,
        digests: Sequence[str] | None = None,
    ) -> None:  # fmt: skip
        """Show the pictures of a split and with a box of a class; None means all of them. `digests` names the most."""
        self.pictures.show_index(index, split, class_id, digests)
        self.drawing.classes = self.pictures.classes
        self.scrollToTop()

    def set_labels(self, shown: bool) -> None:
        """Show class names on the boxes of every thumbnail; else only under the mouse."""
        self.drawing.labels = shown
        self._redraw()

    def set_boxes(self, shown: bool) -> None:
        """Show the boxes, or the bare pictures."""
        self.drawing.boxes = shown
        self._redraw()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Share the width among as many columns as fit."""
        width = self.viewport().width()
        columns = max(1, width // (TILE.width() + SPACE))
        # One pixel less than the share: a row that is exactly full would be broken before its last picture.
        cell = (width - 1) // columns
        tile = cell - SPACE
        self.drawing.cell = QSize(cell, tile * TILE.height() // TILE.width() + CAPTION + SPACE)
        self.setGridSize(self.drawing.cell)
        super().resizeEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Enter and Space open the current picture; the rest is the list's."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self.currentIndex().isValid():
            self._open(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def _open(self, index: QModelIndex) -> None:
        self.opened.emit(index.row())

    def _redraw(self) -> None:
        self.viewport().update()

    def _retranslate(self) -> None:
        self.setAccessibleName(tr("studio.data.pictures"))
        self._redraw()
