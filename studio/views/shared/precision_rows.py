"""Which precision should be fastest on a phone: each with its time and a bar of its probability, and one sentence."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from engine.contract.latency import PrecisionAdvice
from studio.bound_texts import on_language
from studio.i18n import text_of, tr
from studio.presenters.figure_words import chance_percent
from studio.presenters.numbers import bare_ms, show_value
from studio.views.shared.share_bars import Bar
from studio.widgets.labels import Muted, Text


class PrecisionRows(QWidget):
    """Draws an advice; `None` for none. Phone and what makes times less sure stand here where nothing else tells."""

    def __init__(self) -> None:
        super().__init__()
        self._told: PrecisionAdvice | None = None
        self._phone = self._note = ""
        self._inside: QWidget | None = None
        self.bars: dict[str, Bar] = {}
        self.caption, self.best, self.warnings = Text("", "caption"), Text(), Muted()
        self.best.setWordWrap(True)
        self._rows = QVBoxLayout()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.caption)
        column.addLayout(self._rows)
        column.addWidget(self.best)
        column.addWidget(self.warnings)
        on_language(self._redraw)
        self._redraw()

    def show_advice(self, told: PrecisionAdvice | None, phone: str = "", note: str = "") -> None:
        """Show what is expected of each precision on a phone; `note` is one more line."""
        if (told, phone, note) != (self._told, self._phone, self._note):
            self._told, self._phone, self._note = told, phone, note
            self._redraw()

    def _redraw(self) -> None:
        told = self._told
        self.setVisible(told is not None)
        self.bars = {}
        if self._inside is not None:
            self._rows.removeWidget(self._inside)
            self._inside.hide()
            self._inside.deleteLater()
            self._inside = None
        if told is None:
            return
        named = tr("studio.bench.which_precision_on", phone=self._phone)
        self.caption.show_text(named if self._phone else tr("studio.bench.which_precision"))
        self._inside = self._grid(told)
        self._rows.addWidget(self._inside)
        self.best.show_text(text_of(told.best))
        lines = [*map(text_of, told.warnings), *filter(None, (self._note,))]
        self.warnings.show_text("\n".join(lines))
        self.warnings.setVisible(bool(lines))

    def _grid(self, told: PrecisionAdvice) -> QWidget:
        made = QWidget()
        grid = QGridLayout(made)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        for place, time in enumerate(told.times):
            name, value = Text("", "muted"), Text("", "caption")
            name.show_text(time.precision)
            value.show_text(f"≈{show_value(time.ms, 'ms')} · {chance_percent(time.chance)}")
            bar = self.bars[time.precision] = Bar(time.chance, place == 0)
            tip = tr(
                "studio.bench.precision_tip",
                precision=time.precision,
                chance=chance_percent(time.chance),
                low=bare_ms(time.low),
                high=bare_ms(time.high),
            )
            for column, widget in enumerate((name, bar, value)):
                widget.setToolTip(tip)
                grid.addWidget(widget, place, column)
            grid.setAlignment(value, Qt.AlignmentFlag.AlignRight)
            bar.setAccessibleName(tip)
        return made
