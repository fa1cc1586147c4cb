"""Which precision should be fastest on a phone: each with its time and a bar of its probability, and one sentence."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.contract.latency import PrecisionAdvice, PrecisionTime
from engine.contract.text.numbers import chance_percent
from studio.bound_texts import on_language
from studio.i18n import text_of, tr
from studio.presenters.numbers import bare_ms, show_value
from studio.views.shared.bar_rows import Bar, BarRow, BarRows
from studio.widgets.labels import Muted, Text


class PrecisionRows(QWidget):
    """Draws an advice; `None` for none. Phone and what makes times less sure stand here where nothing else tells."""

    def __init__(self) -> None:
        super().__init__()
        self._told: PrecisionAdvice | None = None
        self._phone = self._note = ""
        self.caption, self.best, self.warnings = Text("", "caption"), Text(), Muted()
        self.best.setWordWrap(True)
        self._rows = BarRows()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.caption)
        column.addWidget(self._rows)
        column.addWidget(self.best)
        column.addWidget(self.warnings)
        on_language(self._redraw)
        self._redraw()

    @property
    def bars(self) -> Mapping[str, Bar]:
        """The bar of each precision that is shown."""
        return self._rows.bars

    def show_advice(self, told: PrecisionAdvice | None, phone: str = "", note: str = "") -> None:
        """Show what is expected of each precision on a phone; `note` is one more line."""
        if (told, phone, note) != (self._told, self._phone, self._note):
            self._told, self._phone, self._note = told, phone, note
            self._redraw()

    def _redraw(self) -> None:
        told = self._told
        self.setVisible(told is not None)
        times = told.times if told is not None else ()
        self._rows.show_rows(_row(time, place == 0) for place, time in enumerate(times))
        if told is None:
            return
        named = tr("studio.bench.which_precision_on", phone=self._phone)
        self.caption.show_text(named if self._phone else tr("studio.bench.which_precision"))
        self.best.show_text(text_of(told.best))
        lines = [*map(text_of, told.warnings), *filter(None, (self._note,))]
        self.warnings.show_text("\n".join(lines))
        self.warnings.setVisible(bool(lines))


def _row(time: PrecisionTime, first: bool) -> BarRow:
    chance = chance_percent(time.chance)
    told = {"precision": time.precision, "chance": chance, "low": bare_ms(time.low), "high": bare_ms(time.high)}
    tip = tr("studio.bench.precision_tip", **told)
    return BarRow(time.precision, time.precision, f"≈{show_value(time.ms, 'ms')} · {chance}", time.chance, first, tip)
