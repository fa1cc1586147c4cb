"""Which phone an estimate is for: chip, threads and precision."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, cast

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from engine.contract.latency import PhoneChoice
from engine.contract.refusals import PRECISIONS
from engine.contract.socs import estimated_socs, published_socs
from studio.bound_texts import bind, on_language
from studio.i18n import tr
from studio.widgets.controls import QuietCombo

ESTIMATE_THREADS = (1, 2, 4)
_NAME = 16
"""Letters of the longest name of a chip, with some to spare."""

_SOC_WIDTH, _SOC_LEAST = 208, 132
_FLAGS = Qt.ItemDataRole.UserRole - 1
"""Where a combo's model keeps what can be done with an entry: 0 for nothing."""


class PhoneChooser(QWidget):
    """Three lists, in a row if `wide`; `chosen` tells the new PhoneChoice, None for no phone, which `none` offers.

    With `floats` only precisions of float are offered: int8 follows from what is estimated. A `bare` one offers none.
    """

    chosen = Signal(object)

    def __init__(self, none: bool = False, wide: bool = False, floats: bool = False, bare: bool = False) -> None:
        super().__init__()
        self._none, self._floats, self._bare = none, floats, bare
        self._precisions = [name for name in PRECISIONS if name != "int8" or not floats]
        self.soc, self.threads, self.precision = QuietCombo(), QuietCombo(), QuietCombo()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(8)
        if wide:
            grid.addWidget(self.soc, 0, 0)
            grid.setColumnStretch(0, 100)
            grid.setColumnStretch(3, 1)
            self.soc.setMaximumWidth(_SOC_WIDTH)
        else:  # two rows: in one the inspector would be cut off at its side
            grid.addWidget(self.soc, 0, 0, 1, 2)
        grid.addWidget(self.threads, 0 if wide else 1, 1 if wide else 0)
        grid.addWidget(self.precision, 0 if wide else 1, 2 if wide else 1)
        for combo, code in (
            (self.soc, "studio.bench.choose_soc"),
            (self.threads, "studio.bench.choose_threads"),
            (self.precision, "studio.bench.choose_float" if floats else "studio.bench.choose_precision"),
        ):
            bind(combo.setAccessibleName, code)
            bind(combo.setToolTip, code)
            combo.activated.connect(self._tell)
        self.soc.setMinimumContentsLength(7 if wide else 6)
        # Their widest text comes with the language, after the first layout.
        for combo in (self.threads, self.precision):
            combo.setSizeAdjustPolicy(QuietCombo.SizeAdjustPolicy.AdjustToContents)
        self.soc.setSizeAdjustPolicy(QuietCombo.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._fill()
        on_language(self._fill)

    def choice(self) -> PhoneChoice | None:
        """What is chosen."""
        key = self.soc.currentData()
        if not key:
            return None
        precision = cast(Literal["fp32", "fp16", "int8"], self.precision.currentData() or "fp32")
        if precision == "fp16" and not estimated_socs()[key].fp16:
            precision = "fp32"
        return PhoneChoice(soc=key, threads=self.threads.currentData() or 1, precision=precision)

    def take(self, choice: PhoneChoice | None) -> None:
        """Show a choice, and tell nobody."""
        with QSignalBlocker(self):
            self.soc.setCurrentIndex(max(0, self.soc.findData(choice.soc if choice else None)))
            if choice is not None:
                self.threads.setCurrentIndex(max(0, self.threads.findData(choice.threads)))
                self.precision.setCurrentIndex(max(0, self.precision.findData(choice.precision)))
        self._allow()

    def show_whole(self) -> None:
        """Give the name of a chip all the room that it needs, where there is enough."""
        self.soc.setMinimumContentsLength(_NAME)
        self.soc.setMinimumWidth(_SOC_LEAST)

    def _fill(self) -> None:
        kept = (self.soc.currentData(), self.threads.currentData(), self.precision.currentData())
        chips = [(tr("studio.bench.no_soc"), None)] if self._none else []
        lists: tuple[tuple[QuietCombo, Iterable[tuple[str, object]]], ...] = (
            (self.soc, chips),
            (self.threads, [(tr("studio.bench.n_threads", count=count), count) for count in ESTIMATE_THREADS]),
            (self.precision, [(self._called(name), name) for name in self._precisions]),
        )
        for (combo, entries), value in zip(lists, kept, strict=True):
            combo.clear()
            for text, data in entries:
                combo.addItem(text, data)
            if combo is self.soc:
                add_chips(combo)
            combo.setCurrentIndex(max(0, combo.findData(value)))
        self._allow()

    def _allow(self) -> None:
        there = self.soc.currentData() is not None
        self.threads.setVisible(there)
        self.precision.setVisible(there and not self._bare)

    def _called(self, precision: str) -> str:
        return tr("studio.bench.in_float", precision=precision) if self._floats else precision

    def _tell(self) -> None:
        self._allow()
        self.chosen.emit(self.choice())


def add_chips(combo: QuietCombo) -> None:
    """Offer all chips that can be estimated; below a heading, which none can choose, those without published times."""
    heading_stands = False
    for key, soc in estimated_socs().items():
        if key not in published_socs() and not heading_stands:
            heading_stands = True
            combo.addItem(tr("studio.bench.without_published"), "")
            combo.setItemData(combo.count() - 1, 0, _FLAGS)
            font = combo.font()
            font.setBold(True)
            combo.setItemData(combo.count() - 1, font, Qt.ItemDataRole.FontRole)
        combo.addItem(soc.name, key)
        if heading_stands:
            tip = tr("studio.bench.without_published_tip")
            combo.setItemData(combo.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
