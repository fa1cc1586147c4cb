"""Where a network's time goes on a phone: a bar for each part, and one sentence, what to shrink next."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from engine.contract.latency import PhoneEstimate, Share
from studio.bound_texts import on_language
from studio.i18n import text_of, tr
from studio.presenters.figure_words import not_published
from studio.presenters.numbers import bare_ms, show, show_value
from studio.views.shared.bar_rows import Bar, BarRow, BarRows
from studio.widgets.labels import IconLabel, Muted, Text

_PARTS = {
    "backbone": "studio.bench.part_backbone",
    "neck": "studio.bench.part_neck",
    "rpn": "studio.bench.part_rpn",
    "roi": "studio.bench.part_roi",
    "head": "studio.bench.part_head",
    "post": "studio.bench.part_post",
}


class ShareBars(QWidget):
    """Draws an estimate; `None` for none."""

    def __init__(self) -> None:
        super().__init__()
        self._told: PhoneEstimate | None = None
        self._rows = BarRows()
        self.advice, self.notes = Text(), Muted()
        self.advice.setWordWrap(True)
        self._advising = QWidget()
        row = QHBoxLayout(self._advising)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(IconLabel("bulb", 18, "accent"), 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.advice, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._rows)
        column.addWidget(self._advising)
        column.addWidget(self.notes)
        on_language(self._redraw)
        self._redraw()

    @property
    def bars(self) -> Mapping[str, Bar]:
        """The bar of each part that is shown."""
        return self._rows.bars

    def show_estimate(self, told: PhoneEstimate | None) -> None:
        """Show where the time goes."""
        if told != self._told:
            self._told = told
            self._redraw()

    def _redraw(self) -> None:
        told = self._told
        self.setVisible(told is not None)
        shares = told.shares if told is not None else ()
        self._rows.show_rows(self._row(share, shares) for share in shares)
        if told is None:
            return
        self.advice.show_text(text_of(told.advice))
        self.notes.show_text("\n".join(map(text_of, told.notes)))
        self.notes.setVisible(bool(told.notes))

    @staticmethod
    def _row(share: Share, shares: tuple[Share, ...]) -> BarRow:
        value = f"≈{show_value(share.ms, 'ms')} · {100 * share.share:.0f} %"
        longest = share.ms == max(each.ms for each in shares)
        return BarRow(share.part, tr(_PARTS[share.part]), value, share.share, longest)


def estimate_text(told: PhoneEstimate) -> str:
    """The estimated latency with its interval."""
    figure = told.figure
    if figure.low is None or figure.high is None:
        return show(figure)
    return f"{show(figure)} ({bare_ms(figure.low)} – {bare_ms(figure.high)})"


def _with_scaling(text: str, told: PhoneEstimate) -> str:
    return " · ".join(filter(None, (text, not_published(told.figure))))


def interval_text(told: PhoneEstimate) -> str:
    """Between which bounds the latency should be; it stands below the value."""
    figure = told.figure
    if figure.low is None or figure.high is None:
        return _with_scaling(tr("studio.recipe.estimated"), told)
    return _with_scaling(tr("studio.bench.interval", low=bare_ms(figure.low), high=bare_ms(figure.high)), told)
