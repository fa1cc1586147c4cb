"""The input size of a detector: a slider and a number that only take sizes the detector takes."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from studio.bound_texts import bind, on_language
from studio.i18n import tr
from studio.presenters.detector_choice import nearest_size
from studio.widgets.controls import IntegerSpin, QuietSlider

_SETTLE_MS = 350


class SizeControl(QWidget):
    """`changed` with every move, `settled` once the person has stopped moving; both in pixels.

    A slider that is dragged settles when it is let go, and where it came back to its size not at all.
    """

    changed = Signal(int)
    settled = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sizes: dict[str, int] = {"default": 320, "min": 96, "max": 640, "multiple": 32}
        self._held = 0
        self.slider, self.number = QuietSlider(self), IntegerSpin(self)
        self.low, self.high = QLabel(self), QLabel(self)
        for label in (self.low, self.high):
            label.setProperty("role", "muted")
        self.number.setSuffix(" px")
        self.number.setFixedWidth(96)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_SETTLE_MS)
        self._timer.timeout.connect(self._settle)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for widget, stretch in ((self.low, 0), (self.slider, 1), (self.high, 0), (self.number, 0)):
            row.addWidget(widget, stretch)
        self.slider.valueChanged.connect(lambda step: self._move(step * self._sizes["multiple"]))
        self.slider.sliderPressed.connect(self._hold)
        self.slider.sliderReleased.connect(self._release)
        self.number.valueChanged.connect(self._move)
        bind(self.slider.setAccessibleName, "studio.detector.size")
        bind(self.number.setAccessibleName, "studio.detector.size")
        on_language(self._tell)
        self._offer()

    def offer(self, sizes: Mapping[str, int], size: int | None = None) -> None:
        """Take the sizes of a detector; show `size`, or the nearest to what was shown."""
        wanted = self.size_px() if size is None else size
        self._sizes = dict(sizes)
        self._offer()
        self._show(nearest_size(self._sizes, wanted))

    def size_px(self) -> int:
        """The size now, in pixels."""
        return self.slider.value() * self._sizes["multiple"]

    def set_size(self, size: int) -> None:
        """Show a size, without telling anybody."""
        self._show(nearest_size(self._sizes, size))

    def _offer(self) -> None:
        multiple = self._sizes["multiple"]
        low, high = nearest_size(self._sizes, self._sizes["min"]), nearest_size(self._sizes, self._sizes["max"])
        for widget in (self.slider, self.number):
            widget.blockSignals(True)
        self.slider.setRange(low // multiple, high // multiple)
        self.slider.setPageStep(2)
        self.number.setRange(low, high)
        self.number.setSingleStep(multiple)
        for widget in (self.slider, self.number):
            widget.blockSignals(False)
        self.low.setText(str(low))
        self.high.setText(str(high))
        self._tell()

    def _tell(self) -> None:
        sizes = self._sizes
        told = tr("studio.detector.size_tip", **{name: sizes[name] for name in ("multiple", "min", "max", "default")})
        self.slider.setToolTip(told)
        self.number.setToolTip(told)

    def _move(self, wanted: int) -> None:
        before = self.slider.value() * self._sizes["multiple"], self.number.value()
        size = nearest_size(self._sizes, wanted)
        self._show(size)
        if before != (size, size) or wanted == size:
            self.changed.emit(size)
            if not self.slider.isSliderDown():
                self._timer.start()

    def _hold(self) -> None:
        if self._timer.isActive():  # what was chosen a moment ago with a key or a click is a choice of its own
            self._timer.stop()
            self._settle()
        self._held = self.size_px()

    def _release(self) -> None:
        if self.size_px() != self._held:
            self._settle()

    def _settle(self) -> None:
        self.settled.emit(self.size_px())

    def _show(self, size: int) -> None:
        for widget, value in ((self.slider, size // self._sizes["multiple"]), (self.number, size)):
            widget.blockSignals(True)
            widget.setValue(value)
            widget.blockSignals(False)
