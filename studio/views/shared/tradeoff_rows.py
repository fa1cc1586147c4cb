"""One figure of the trade-off: base, recipe, change, bars and the target that a person may set for it."""

from __future__ import annotations

import re

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QValidator
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QWidget

from engine.contract.figures import Figure
from studio.i18n import tr
from studio.presenters.figure_words import certainty_text, change_words, precision_of, provenance, with_precision
from studio.presenters.numbers import NAMES, delta, show
from studio.presenters.target_verdict import SCALES, limit_of, verdict
from studio.theme import restyle
from studio.views.shared.tradeoff_bar import SourceMark, TradeoffBar
from studio.widgets.controls import NumberSpin

_MACS = re.compile(r"\s*(\d*[.,]?\d*)\s*([MmGg]?)\s*")


class TargetSpin(NumberSpin):
    """The most that a figure may be; at its least it says that there is no target."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._counts = name == "macs"
        self.setDecimals(6 if self._counts else 3)
        self.setRange(0.0, 100_000.0)
        self.setFixedWidth(124)
        if not self._counts:
            self.setSuffix(" MB" if name == "nb_bytes" else " ms")
        self.setPrefix("≤ ")

    def textFromValue(self, value: float) -> str:  # noqa: N802
        """The number; MACs, which are held in G, with the prefix that figures of that size have."""
        if not self._counts:
            return super().textFromValue(value)
        return (
            f"{super().textFromValue(round(1000 * value, 3))} M" if value < 1 else f"{super().textFromValue(value)} G"
        )

    def valueFromText(self, text: str) -> float:  # noqa: N802
        """What was written: MACs with M or G behind them, in G without either."""
        if not self._counts:
            return super().valueFromText(text)
        found = _MACS.fullmatch(text.removeprefix(self.prefix()))
        if found is None or not found[1]:
            return self.value()
        return float(found[1].replace(",", ".")) * (0.001 if found[2].upper() == "M" else 1)

    def validate(self, text: str, place: int) -> object:
        """Whether it can be read; while it is being written, whether it can become so."""
        if not self._counts or text == self.specialValueText():
            return super().validate(text, place)
        found = _MACS.fullmatch(text.removeprefix(self.prefix()))
        state = QValidator.State
        return (state.Invalid if found is None else state.Acceptable if found[1] else state.Intermediate), text, place

    def stepBy(self, steps: int) -> None:  # noqa: N802
        """Step by a tenth of the number's size; from no target, nowhere."""
        self.setSingleStep(float(f"{max(self.value() * 0.05, 0.001):.1g}"))
        super().stepBy(steps)

    def retranslate(self) -> None:
        """Take texts in the current language."""
        self.setSpecialValueText(tr("studio.recipe.no_target"))
        self.setToolTip(tr("studio.recipe.target_tip"))


class FigureRow(QWidget):
    """Base against recipe, and against the target if there is one."""

    target_edited = Signal(str, float)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = name
        self._figures: tuple[Figure | None, Figure | None] = (None, None)
        self._target: float | None = None
        self.label = QLabel()
        self.label.setProperty("role", "caption")
        self.mark = SourceMark()
        self.base = QLabel()
        self.base.setProperty("role", "caption")
        self.now = QLabel()
        self.now.setProperty("role", "value")
        self.precision = QLabel()
        self.precision.setProperty("role", "caption")
        self.change = QLabel()
        self.change.setProperty("role", "chip")
        self.change.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.bar = TradeoffBar()
        self.spin = TargetSpin(name) if name in SCALES else None
        self.verdict = QLabel()
        self.verdict.setProperty("role", "caption")
        self._lay_out()
        if self.spin is not None:
            self.spin.valueChanged.connect(lambda value: self.target_edited.emit(name, value))
        self.retranslate()

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(4)
        grid.setHorizontalSpacing(8)
        grid.addWidget(self.label, 0, 0)
        grid.addWidget(self.base, 0, 1, Qt.AlignmentFlag.AlignRight)
        values = QHBoxLayout()
        values.setSpacing(6)
        values.addWidget(self.mark)
        values.addWidget(self.now)
        values.addWidget(self.precision, 0, Qt.AlignmentFlag.AlignBottom)
        values.addStretch(1)
        values.addWidget(self.change)
        grid.addLayout(values, 1, 0, 1, 2)
        grid.addWidget(self.bar, 2, 0, 1, 2)
        grid.addWidget(self.verdict, 3, 0)
        self.verdict.setVisible(self.spin is not None)
        if self.spin is not None:
            grid.addWidget(self.spin, 3, 1, Qt.AlignmentFlag.AlignRight)
        grid.setColumnStretch(0, 1)

    def show_figures(self, base: Figure | None, now: Figure | None) -> None:
        """Show the figure of the base and of the recipe."""
        self._figures = (base, now)
        self.mark.show_figure(now or base)
        self.now.setText(show(now))
        self.precision.setText(precision_of(now))
        self.now.setToolTip(provenance(now) if now is not None else "")
        told = with_precision(show(base), base) if precision_of(base) != precision_of(now) else show(base)
        self.base.setText(tr("studio.recipe.from_base", value=told) if base is not None else "")
        change = delta(base, now)
        self.change.setVisible(change is not None)
        self.change.setText("" if change is None else change_words(change)[-1])
        self.change.setToolTip(certainty_text(change, now) if change is not None and change.why and now else "")
        restyle(self.change, tone="none" if change is None else change.tone)
        self._judge()

    def set_target(self, target: float | None) -> None:
        """Show a target in the person's unit, or none."""
        self._target = target
        if self.spin is not None:
            self.spin.blockSignals(True)
            self.spin.setValue(target or 0.0)
            self.spin.blockSignals(False)
        self._judge()

    def retranslate(self) -> None:
        """Take texts in the current language."""
        self.label.setText(tr(NAMES[self.name]))
        if self.spin is not None:
            self.spin.retranslate()
            self.spin.setAccessibleName(tr("studio.recipe.target_name", name=self.label.text()))
        self.show_figures(*self._figures)

    def _judge(self) -> None:
        base, now = self._figures
        limit = limit_of(self.name, self._target)
        values = [figure.value if figure is not None else None for figure in (base, now)]
        self.bar.show_values(values[0], values[1], limit)
        self.bar.setVisible(base is not None or now is not None)
        found = verdict(now, limit)
        self.verdict.setText(found.text)
        restyle(self.verdict, tone=found.tone)
