"""The waterfall: what each step takes off a cost, and what it does to mAP before recovery."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from engine.contract.figures import FigureName
from studio.i18n import tr
from studio.presenters.recipe.consequences import StepChange
from studio.theme import palette, theme

_ROW = 30.0
_HEAD = 24.0
_PAD = 8.0
_SHARES = (0.34, 0.38, 0.28)
"""Of the width: the titles, the cost, mAP."""


class StepsPlot(QWidget):
    """One row for each step; `picked` tells the step whose row was clicked."""

    picked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.changes: tuple[StepChange, ...] = ()
        self._cost: FigureName = "macs"
        self._title = ""
        self.setMouseTracking(True)
        theme.changed.connect(self.update)

    def show_changes(self, changes: Sequence[StepChange], cost: FigureName, title: str) -> None:
        """Draw these steps by one cost, which is called `title`."""
        self.changes, self._cost, self._title = tuple(changes), cost, title
        self.setMinimumHeight(self.sizeHint().height())
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        """As high as its rows."""
        return QSize(240, int(_HEAD + _ROW * max(1, len(self.changes)) + _PAD))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw heads and rows."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = QFont(self.font())
        font.setPixelSize(12)
        painter.setFont(font)
        painter.setPen(QColor(palette().muted))
        _, cost, score = self._columns(0, _HEAD)
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(cost, left, self._title)
        painter.drawText(score, left, tr("studio.try.axis_change"))
        kept = 1.0
        for number, change in enumerate(self.changes):
            saved = change.saved.get(self._cost, 0.0)
            self._paint_row(painter, change, _HEAD + number * _ROW, kept, kept + saved)
            kept += saved

    def _columns(self, top: float, height: float) -> tuple[QRectF, QRectF, QRectF]:
        width, left, found = self.width() - 2 * _PAD, _PAD, []
        for share in _SHARES:
            found.append(QRectF(left, top, share * width - _PAD, height))
            left += share * width
        return found[0], found[1], found[2]

    def _paint_row(self, painter: QPainter, change: StepChange, top: float, before: float, after: float) -> None:
        colours, metrics = palette(), QFontMetricsF(painter.font())
        title, cost, score = self._columns(top, _ROW)
        painter.setPen(QColor(colours.text))
        name = metrics.elidedText(f"{change.step + 1}  {change.title}", Qt.TextElideMode.ElideRight, title.width())
        painter.drawText(title, Qt.AlignmentFlag.AlignVCenter, name)
        bar = QRectF(cost.left(), cost.center().y() - 6, cost.width() - 56, 12)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.sunken))
        painter.drawRect(bar)
        painter.setBrush(QColor(colours.border_strong))
        painter.drawRect(QRectF(bar.left(), bar.top(), bar.width() * min(before, after), bar.height()))
        ends = sorted((bar.left() + bar.width() * min(1.0, part)) for part in (before, after))
        painter.setBrush(QColor(colours.good if after <= before else colours.bad))
        painter.drawRect(QRectF(ends[0], bar.top(), ends[1] - ends[0], bar.height()))
        painter.setPen(QColor(colours.text if after != before else colours.muted))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(cost, right, _percent(after - before))
        self._paint_score(painter, change, score)

    def _paint_score(self, painter: QPainter, change: StepChange, area: QRectF) -> None:
        colours = palette()
        if change.score is None:
            painter.setPen(QColor(colours.muted))
            painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, "-")
            return
        tone = colours.muted if change.within_noise else colours.good if change.score > 0 else colours.bad
        most = max([1.0, *(max(abs(one.score or 0), abs(one.low or 0), abs(one.high or 0)) for one in self.changes)])
        half = (area.width() - 48) / 2
        zero = area.left() + half
        painter.setPen(QPen(QColor(colours.border), 1))
        painter.drawLine(QPointF(zero, area.top() + 4), QPointF(zero, area.bottom() - 4))
        end = zero + half * change.score / most
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tone))
        painter.drawRect(QRectF(min(zero, end), area.center().y() - 5, abs(end - zero), 10))
        if change.low is not None and change.high is not None:
            painter.setPen(QPen(QColor(colours.text), 1))
            ends = [QPointF(zero + half * value / most, area.center().y()) for value in (change.low, change.high)]
            painter.drawLine(*ends)
        painter.setPen(QColor(tone))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(area, right, f"{change.score:+.1f}".replace("-", "−"))

    def row_at(self, y: float) -> StepChange | None:
        """The step whose row is at a height."""
        number = int((y - _HEAD) // _ROW) if y >= _HEAD else -1
        return self.changes[number] if 0 <= number < len(self.changes) else None

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Pick the step of the row."""
        row = self.row_at(event.position().y())
        if row is not None:
            self.picked.emit(row.step)

    def event(self, event: QEvent) -> bool:
        """Say a row in words under the pointer."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            row = self.row_at(event.pos().y())
            QToolTip.showText(event.globalPos(), self.words(row) if row is not None else "", self)
            return True
        return super().event(event)

    def words(self, change: StepChange) -> str:
        """A row in words."""
        lines = [change.title]
        for cost, share in change.saved.items():
            lines.append(tr(f"studio.figure.{cost}") + f"  {_percent(share)}")
        if change.score is not None:
            score = f"{change.score:+.1f}"
            lines.append(tr("studio.try.row_noise" if change.within_noise else "studio.try.row_score", score=score))
        return "\n".join(lines)


def _percent(share: float) -> str:
    return "0 %" if abs(share) < 0.0005 else f"{100 * share:+.1f} %".replace("-", "−")
