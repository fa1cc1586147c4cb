"""A limit that may hold or not: a tick with its name, the number, and what the base has."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout

from studio.bound_texts import bind
from studio.views.fit.field_grid import WIDTH
from studio.widgets.controls import NumberSpin
from studio.widgets.labels import Elided


class LimitRow(Elided):
    """Lies in a row of a grid; it is itself the note at its end. `changed` tells that something else is asked for."""

    changed = Signal()
    typed = Signal()

    def __init__(self, grid: QGridLayout, row: int, code: str, tip: str, bounds: tuple[float, float, float]) -> None:
        """`bounds` are the least, the most, and one step."""
        super().__init__("", "caption", Qt.TextElideMode.ElideRight)
        self.tick, self.spin = QCheckBox(), NumberSpin()
        bind(self.tick.setText, code)
        bind(self.tick.setToolTip, tip)
        bind(self.spin.setAccessibleName, code)
        bind(self.spin.setToolTip, tip)
        least, most, step = bounds
        self.spin.setDecimals(2)
        self.spin.setRange(least, most)
        self.spin.setSingleStep(step)
        self.spin.setFixedWidth(WIDTH)
        grid.addWidget(self.tick, row, 0)
        grid.addWidget(self.spin, row, 1)
        grid.addWidget(self, row, 2)
        self.tick.toggled.connect(self._on_ticked)
        self.spin.valueChanged.connect(self._on_typed)

    def take(self, on: bool, value: float) -> None:
        """Show a limit, and tell nobody."""
        with QSignalBlocker(self):
            self.tick.setChecked(on)
            self.spin.setValue(value)
            self.spin.setEnabled(on)

    def propose(self, value: float) -> None:
        """Show another number, which nobody typed."""
        with QSignalBlocker(self):
            self.spin.setValue(value)

    def _on_ticked(self, on: bool) -> None:
        self.spin.setEnabled(on)
        self.changed.emit()

    def _on_typed(self) -> None:
        self.typed.emit()
        self.changed.emit()
