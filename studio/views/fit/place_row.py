"""Where a time is to hold: a chip or this machine, threads, precision, and the phone that measures if one is there."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from engine.contract.fit.job import HOST
from engine.contract.phones import Phone
from engine.contract.refusals import PRECISIONS
from engine.contract.socs import estimated_socs
from studio.bound_texts import bind, on_language
from studio.i18n import tr
from studio.presenters.phone.bench_words import phone_title
from studio.views.shared.soc_chooser import ESTIMATE_THREADS, add_chips
from studio.widgets.controls import QuietCombo
from studio.widgets.labels import Muted

_SOC_WIDTH = 200
_FLAGS = Qt.ItemDataRole.UserRole - 1


class PlaceRow(QWidget):
    """`changed` tells that something else was chosen. `device` is the serial number of the phone that measures."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.phones: tuple[Phone, ...] = ()
        self._timed = True
        self.soc, self.threads, self.precision = QuietCombo(), QuietCombo(), QuietCombo()
        self.measure, self.counts = QuietCombo(), Muted()
        for combo, code in (
            (self.soc, "studio.fit.phone"),
            (self.threads, "studio.bench.choose_threads"),
            (self.precision, "studio.bench.choose_precision"),
            (self.measure, "studio.fit.measured_by"),
        ):
            bind(combo.setAccessibleName, code)
            bind(combo.setToolTip, code)
            combo.setSizeAdjustPolicy(QuietCombo.SizeAdjustPolicy.AdjustToContents)
            combo.activated.connect(self._on_chosen)
        self.soc.setMinimumWidth(_SOC_WIDTH)
        row = QHBoxLayout()
        row.setSpacing(8)
        for combo in (self.soc, self.threads, self.precision):
            row.addWidget(combo)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(row)
        column.addWidget(self.measure)
        column.addWidget(self.counts)
        self._fill()
        on_language(self._fill)

    def take(self, phone: str, threads: int, precision: str) -> None:
        """Show a choice, and tell nobody."""
        for combo, value in ((self.soc, phone), (self.threads, threads), (self.precision, precision)):
            combo.setCurrentIndex(max(0, combo.findData(value)))
        self._allow()

    def chosen(self) -> tuple[str, int, str]:
        """Chip or `HOST`, threads, precision."""
        threads = self.threads.currentData() or 1
        return self.soc.currentData() or HOST, 1 if self.on_host else threads, self.precision.currentData() or "fp32"

    @property
    def on_host(self) -> bool:
        """Whether times are those of this machine."""
        return bool(self.soc.currentData() == HOST)

    @property
    def device(self) -> str | None:
        """The serial number of the phone that is to measure; None where the estimate counts."""
        return self.measure.currentData() if self._timed and not self.on_host else None

    def show_phones(self, phones: Sequence[Phone]) -> None:
        """Offer those that are ready; the only choice is the estimate while there are none."""
        self.phones = tuple(phone for phone in phones if phone.state == "ready")
        self._fill_phones()

    def set_timed(self, timed: bool) -> None:
        """Whether a time is asked for at all; the precision matters anyhow."""
        self._timed = timed
        self._allow()

    def _fill(self) -> None:
        kept = (self.soc.currentData(), self.threads.currentData(), self.precision.currentData())
        with QSignalBlocker(self):
            for combo in (self.soc, self.threads, self.precision):
                combo.clear()
            self.soc.addItem(tr("studio.fit.host"), HOST)
            add_chips(self.soc)
            for count in ESTIMATE_THREADS:
                self.threads.addItem(tr("studio.bench.n_threads", count=count), count)
            for name in PRECISIONS:
                self.precision.addItem(name, name)
            for combo, value in zip((self.soc, self.threads, self.precision), kept, strict=True):
                combo.setCurrentIndex(max(0, combo.findData(value)))
        self._fill_phones()

    def _fill_phones(self) -> None:
        kept = self.measure.currentData()
        self.measure.clear()
        self.measure.addItem(tr("studio.fit.by_estimate"), None)
        for phone in self.phones:
            code = "studio.fit.by_simulated" if phone.simulated else "studio.fit.by_phone"
            self.measure.addItem(tr(code, phone=phone_title(phone)), phone.serial)
        self.measure.setCurrentIndex(max(0, self.measure.findData(kept)))
        self._allow()

    def _on_chosen(self) -> None:
        serial = self.measure.currentData()
        phone = next((each for each in self.phones if each.serial == serial), None)
        if self.sender() is self.measure and phone is not None and phone.soc_key in estimated_socs():
            self.soc.setCurrentIndex(self.soc.findData(phone.soc_key))
        elif self.sender() is self.soc and phone is not None and phone.soc_key != self.soc.currentData():
            self.measure.setCurrentIndex(0)
        self._allow()
        self.changed.emit()

    def _allow(self) -> None:
        """A machine that has no such precision cannot be asked for it."""
        host = self.on_host
        soc = estimated_socs().get(self.soc.currentData())
        half = self.precision.findData("fp16")
        able = not host and soc is not None and soc.fp16
        self.precision.setItemData(half, None if able else 0, _FLAGS)
        if not able and self.precision.currentIndex() == half:
            self.precision.setCurrentIndex(self.precision.findData("fp32"))
        for widget in (self.soc, self.threads):
            widget.setEnabled(self._timed)
        self.threads.setVisible(not host)
        self.measure.setVisible(bool(self.phones) and not host and self._timed)
        counts = "studio.fit.counts_host" if host else "studio.fit.counts_bench" if self.device else ""
        self.counts.show_code(counts or "studio.fit.counts_upper_end")
        self.counts.setVisible(self._timed)
