"""A against B in figures, and class by class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, Qt, Signal
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from engine.contract.figures import Figure
from studio.bound_texts import bind, on_language
from studio.i18n import tr
from studio.presenters.compare.run_rows import FIGURES, ClassRow, between_runs, class_rows, figures_of
from studio.presenters.figure_words import (
    certainty_text,
    chance_text,
    column_title,
    conditions_text,
    load_text,
    short_change,
    spread_text,
)
from studio.presenters.numbers import Delta, delta, show
from studio.stores.run import SPLITS, Run
from studio.theme import palette, theme
from studio.views.compare.table import delta_colour
from studio.widgets.buttons import Button
from studio.widgets.labels import Elided, Heading, Muted

_SORT = Qt.ItemDataRole.UserRole


class _Cell(QTableWidgetItem):
    """A cell that sorts by its number, not by its text; one without a number comes first."""

    def __lt__(self, other: QTableWidgetItem) -> bool:
        mine, others = self.data(_SORT), other.data(_SORT)
        if isinstance(mine, float) or isinstance(others, float):
            return (mine if isinstance(mine, float) else -1e9) < (others if isinstance(others, float) else -1e9)
        return self.text() < other.text()


class _Plain(QStyledItemDelegate):
    """Paints a text and nothing else: the room of the inspector is narrow."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw the text in its colour, cut in its middle where it does not fit."""
        rect: QRect = option.rect
        inner = rect.adjusted(4 if index.column() == 0 else 1, 0, -3, 0)
        painter.save()
        painter.setFont(index.data(Qt.ItemDataRole.FontRole))
        painter.setPen(index.data(Qt.ItemDataRole.ForegroundRole).color())
        text = str(index.data(Qt.ItemDataRole.DisplayRole))
        cut = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, inner.width())
        painter.drawText(inner, int(index.data(Qt.ItemDataRole.TextAlignmentRole)), cut)
        painter.restore()


class SideTable(QTableWidget):
    """Rows of a name, a figure of A, one of B, and the change."""

    def __init__(self, sortable: bool, parent: QWidget | None = None) -> None:
        super().__init__(0, 4, parent)
        self._sortable = sortable
        self.setProperty("role", "bare")
        self.setShowGrid(False)
        self.setItemDelegate(_Plain(self))
        self.setFrameShape(QTableWidget.Shape.NoFrame)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if sortable else Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(26)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setMinimumSectionSize(40)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column, width in ((1, 63), (2, 63), (3, 66)):
            header.resizeSection(column, width)

    def set_rows(self, titles: Sequence[str], rows: Sequence[ClassRow]) -> None:
        """Show rows under titles."""
        self.setSortingEnabled(False)
        self.setRowCount(len(rows))
        for column in range(4):
            side = Qt.AlignmentFlag.AlignLeft if column == 0 else Qt.AlignmentFlag.AlignRight
            heading = QTableWidgetItem(titles[column])
            heading.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
            self.setHorizontalHeaderItem(column, heading)
        for place, row in enumerate(rows):
            a, b, change = row.a, row.b, row.change
            self._put(place, 0, row.name, None, palette().text)
            for column, figure in ((1, a), (2, b)):
                colour = palette().warn if figure and figure.disturbed else palette().text
                self._put(place, column, show(figure), figure.value if figure else None, colour, _figure_tip(figure))
            gap = b.value - a.value if a and b and change and change.why is None else None
            tip = certainty_text(change, b) if change and b else ""
            words, colour = (short_change(change), delta_colour(change)) if change else ("", palette().muted)
            self._put(place, 3, words, gap, colour, tip)
        self.setSortingEnabled(self._sortable)
        if not self._sortable:
            height = self.horizontalHeader().sizeHint().height() + 26 * len(rows) + 4
            self.setFixedHeight(height)

    def _put(self, row: int, column: int, text: str, number: float | None, colour: str, tip: str = "") -> None:
        item = _Cell(text)
        font = self.font()
        font.setPixelSize(12)
        item.setFont(font)
        item.setData(_SORT, number)
        item.setToolTip(f"{text}\n{tip}" if tip else text)
        item.setForeground(QColor(colour))
        side = Qt.AlignmentFlag.AlignLeft if column == 0 else Qt.AlignmentFlag.AlignRight
        item.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
        self.setItem(row, column, item)


class CompareClasses(QWidget):
    """The inspector of the compare page; `both_asked` tells the split on which A and B are to be evaluated alike."""

    both_asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sides: tuple[Run | None, Run | None] = (None, None)
        self._drawn: object = None
        self._alone = False
        self.a, self.b = Elided("", ""), Elided("", "")
        self.a.setProperty("tone", "a")
        self.b.setProperty("tone", "b")
        self.figures, self.classes = SideTable(False), SideTable(True)
        self.hint, self.chance = Muted(), Muted()
        self.classes_title = Heading()
        self.both = Button("studio.compare.evaluate_both", self._ask, "", "target")
        self._split = "val"
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(8)
        layout.addWidget(Heading("studio.compare.sides_title"))
        layout.addWidget(self.a)
        layout.addWidget(self.b)
        layout.addWidget(self.figures)
        layout.addWidget(self.both)
        layout.addSpacing(8)
        layout.addWidget(self.classes_title)
        layout.addWidget(self.hint)
        layout.addWidget(self.classes, 1)
        layout.addWidget(self.chance)
        layout.addStretch(0)
        on_language(self._redraw)
        theme.changed.connect(self._redraw)

    def show_sides(self, a: Run | None, b: Run | None, alone: bool = False) -> None:
        """Compare these two runs, or tell of A `alone`; nothing is drawn again where nothing changed."""
        self._alone = alone
        runs = [run for run in (a, b) if run is not None]
        drawn = (a, b, alone, [(run.figures("final"), *(run.resamples(split) for split in SPLITS)) for run in runs])
        if drawn != self._drawn:
            self._sides, self._drawn = (a, b), drawn
            self._redraw()

    def _redraw(self) -> None:
        a, b = self._sides
        self.a.set_full(f"A  {a.name}" if a else tr("studio.compare.no_a"))
        without = f"B  {tr('studio.pictures.truth')}" if self._alone else tr("studio.compare.no_b")
        self.b.set_full(f"B  {b.name}" if b else without)
        both = [_figures(run) for run in (a, b)]
        titles = ["", "A", "B", "B - A"]
        for table in (self.figures, self.classes):
            for column in (2, 3):
                table.setColumnHidden(column, self._alone)
        between = between_runs(a, b)
        pairs = [(column, both[0].get(column), both[1].get(column)) for column in FIGURES]
        rows = [ClassRow(column_title(name), x, y, delta(x, y, between(y))) for name, x, y in pairs]
        self.figures.set_rows(titles, rows)
        figures = [run.figures("final") if run else () for run in (a, b)]
        split = next((name for name in ("test", "val") if len(_known(figures, name)) == 2), "val")
        found = class_rows(figures[0], figures[1], split, between)
        self.classes_title.show_code("studio.compare.classes_title", split=split)
        self.classes.set_rows([tr("studio.compare.class"), *titles[1:]], found)
        self._offer([row.change for row in (*rows, *found)], rows)
        self.chance.setText(chance_text([row.change for row in (*rows, *found)]))
        self.chance.setVisible(bool(self.chance.text()))
        self.classes.setVisible(bool(found))
        self.hint.setVisible(not found)
        self.hint.setText(tr("studio.compare.no_classes"))

    def _offer(self, changes: Sequence[Delta | None], rows: Sequence[ClassRow]) -> None:
        """Offer to evaluate both where their scores are of other pictures."""
        splits = [row.b.conditions.split for row in rows if row.b and row.change and row.change.why]
        self._split = next((split for split in splits if split), "val")
        self.both.setVisible(not self._alone and any(change and change.why for change in changes))
        bind(self.both.setToolTip, "studio.compare.evaluate_both_tip", split=self._split)

    def _ask(self) -> None:
        self.both_asked.emit(self._split)


def _figures(run: Run | None) -> Mapping[str, Figure | None]:
    if run is None:
        return {}
    return figures_of(lambda name, conditions: run.figure(name, **conditions))


def _known(figures: Sequence[Sequence[Figure]], split: str) -> list[Sequence[Figure]]:
    """Those of the two that have an AP of some class on a split."""
    return [told for told in figures if any(f.name == "map_class" and f.conditions.split == split for f in told)]


def _figure_tip(figure: Figure | None) -> str:
    if figure is None:
        return ""
    return "\n".join(text for text in (spread_text(figure), conditions_text(figure), load_text(figure)) if text)
