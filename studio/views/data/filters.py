"""Which pictures are shown: a split, a class, and what is drawn on them."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QCheckBox, QFrame, QHBoxLayout, QPushButton, QWidget

from engine.contract.dataset import PARTS, Index, Part
from studio.bound_texts import bind, on_language
from studio.i18n import tr
from studio.presenters.numbers import grouped
from studio.views.pictures.thumbnails import part_name
from studio.widgets.controls import QuietCombo


class Segments(QFrame):
    """Choices side by side, one of them on; `chosen` tells its key."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._group = QButtonGroup(self)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(2, 2, 2, 2)
        self._row.setSpacing(2)
        self.setProperty("role", "segments")
        self._buttons: dict[str, QPushButton] = {}

    def offer(self, choices: dict[str, str], key: str = "") -> None:
        """Show other choices (key: text) with `key` on; the widgets of keys that stay are kept."""
        for old in [held for held in self._buttons if held not in choices]:
            button = self._buttons.pop(old)
            self._group.removeButton(button)
            button.deleteLater()
        for place, (name, text) in enumerate(choices.items()):
            if name not in self._buttons:
                self._buttons[name] = self._make(name)
                self._row.insertWidget(place, self._buttons[name])
            self._buttons[name].setText(text)
            self._buttons[name].setAccessibleName(text)
            self._buttons[name].setChecked(name == key)
        self._row.activate()

    def key(self) -> str:
        """The key of the choice that is on."""
        return next((name for name, button in self._buttons.items() if button.isChecked()), "")

    def choose(self, key: str) -> None:
        """Switch a choice on, if it is offered; tells nobody."""
        if key in self._buttons:
            self._buttons[key].setChecked(True)

    def button(self, key: str) -> QPushButton:
        """The button of a choice."""
        return self._buttons[key]

    def _make(self, name: str) -> QPushButton:
        button = QPushButton(self)
        button.setCheckable(True)
        button.setProperty("role", "segment")
        button.setAutoDefault(False)
        self._group.addButton(button)
        button.clicked.connect(lambda: self.chosen.emit(name))
        return button


class PictureFilters(QWidget):
    """The row above the pictures; `changed` when other pictures are to be shown."""

    changed = Signal()
    boxes_toggled = Signal(bool)
    labels_toggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._counts: dict[Part, int] = {}
        self._classes: tuple[str, ...] = ()
        self._corrected = 0
        self.splits = Segments(self)
        self.kinds = QuietCombo(self)
        self.kinds.setMinimumWidth(160)
        self.corrected, self.boxes, self.labels = QCheckBox(self), QCheckBox(self), QCheckBox(self)
        self.boxes.setChecked(True)
        bind(self.boxes.setText, "studio.data.show_boxes")
        bind(self.labels.setText, "studio.data.show_labels")
        bind(self.labels.setToolTip, "studio.data.show_labels_tip")
        bind(self.corrected.setToolTip, "studio.labels.filter_tip")
        bind(self.kinds.setToolTip, "studio.data.class_filter_tip")
        bind(self.kinds.setAccessibleName, "studio.data.class_filter_tip")
        row = self._row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        row.addWidget(self.splits)
        row.addWidget(self.kinds)
        row.addWidget(self.corrected)
        row.addStretch(1)
        row.addWidget(self.boxes)
        row.addWidget(self.labels)
        self.splits.chosen.connect(lambda _: self.changed.emit())
        self.kinds.activated.connect(lambda _: self.changed.emit())
        self.corrected.clicked.connect(lambda _: self.changed.emit())
        self.boxes.toggled.connect(self.boxes_toggled)
        self.labels.toggled.connect(self.labels_toggled)
        on_language(self._retranslate)

    def offer(self, index: Index | None, keep: bool = False) -> None:
        """Offer the splits and classes of an index; everything is shown, or with `keep` what was."""
        name = self.kinds.currentText() if keep and self.kinds.currentIndex() > 0 else ""
        if not keep:
            self.corrected.setChecked(False)
        self._counts = index.counts() if index is not None else {}
        self._classes = index.classes() if index is not None else ()
        self.kinds.clear()
        for text in ("", *self._classes):
            self.kinds.addItem(text)
        self.kinds.setCurrentIndex(self._classes.index(name) + 1 if name in self._classes else 0)
        self._retranslate()

    def count_corrected(self, count: int) -> None:
        """So many pictures are corrected; the filter for them is there while there is one."""
        self._corrected = count
        if not count:
            self.corrected.setChecked(False)
        self._retranslate()

    def clear(self) -> None:
        """Show all pictures from now on."""
        self.splits.choose("all")
        self.kinds.setCurrentIndex(0)
        self.corrected.setChecked(False)

    def split(self) -> Part | None:
        """The split to show; None for all."""
        key = self.splits.key()
        return next((part for part in PARTS if part == key), None)

    def class_id(self) -> int | None:
        """The class that pictures must hold; None for any."""
        place = self.kinds.currentIndex()
        return place - 1 if place > 0 else None

    def _retranslate(self) -> None:
        self.corrected.setText(tr("studio.labels.filter", count=grouped(self._corrected)))
        self.corrected.setVisible(self._corrected > 0)
        choices = {"all": tr("studio.data.all_parts", count=grouped(sum(self._counts.values())))}
        for part, count in self._counts.items():
            if count:
                choices[part] = tr("studio.data.part_count", part=part_name(part), count=grouped(count))
        self.splits.offer(choices, self.splits.key() if self.splits.key() in choices else "all")
        if self.kinds.count():
            self.kinds.setItemText(0, tr("studio.data.all_classes"))
        self._row.activate()
