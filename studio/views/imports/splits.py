"""Three shares that always make a hundred: how pictures are dealt out to train, val and test."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QSlider, QSpinBox, QWidget

from engine.contract.dataset import PARTS, Part
from studio.bound_texts import on_language
from studio.i18n import tr
from studio.views.pictures.part_dot import PartDot
from studio.views.pictures.thumbnails import part_name

Shares = tuple[int, int, int]
DEFAULT: Shares = (80, 10, 10)
_LEAST_TRAIN = 1
_ROW = 32
_CELLS = 4


def share_out(shares: Shares, place: int, wanted: int) -> Shares:
    """The shares, in percent, after one was set to `wanted`: the other two give or take in their proportion.

    Train keeps at least 1 %; the sum is 100.
    """
    least = _LEAST_TRAIN if place == 0 else 0
    most = 100 if place == 0 else 100 - _LEAST_TRAIN
    value = max(least, min(most, wanted))
    first, second = (other for other in range(3) if other != place)
    rest, held = 100 - value, shares[first] + shares[second]
    part = round(rest * shares[first] / held) if held else rest // 2
    if first == 0:
        part = max(_LEAST_TRAIN, part)
    result = [0, 0, 0]
    result[place], result[first], result[second] = value, part, rest - part
    return result[0], result[1], result[2]


class SplitSliders(QWidget):
    """A slider and a number for each split; moving one moves the others."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shares = DEFAULT
        self.sliders: list[QSlider] = []
        self.numbers: list[QSpinBox] = []
        self._names: list[QLabel] = []
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        for place, part in enumerate(PARTS[:3]):
            self._add_row(grid, place, part)
        self.setMinimumHeight(grid.count() // _CELLS * _ROW + 2 * grid.verticalSpacing())
        on_language(self._retranslate)
        self._retranslate()
        self._show()

    def _add_row(self, grid: QGridLayout, place: int, part: Part) -> None:
        slider, number, name = QSlider(Qt.Orientation.Horizontal, self), QSpinBox(self), QLabel(self)
        slider.setRange(0, 100)
        number.setRange(0, 100)
        number.setSuffix(" %")
        number.setFixedWidth(80)
        slider.valueChanged.connect(lambda value: self._set(place, value))
        number.valueChanged.connect(lambda value: self._set(place, value))
        grid.setRowMinimumHeight(place, _ROW)
        grid.addWidget(PartDot(part, self), place, 0, Qt.AlignmentFlag.AlignVCenter)
        for column, widget in enumerate((name, slider, number), 1):
            grid.addWidget(widget, place, column)
        grid.setColumnStretch(2, 1)
        self.sliders.append(slider)
        self.numbers.append(number)
        self._names.append(name)

    def shares(self) -> Shares:
        """Percent of train, val and test."""
        return self._shares

    def set_shares(self, shares: Shares) -> None:
        """Show other shares, in percent."""
        self._shares = shares
        self._show()
        self.changed.emit()

    def _set(self, place: int, value: int) -> None:
        if value != self._shares[place]:
            self.set_shares(share_out(self._shares, place, value))

    def _show(self) -> None:
        for place, share in enumerate(self._shares):
            for widget in (self.sliders[place], self.numbers[place]):
                widget.blockSignals(True)
                widget.setValue(share)
                widget.blockSignals(False)

    def _retranslate(self) -> None:
        for place, part in enumerate(PARTS[:3]):
            self._names[place].setText(part_name(part))
            told = tr("studio.data.share_of", part=part_name(part))
            self.sliders[place].setAccessibleName(told)
            self.numbers[place].setAccessibleName(told)
