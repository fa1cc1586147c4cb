"""One editor for each kind of single value; `edited` tells the value and whether it goes on from the one before."""

from __future__ import annotations

import json
import time
from typing import Any

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QSizePolicy, QWidget

from studio.i18n import pick, tr
from studio.theme import restyle
from studio.widgets.controls import IntegerSpin, NumberSpin, QuietCombo, QuietSlider, Segmented, Switch
from studio.widgets.schema.scale import DECIMALS, Scale
from studio.widgets.schema.spec import FieldSpec, Kind

_SAME_HAND_S = 0.8
"""Changes that follow each other faster than this are one change to a person."""
_SEGMENTS = 3
_SEGMENT_LETTERS = 34
_ANY = 1_000_000


class Editor(QWidget):
    """Edits one field; the store, not the editor, holds the value."""

    edited = Signal(object, bool)

    def __init__(self, field: FieldSpec, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = field
        self._last = 0.0
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(0, 0, 0, 0)
        self.row.setSpacing(8)

    def set_value(self, value: Any) -> None:
        """Show a value without telling anybody."""
        raise NotImplementedError

    def retranslate(self) -> None:
        """Take texts in the current language."""
        for child in self.findChildren(QWidget):
            child.setAccessibleName(pick(self.field.title))

    def tell(self, value: Any, goes_on: bool | None = None) -> None:
        """Report a change by hand; quick ones in a row go on from each other."""
        now = time.monotonic()
        quick = now - self._last < _SAME_HAND_S
        self._last = now
        self.edited.emit(value, quick if goes_on is None else goes_on)


class SliderEditor(Editor):
    """A bounded number: a slider for the hand and a field for the exact value, shares in percent."""

    def __init__(self, field: FieldSpec, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self.scale = Scale.of(field)
        self.slider = QuietSlider()
        self.slider.setRange(0, self.scale.top)
        self.slider.setPageStep(max(self.scale.top // 10, 1))
        self.spin = NumberSpin()
        self.spin.setDecimals(2 if field.kind is Kind.RATIO else DECIMALS)
        self.spin.setRange(self.scale.low * self.scale.factor, self.scale.high * self.scale.factor)
        self.spin.setSingleStep(1.0 if field.kind is Kind.RATIO or self.scale.high > 1 else 0.05)
        self.spin.setSuffix(" %" if field.kind is Kind.RATIO else "")
        self.spin.setFixedWidth(96)
        self.row.addWidget(self.slider, 1)
        self.row.addWidget(self.spin)
        self._first = True
        self.slider.sliderPressed.connect(self._press)
        self.slider.valueChanged.connect(self._slid)
        self.spin.valueChanged.connect(self._typed)

    def set_value(self, value: Any) -> None:
        """Show a number."""
        number = float(value if value is not None else self.scale.low)
        with QSignalBlocker(self.slider), QSignalBlocker(self.spin):
            if not self.slider.isSliderDown():
                self.slider.setValue(self.scale.position(number))
            self.spin.setValue(number * self.scale.factor)

    def _press(self) -> None:
        self._first = True

    def _slid(self, position: int) -> None:
        value = self.scale.value(position)
        with QSignalBlocker(self.spin):
            self.spin.setValue(value * self.scale.factor)
        self.tell(value, not self._first if self.slider.isSliderDown() else None)
        self._first = False

    def _typed(self, shown: float) -> None:
        value = round(shown / self.scale.factor, 6)
        with QSignalBlocker(self.slider):
            self.slider.setValue(self.scale.position(value))
        self.tell(value)


class SpinEditor(Editor):
    """A number without a slider: whole, or without bounds."""

    def __init__(self, field: FieldSpec, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self._whole = field.kind is Kind.INTEGER
        self.spin: IntegerSpin | NumberSpin = IntegerSpin() if self._whole else NumberSpin()
        self.spin.setFixedWidth(112)
        low = field.low if field.low is not None else -_ANY
        high = field.high if field.high is not None else _ANY
        if isinstance(self.spin, IntegerSpin):
            self.spin.setRange(int(low) + field.low_open, int(high) - field.high_open)
        else:
            self.spin.setDecimals(DECIMALS)
            least = 10.0**-DECIMALS
            self.spin.setRange(low + least * field.low_open, high - least * field.high_open)
        self.row.addWidget(self.spin)
        self.row.addStretch(1)
        self.spin.valueChanged.connect(lambda value: self.tell(value))

    def set_value(self, value: Any) -> None:
        """Show a number."""
        with QSignalBlocker(self.spin):
            if isinstance(self.spin, IntegerSpin):
                self.spin.setValue(int(value or 0))
            else:
                self.spin.setValue(float(value or 0))


class SwitchEditor(Editor):
    """Yes or no."""

    def __init__(self, field: FieldSpec, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self.switch = Switch()
        self.row.addWidget(self.switch)
        self.row.addStretch(1)
        self.switch.clicked.connect(lambda on: self.tell(bool(on), False))

    def set_value(self, value: Any) -> None:
        """Show whether it is on."""
        self.switch.setChecked(bool(value))


class ChoiceEditor(Editor):
    """One of a few values: side by side while they are few and short, else a list to open."""

    def __init__(self, field: FieldSpec, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        letters = sum(max(len(text) for text in field.label(choice).values()) for choice in field.choices)
        short = len(field.choices) <= _SEGMENTS and letters <= _SEGMENT_LETTERS
        self.segments = Segmented(len(field.choices)) if short else None
        self.combo = None if short else QuietCombo()
        if self.segments is not None:
            self.row.addWidget(self.segments)
            self.row.addStretch(1)
            self.segments.chosen.connect(self._chose)
        if self.combo is not None:
            self.combo.addItems([str(choice) for choice in field.choices])
            # Chinese and English choices are of different widths.
            self.combo.setSizeAdjustPolicy(QuietCombo.SizeAdjustPolicy.AdjustToContents)
            self.combo.setMinimumWidth(200)
            self.row.addWidget(self.combo)
            self.row.addStretch(1)
            self.combo.activated.connect(self._chose)
        self.retranslate()

    def set_value(self, value: Any) -> None:
        """Show which choice is taken."""
        index = self.field.choices.index(value) if value in self.field.choices else -1
        if self.segments is not None:
            self.segments.set_current(index)
        if self.combo is not None:
            self.combo.setCurrentIndex(index)

    def retranslate(self) -> None:
        """Name the choices in the current language."""
        texts = [pick(self.field.label(choice)) for choice in self.field.choices]
        if self.segments is not None:
            self.segments.set_texts(texts)
            self.segments.setAccessibleName(pick(self.field.title))
        if self.combo is not None:
            for index, text in enumerate(texts):
                self.combo.setItemText(index, text)
            self.combo.setAccessibleName(pick(self.field.title))

    def refine(self, field: FieldSpec) -> None:
        """Offer other values from now on, of a field that is drawn as a list to open."""
        self.field = field
        if self.combo is not None:
            self.combo.clear()
            self.combo.addItems([str(choice) for choice in field.choices])
        self.retranslate()

    def _chose(self, index: int) -> None:
        self.tell(self.field.choices[index], False)


class TextEditor(Editor):
    """A line of text; for values that no other editor understands, a line of JSON."""

    def __init__(self, field: FieldSpec, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self.line = QLineEdit()
        self.line.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.row.addWidget(self.line, 1)
        self._plain = field.kind is Kind.TEXT
        self._shown = ""
        self.line.editingFinished.connect(self._finish)

    def set_value(self, value: Any) -> None:
        """Show a text, or the JSON of a value."""
        self._shown = str(value or "") if self._plain else json.dumps(value, ensure_ascii=False)
        self._mark(True)
        if self.line.text() != self._shown:
            self.line.setText(self._shown)

    def _finish(self) -> None:
        text = self.line.text()
        if text == self._shown:
            return
        try:
            value = text if self._plain else json.loads(text)
        except ValueError:
            self._mark(False)
            return
        self._mark(True)
        self.tell(value, False)

    def _mark(self, good: bool) -> None:
        restyle(self.line, tone="" if good else "bad")
        self.line.setToolTip("" if good else tr("studio.recipe.not_json"))
