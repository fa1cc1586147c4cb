"""Where a network's time goes on a phone: a bar for each part, and one sentence, what to shrink next."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from engine.contract.latency import PhoneEstimate, Share
from studio.bound_texts import on_language
from studio.i18n import text_of, tr
from studio.presenters.figure_words import not_published
from studio.presenters.numbers import bare_ms, show, show_value
from studio.theme import palette, theme
from studio.widgets.labels import IconLabel, Muted, Text

_PARTS = {
    "backbone": "studio.bench.part_backbone",
    "neck": "studio.bench.part_neck",
    "rpn": "studio.bench.part_rpn",
    "roi": "studio.bench.part_roi",
    "head": "studio.bench.part_head",
    "post": "studio.bench.part_post",
}

_HEIGHT = 10


class Bar(QWidget):
    """A share of the whole as a bar; the longest of its kind in the accent's colour."""

    def __init__(self, share: float, most: bool) -> None:
        super().__init__()
        self._share, self._most = share, most
        self.setFixedHeight(_HEIGHT)
        self.setMinimumWidth(60)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:  # noqa: N802
        """As wide as there is room."""
        return QSize(160, _HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw the bar on its track."""
        colours = palette()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        track = QRectF(self.rect())
        painter.setBrush(QColor(colours.sunken))
        painter.drawRoundedRect(track, 4, 4)
        painter.setBrush(QColor(colours.accent if self._most else colours.border_strong))
        painter.drawRoundedRect(QRectF(track.left(), track.top(), track.width() * self._share, track.height()), 4, 4)
        painter.end()


class ShareBars(QWidget):
    """Draws an estimate; `None` for none."""

    def __init__(self) -> None:
        super().__init__()
        self._told: PhoneEstimate | None = None
        self._inside: QWidget | None = None
        self.bars: dict[str, Bar] = {}
        self.advice, self.notes = Text(), Muted()
        self.advice.setWordWrap(True)
        self._outer = QVBoxLayout()
        self._advising = QWidget()
        row = QHBoxLayout(self._advising)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(IconLabel("bulb", 18, "accent"), 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.advice, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(self._outer)
        column.addWidget(self._advising)
        column.addWidget(self.notes)
        on_language(self._redraw)
        self._redraw()

    def show_estimate(self, told: PhoneEstimate | None) -> None:
        """Show where the time goes."""
        if told != self._told:
            self._told = told
            self._redraw()

    def _redraw(self) -> None:
        told = self._told
        self.setVisible(told is not None)
        self.bars = {}
        if self._inside is not None:
            self._outer.removeWidget(self._inside)
            self._inside.hide()
            self._inside.deleteLater()
            self._inside = None
        if told is None:
            return
        self._inside = self._grid(told.shares)
        self._outer.addWidget(self._inside)
        self.advice.show_text(text_of(told.advice))
        self.notes.show_text("\n".join(map(text_of, told.notes)))
        self.notes.setVisible(bool(told.notes))

    def _grid(self, shares: tuple[Share, ...]) -> QWidget:
        made = QWidget()
        grid = QGridLayout(made)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        most = max((share.ms for share in shares), default=0.0)
        for place, share in enumerate(shares):
            name, value = Text("", "muted"), Text("", "caption")
            name.show_text(tr(_PARTS[share.part]))
            value.show_text(f"≈{show_value(share.ms, 'ms')} · {100 * share.share:.0f} %")
            bar = self.bars[share.part] = Bar(share.share, share.ms == most)
            grid.addWidget(name, place, 0)
            grid.addWidget(bar, place, 1)
            grid.addWidget(value, place, 2, Qt.AlignmentFlag.AlignRight)
        return made


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
