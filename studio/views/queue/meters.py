"""Small meters in a row: processor, memory and GPUs, the part that is ours darker than the rest."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QHideEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from studio.bound_texts import on_language
from studio.presenters.queue.meter_words import Meter, meters
from studio.stores.work.meters import MetersStore
from studio.theme import palette, theme

_BAR, _GAP, _HEIGHT = 48, 6, 6


class MeterBar(QWidget):
    """A name, a bar whose green part is ours, and a number; the rest turns amber where it is nearly full."""

    def __init__(self) -> None:
        super().__init__()
        self._meter = Meter("", 0.0, 0.0, "", "")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def show_meter(self, meter: Meter) -> None:
        """Show another reading."""
        if meter == self._meter:
            return
        self._meter = meter
        self.setToolTip(meter.tip)
        self.setAccessibleName(f"{meter.name} {meter.text}")
        self.setAccessibleDescription(meter.tip)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        """Room for a number of three digits, so that nothing moves while it counts."""
        metrics = QFontMetrics(self.font())
        words = metrics.horizontalAdvance(self._meter.name) + metrics.horizontalAdvance("100 %")
        return QSize(words + _BAR + 2 * _GAP, metrics.height() + 4)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """The name, the bar in two tones, the number."""
        colours, meter = palette(), self._meter
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        whole, middle = QRectF(self.rect()), self.height() / 2
        painter.setPen(QColor(colours.muted))
        painter.drawText(whole, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, meter.name)
        painter.drawText(whole, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, meter.text)
        left = painter.fontMetrics().horizontalAdvance(meter.name) + _GAP
        groove = QRectF(left, middle - _HEIGHT / 2, _BAR, _HEIGHT)
        painter.setPen(Qt.PenStyle.NoPen)
        rest = colours.warn if meter.scarce else colours.border_strong
        for colour, share in ((colours.border, 1.0), (rest, meter.share), (colours.accent, meter.ours)):
            painter.setBrush(QColor(colour))
            if share > 0.01:
                bar = QRectF(groove)
                bar.setWidth(max(_HEIGHT, _BAR * min(1.0, share)))
                painter.drawRoundedRect(bar, _HEIGHT / 2, _HEIGHT / 2)
        painter.end()


class Meters(QWidget):
    """Looks while it is to be seen; as many meters as there is something to tell of."""

    def __init__(self, store: MetersStore) -> None:
        super().__init__()
        self._store = store
        self.bars: list[MeterBar] = []
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(8, 0, 8, 0)
        self._row.setSpacing(20)
        store.changed.connect(self._show)
        on_language(self._show)
        self._show()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Look from now on."""
        super().showEvent(event)
        self._store.watch(True)

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        """Nobody sees it: look no more."""
        super().hideEvent(event)
        self._store.watch(False)

    def _show(self) -> None:
        told = meters(self._store.usage, self._store.gpus)
        while len(self.bars) < len(told):
            self.bars.append(MeterBar())
            self._row.addWidget(self.bars[-1])
        for bar, meter in zip(self.bars, told, strict=False):
            bar.show_meter(meter)
        for number, bar in enumerate(self.bars):
            bar.setVisible(number < len(told))
