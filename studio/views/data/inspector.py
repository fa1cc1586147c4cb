"""The picture that is looked at, in words: its file, its size, its split, and every box of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from engine.contract.dataset import Box, Picture
from studio.bound_texts import bind, on_language
from studio.i18n import tr
from studio.views.data.labels.swatch import swatch
from studio.views.pictures.boxes import class_colour, count_boxes
from studio.views.pictures.thumbnails import part_name


class PictureInspector(QWidget):
    """Facts and boxes of one picture; `box_chosen` tells the row of the current box, or -1."""

    box_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture: Picture | None = None
        self._classes: tuple[str, ...] = ()
        self._note: Callable[[], str] = lambda: ""
        self.heading, self.name, self.facts = QLabel(self), QLabel(self), QLabel(self)
        self.heading.setProperty("role", "heading")
        self.facts.setProperty("role", "muted")
        for label in (self.name, self.facts):
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.boxes = QTreeWidget(self)
        self.boxes.setRootIsDecorated(False)
        self.boxes.setUniformRowHeights(True)
        self.boxes.setFrameShape(QFrame.Shape.NoFrame)
        self.boxes.setProperty("role", "bare")
        self.boxes.setColumnCount(2)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(8)
        for widget in (self.heading, self.name, self.facts):
            column.addWidget(widget)
        column.addWidget(self.boxes, 1)
        column.addStretch(0)
        bind(self.heading.setText, "studio.data.picture")
        bind(self.boxes.setAccessibleName, "studio.data.boxes")
        self.boxes.currentItemChanged.connect(self._tell)
        on_language(self._retranslate)
        self._retranslate()

    def show_picture(
        self, picture: Picture | None, classes: tuple[str, ...], note: Callable[[], str] = lambda: ""
    ) -> None:
        """Show another picture; None when none is looked at. `note` says what is to be said of its labels."""
        self._picture, self._classes, self._note = picture, classes, note
        self._retranslate()

    def light(self, number: int) -> None:
        """Make the box of a row the current one; -1 for none. Tells nobody."""
        self.boxes.blockSignals(True)
        item = self.boxes.topLevelItem(number) if number >= 0 else None
        if item is not None:
            self.boxes.setCurrentItem(item)
            self.boxes.scrollToItem(item)
        else:
            self.boxes.clearSelection()
        self.boxes.blockSignals(False)

    def _retranslate(self) -> None:
        picture = self._picture
        self.boxes.blockSignals(True)
        self.boxes.clear()
        self.boxes.setVisible(picture is not None)
        self.boxes.setHeaderLabels([tr("studio.data.column_class"), tr("studio.data.column_box")])
        if picture is None:
            self.name.setText(tr("studio.data.no_picture"))
            self.facts.clear()
        else:
            self.name.setText(Path(picture.path).name)
            self.facts.setText(self._facts(picture))
            for box in picture.boxes:
                self.boxes.addTopLevelItem(self._item(box))
            self.boxes.resizeColumnToContents(0)
        self.boxes.blockSignals(False)

    def _facts(self, picture: Picture) -> str:
        size = f"{picture.width} × {picture.height} px"
        boxes = count_boxes(len(picture.boxes))
        lines = [f"{size} · {part_name(picture.split)} · {boxes}", str(Path(picture.path).parent), self._note()]
        return "\n".join(line for line in lines if line)

    def _item(self, box: Box) -> QTreeWidgetItem:
        size = f"{box.x2 - box.x1:.0f} × {box.y2 - box.y1:.0f} px"
        item = QTreeWidgetItem([self._classes[box.class_id], size])
        item.setIcon(0, swatch(class_colour(box.class_id)))
        marks = [tr("studio.data.difficult")] if box.difficult else []
        marks += [tr("studio.data.crowd")] if box.crowd else []
        told = [f"{box.x1:.0f}, {box.y1:.0f} – {box.x2:.0f}, {box.y2:.0f}", *marks, f"{box.file} {box.place}".strip()]
        item.setToolTip(0, "\n".join(text for text in told if text))
        item.setToolTip(1, item.toolTip(0))
        return item

    def _tell(self, item: QTreeWidgetItem | None) -> None:
        self.box_chosen.emit(-1 if item is None else self.boxes.indexOfTopLevelItem(item))
