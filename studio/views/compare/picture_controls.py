"""What chooses the pictures of the compare page and what is drawn on them, above and below the split view."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QWidget

from studio.bound_texts import bind
from studio.i18n import tr
from studio.widgets.buttons import IconButton
from studio.widgets.controls import QuietCombo, QuietSlider
from studio.widgets.labels import Muted, Text

SOURCES = ("val", "test", "dropped")
B, TRUTH = range(2)
"""What A is set against: places in the list of `PictureBar.against`."""


class PictureBar(QWidget):
    """Which pictures, what A is set against, and what is drawn beside the boxes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.source, self.against = QuietCombo(), QuietCombo()
        _offer(self.source, SOURCES, "studio.compare.source", "studio.compare.source")
        for place, code in enumerate(("source_val", "source_test", "source_dropped")):
            _name(self.source, place, f"studio.compare.{code}")
        _offer(self.against, ("b", "truth"), "studio.compare.against_tip", "studio.compare.against_tip")
        _name(self.against, B, "studio.compare.against_b")
        _name(self.against, TRUTH, "studio.compare.against_truth")
        self.truth = IconButton("truth", "studio.compare.truth_tip")
        self.labels = IconButton("label", "studio.compare.labels_tip")
        self.fit = IconButton("fit", "studio.pictures.fit")
        for button in (self.truth, self.labels):
            button.setCheckable(True)
        self.labels.setChecked(True)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self.source)
        row.addSpacing(4)
        row.addWidget(self.against)
        row.addStretch(1)
        for button in (self.truth, self.labels, self.fit):
            row.addWidget(button)

    def allow(self, *, b: bool, truth: bool) -> None:
        """Whether there is a run B, and whether what is really there is known of these pictures."""
        model = self.against.model()
        assert isinstance(model, QStandardItemModel)
        for place, there in ((B, b), (TRUTH, truth)):
            model.item(place).setEnabled(there)
        self.truth.setEnabled(truth)
        self.truth.say("studio.compare.truth_tip" if truth else "studio.compare.truth_none")

    def show_choices(self, *, alone: bool, beside: bool) -> None:
        """Show what is chosen, without telling anybody."""
        with QSignalBlocker(self.against), QSignalBlocker(self.truth):
            self.against.setCurrentIndex(TRUTH if alone else B)
            self.truth.setChecked(beside or alone)
        if alone:
            self.truth.setEnabled(False)
            self.truth.say("studio.compare.truth_alone")


class PictureFoot(QWidget):
    """Which picture it is, and from which score on boxes are shown; `counts` is laid out by who makes it."""

    turned = Signal(int)
    threshold_changed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.counts = Muted()
        self.counts.setWordWrap(False)
        self.back = IconButton("chevron-left", "studio.compare.previous", lambda: self.turned.emit(-1))
        self.next = IconButton("chevron-right", "studio.compare.next", lambda: self.turned.emit(1))
        self.count = Text("", "muted")
        self.threshold, self._score = QuietSlider(), QLabel()
        self.threshold.setRange(5, 95)
        self.threshold.setPageStep(5)
        self.threshold.setFixedWidth(104)
        self._score.setMinimumWidth(32)
        bind(self.threshold.setToolTip, "studio.compare.threshold_tip")
        bind(self.threshold.setAccessibleName, "studio.compare.threshold")
        self.threshold.valueChanged.connect(self._on_threshold)
        self._lay_out()
        self.threshold.setValue(50)

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for widget in (self.back, self.count, self.next):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(Text("studio.compare.threshold", "muted"))
        row.addSpacing(4)
        row.addWidget(self.threshold)
        row.addWidget(self._score)

    def show_place(self, place: int, total: int) -> None:
        """Tell which picture of how many it is, counted from 0."""
        self.count.setText(tr("studio.compare.place", place=place + 1, total=total) if total else "")
        self.back.setEnabled(total > 1)
        self.next.setEnabled(total > 1)

    def score(self) -> float:
        """The score from which on boxes are shown."""
        return self.threshold.value() / 100

    def _on_threshold(self, percent: int) -> None:
        self._score.setText(f"{percent / 100:.2f}")
        self.threshold_changed.emit(percent / 100)


def _offer(combo: QComboBox, values: tuple[str, ...], tip: str, name: str) -> None:
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    for value in values:
        combo.addItem("", value)
    bind(combo.setToolTip, tip)
    bind(combo.setAccessibleName, name)


def _name(combo: QComboBox, place: int, code: str) -> None:
    bind(lambda text: combo.setItemText(place, text), code)
