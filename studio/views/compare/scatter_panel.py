"""The scatter with what chooses its axes, its legend, and what it cannot show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from engine.contract.figures import Figure, comparable
from studio.bound_texts import bind, on_language
from studio.i18n import tr
from studio.presenters.compare.run_rows import CERTAIN, COSTS, FIGURES, Row
from studio.presenters.figure_words import change_words, column_title
from studio.presenters.numbers import Delta, show
from studio.theme import palette, theme
from studio.views.compare.scatter_plot import Mark, Scatter
from studio.views.compare.table import delta_colour
from studio.widgets.controls import QuietCombo
from studio.widgets.labels import Muted, Text

SCORES = ("map_val", "map_test", "map50")
_SCALE = {"host_ms": 1.0, "macs": 1e9, "nb_bytes": 1e6, "params": 1e6}


class CompareScatter(QWidget):
    """mAP over a cost that is chosen; the first cost that some run has comes first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: Sequence[Row] = ()
        self._changes: Mapping[str, Delta | None] = {}
        self._chosen = False
        self.plot = Scatter()
        self.cost, self.score = QuietCombo(), QuietCombo()
        for combo, columns in ((self.cost, COSTS), (self.score, SCORES)):
            combo.setSizeAdjustPolicy(QuietCombo.SizeAdjustPolicy.AdjustToContents)
            for column in columns:
                combo.addItem("", column)
            combo.currentIndexChanged.connect(self._redraw)
        self.cost.activated.connect(self._on_chosen)
        bind(self.cost.setToolTip, "studio.compare.x_tip")
        bind(self.score.setToolTip, "studio.compare.y_tip")
        bind(self.cost.setAccessibleName, "studio.compare.x_tip")
        bind(self.score.setAccessibleName, "studio.compare.y_tip")
        bind(self.plot.setAccessibleName, "studio.compare.scatter")
        self.missing = Muted()
        bar = QHBoxLayout()
        bar.setSpacing(8)
        bar.addWidget(self.score)
        bar.addWidget(Text("studio.compare.over", "muted"))
        bar.addWidget(self.cost)
        bar.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(bar)
        layout.addWidget(self.plot, 1)
        layout.addWidget(self.missing)
        on_language(self._retranslate)
        theme.changed.connect(self._redraw)
        self._retranslate()

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Show these runs."""
        self._rows = rows
        if not self._chosen:
            self._choose_known()
        self._redraw()

    def _choose_known(self) -> None:
        """The host's latency where two runs have it, else the first cost that they have."""
        known = [column for column in COSTS if sum(row.figures[column] is not None for row in self._rows) > 1]
        wanted = COSTS.index(known[0]) if known else 0
        self.cost.setCurrentIndex(wanted)

    def _on_chosen(self) -> None:
        self._chosen = True

    def _redraw(self) -> None:
        x, y = self.cost.currentData(), self.score.currentData()
        marks, missing = [], 0
        scores: list[Figure] = []
        for row in self._rows:
            cost, score = row.figures[x], row.figures[y]
            if cost is None or score is None:
                missing += 1
                continue
            scores.append(score)
            filled = cost.source in CERTAIN and score.source in CERTAIN
            place = cost.value / _SCALE[x], score.value
            marks.append(Mark(row.name, f"{row.number:04d}", *place, filled, card_of(row)))
        self.plot.show_marks(marks, axis_title(x), column_title(y))
        others = sum(comparable(scores[0], score) is not None for score in scores)
        self.missing.setText(self._words(missing, others))

    def show_change(self, changes: Mapping[str, Delta | None]) -> None:
        """Take the changes from A to B by column: what may be chance is told."""
        self._changes = changes
        self._redraw()

    def _words(self, missing: int, others: int) -> str:
        shown = [self.score.currentData(), self.cost.currentData()]
        within = [name for name in shown if (told := self._changes.get(name)) and told.certainty == "within"]
        words = []
        if within:
            words.append(tr("studio.compare.sides_within", columns=", ".join(map(axis_title, within))))
        if missing:
            words.append(tr("studio.compare.missing", count=missing))
        if others:
            words.append(tr("studio.compare.scatter_others", count=others))
        return " ".join([*words, tr("studio.compare.legend")])

    def _retranslate(self) -> None:
        for combo in (self.cost, self.score):
            for place in range(combo.count()):
                combo.setItemText(place, axis_title(combo.itemData(place)))
        self._redraw()


def axis_title(column: str) -> str:
    """The name of an axis with its unit."""
    titles = {
        "host_ms": tr("studio.compare.axis_host_ms"),
        "macs": tr("studio.compare.axis_macs"),
        "nb_bytes": tr("studio.compare.axis_nb"),
        "params": tr("studio.compare.axis_params"),
    }
    return titles.get(column) or column_title(column)


def card_of(row: Row) -> str:
    """What stands on the card at the pointer, as rich text."""
    colours = palette()
    lines = []
    for column in FIGURES:
        figure, change = row.figures[column], row.deltas[column]
        if figure is None:
            continue
        words = f'<span style="color:{delta_colour(change)}">{change_words(change)[0]}</span>' if change else ""
        lines.append(
            f'<tr><td style="color:{colours.muted}">{escape(column_title(column))}&nbsp;&nbsp;</td>'
            f'<td align="right">{"⚠ " if figure.disturbed else ""}{show(figure)}</td><td>&nbsp;&nbsp;{words}</td></tr>'
        )
    return f"<b>{escape(row.name)}</b><table>{''.join(lines)}</table>"
