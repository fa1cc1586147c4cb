"""The top of the data page: which data this is, and how much of it there is."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from engine.contract.dataset import PARTS, Index, Part
from studio.bound_texts import bind, on_language
from studio.i18n import tr
from studio.presenters.numbers import grouped
from studio.studio import Studio
from studio.views.data.menu import DataMenu
from studio.views.pictures.part_dot import PartDot
from studio.views.pictures.thumbnails import part_name
from studio.widgets.buttons import Button, IconButton
from studio.widgets.labels import Chip, Elided, Text

_HASH_SHOWN = 12
_FORMATS = {
    "voc": "Pascal VOC",
    "coco": "COCO",
    "yolo": "YOLO",
    "cvat": "CVAT",
    "labelme": "labelme",
    "createml": "Create ML",
}


class CountTile(QFrame):
    """A number with what it counts below."""

    def __init__(self, part: Part | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.number, self.label = Text(role="value"), Text(role="muted")
        below = QHBoxLayout()
        below.setSpacing(6)
        if part is not None:
            below.addWidget(PartDot(part, self), 0, Qt.AlignmentFlag.AlignVCenter)
        below.addWidget(self.label)
        below.addStretch(1)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(0)
        self.column.addWidget(self.number)
        self.column.addLayout(below)

    def show_count(self, count: int, label: str) -> None:
        """Show a number with its label."""
        self.number.setText(grouped(count))
        self.label.setText(label)
        self.setAccessibleName(f"{count} {label}")


class DataHeader(QWidget):
    """Name, source, hash and counts; `import_wanted` when other data is to be imported."""

    import_wanted = Signal()

    def __init__(self, studio: Studio, parent: QWidget) -> None:
        super().__init__(parent)
        self._index: Index | None = None
        self.title = Elided("", "title", Qt.TextElideMode.ElideRight)
        self.title.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.kind, self.corrected, self.hash = Chip(), Chip(), Text(role="muted")
        self.corrected.hide()
        self.source = Elided("", "muted")
        self.copy = IconButton("copy", "studio.data.copy_hash", self._copy_hash)
        self.other = Button("studio.data.other_data", self.import_wanted.emit, icon_name="plus")
        self.more = DataMenu(studio, parent)
        self.tiles: dict[str, CountTile] = {
            "pictures": CountTile(parent=self),
            **{part: CountTile(part, self) for part in PARTS},
            "boxes": CountTile(parent=self),
            "classes": CountTile(parent=self),
        }
        self._lay_out()
        bind(self.other.setToolTip, "studio.data.other_data_tip")
        on_language(self._retranslate)

    def _lay_out(self) -> None:
        first = QHBoxLayout()
        first.setSpacing(8)
        first.addWidget(self.title)
        first.addSpacing(4)
        first.addWidget(self.kind)
        first.addWidget(self.corrected)
        first.addWidget(self.source, 1)
        first.addWidget(self.hash)
        first.addWidget(self.copy)
        first.addSpacing(8)
        first.addWidget(self.other)
        first.addWidget(self.more)
        second = QHBoxLayout()
        second.setSpacing(40)
        for tile in self.tiles.values():
            second.addWidget(tile)
        second.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        for row in (first, second):
            column.addLayout(row)
        self._column = column

    def show_index(self, name: str, index: Index | None) -> None:
        """Show a project's data, or nothing."""
        self._index = index
        self.title.set_full(name)
        self._retranslate()

    def show_corrected(self, chip: tuple[str, str, str] | None) -> None:
        """Say how many pictures are corrected and whether that is applied; text, tone and tooltip."""
        self.corrected.setVisible(chip is not None)
        if chip is not None:
            self.corrected.setText(chip[0])
            self.corrected.set_tone(chip[1])
            self.corrected.setToolTip(chip[2])

    def _retranslate(self) -> None:
        index = self._index
        if index is None:
            return
        kind = index.meta("format")
        self.kind.setText(_FORMATS.get(kind, kind))
        self.source.set_full(str(index.source()))
        whole = index.content_hash()
        self.hash.setText(tr("studio.data.hash", hash=whole[:_HASH_SHOWN]))
        self.hash.setToolTip(tr("studio.data.hash_tip", hash=whole))
        self._count(index)

    def _count(self, index: Index) -> None:
        counts, splits = index.counts(), index.statistics().splits
        self.tiles["pictures"].show_count(sum(counts.values()), tr("studio.data.pictures"))
        for part, count in counts.items():
            self.tiles[part].show_count(count, part_name(part))
        self.tiles["none"].setVisible(counts["none"] > 0)
        self.tiles["boxes"].show_count(sum(split.boxes for split in splits.values()), tr("studio.data.boxes"))
        self.tiles["classes"].show_count(len(index.classes()), tr("studio.data.classes"))
        # At once, from the inside out: another language has other heights, and half of them would be seen first.
        for tile in self.tiles.values():
            tile.column.activate()
        self._column.activate()

    def _copy_hash(self) -> None:
        if self._index is not None:
            QGuiApplication.clipboard().setText(self._index.content_hash())
