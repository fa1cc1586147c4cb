"""How many boxes each class has and how large they are: three charts that are tables too."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from engine.contract.dataset import PARTS, Finding, Index, Part, Statistics
from studio.bound_texts import on_language
from studio.i18n import tr
from studio.views.data.class_chart import BarRow, BarTable
from studio.views.pictures.boxes import class_colour
from studio.views.pictures.part_dot import PartDot
from studio.views.pictures.thumbnails import part_name
from studio.widgets.labels import Heading, Muted


class ChartsPanel(QWidget):
    """Boxes by class, by COCO's sizes and by their share of the picture; `class_opened` on a double click."""

    class_opened = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._index: Index | None = None
        self.kinds, self.sizes, self.shares = BarTable(self), BarTable(self, whole=True), BarTable(self, whole=True)
        self._names: dict[Part, QLabel] = {}
        self._lay_out()
        self.kinds.activated.connect(self._open)
        on_language(self._retranslate)

    def _lay_out(self) -> None:
        legend = QHBoxLayout()
        legend.setSpacing(6)
        for part in PARTS[:3]:
            self._names[part] = QLabel(self)
            legend.addWidget(PartDot(part, self), 0, Qt.AlignmentFlag.AlignVCenter)
            legend.addWidget(self._names[part])
            legend.addSpacing(16)
        legend.addStretch(1)
        left, right = QVBoxLayout(), QVBoxLayout()
        for column in (left, right):
            column.setSpacing(8)
        left.addWidget(Heading("studio.data.by_class"))
        left.addWidget(self.kinds, 1)
        right.addWidget(Heading("studio.data.by_size"))
        right.addWidget(Muted("studio.data.by_size_note"))
        right.addWidget(self.sizes)
        right.addSpacing(16)
        right.addWidget(Heading("studio.data.by_share"))
        right.addWidget(Muted("studio.data.by_share_note"))
        right.addWidget(self.shares)
        right.addStretch(1)
        both = QHBoxLayout()
        both.setSpacing(32)
        both.addLayout(left, 1)
        both.addLayout(right, 1)
        self._scroll(legend, both)
        self._retranslate()

    def _scroll(self, legend: QHBoxLayout, charts: QHBoxLayout) -> None:
        inside = QWidget()
        inside.setObjectName("scrolled")
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(16)
        column.addLayout(legend)
        column.addLayout(charts, 1)
        scroll = QScrollArea(self)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(inside)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 16, 0, 0)
        whole.addWidget(scroll)

    def show_index(self, index: Index | None) -> None:
        """Show the statistics of an index, or nothing."""
        self._index = index
        self._retranslate()

    def _retranslate(self) -> None:
        for part, label in self._names.items():
            label.setText(part_name(part))
        if self._index is None:
            return
        statistics = self._index.statistics()
        parts = tuple(part for part in PARTS if part in statistics.splits)
        warnings = self._index.findings(severity="warning", code="data.class_unknown")
        rows = class_bars(statistics, parts, self._index.classes(), warnings)
        self.kinds.show_bars(tr("studio.data.column_class"), parts, rows)
        self.sizes.show_bars(tr("studio.data.column_size"), parts, size_rows(statistics, parts))
        self.shares.show_bars(tr("studio.data.column_share"), parts, share_rows(statistics, parts))

    def _open(self, index: QModelIndex) -> None:
        if self._index is not None:
            name, classes = self.kinds.bars.rows[index.row()].name, self._index.classes()
            # Below the classes stand names that are none, and what is counted apart.
            if name in classes:
                self.class_opened.emit(classes.index(name))


def class_bars(
    statistics: Statistics, parts: tuple[Part, ...], classes: tuple[str, ...], findings: Iterable[Finding]
) -> list[BarRow]:
    """A bar for each class, and for what is counted apart; classes without boxes to learn or count carry a warning."""
    unknown: dict[str, int] = {}
    for finding in findings:
        if finding.message.code == "data.class_unknown":
            name = str(finding.message.args.get("name", ""))
            unknown[name] = unknown.get(name, 0) + 1
    rows = []
    for number, name in enumerate(classes):
        counts = tuple(statistics.splits[part].per_class.get(name, 0) for part in parts)
        train = statistics.splits.get("train")
        learnt = train is not None and train.per_class.get(name, 0) + train.aside.get(name, 0)
        warning = ""
        aside = sum(split.aside.get(name, 0) for split in statistics.splits.values())
        if aside and not sum(counts):
            warning = tr("studio.data.class_aside", count=aside)
        elif not sum(counts):
            warning = tr("studio.data.class_unused")
        elif not learnt:
            warning = tr("studio.data.class_untrained")
        rows.append(BarRow(name, counts, class_colour(number), warning))
    for name, count in sorted(unknown.items()):
        rows.append(BarRow(name, (0,) * len(parts), None, tr("studio.data.class_unknown", count=count)))
    splits = [statistics.splits[part] for part in parts]
    apart = {"difficult": [split.difficult for split in splits], "crowd": [split.crowd for split in splits]}
    for kind, held in apart.items():
        if any(held):
            rows.append(BarRow(tr("studio.data.apart", kind=tr(f"studio.data.{kind}")), tuple(held)))
    return rows


def size_rows(statistics: Statistics, parts: tuple[Part, ...]) -> list[BarRow]:
    """Boxes by COCO's areas."""
    splits = [statistics.splits[part] for part in parts]
    return [
        BarRow(tr("studio.data.size_small"), tuple(split.small for split in splits)),
        BarRow(tr("studio.data.size_medium"), tuple(split.medium for split in splits)),
        BarRow(tr("studio.data.size_large"), tuple(split.large for split in splits)),
    ]


def share_rows(statistics: Statistics, parts: tuple[Part, ...]) -> list[BarRow]:
    """Boxes by their side relative to the picture's."""
    edges = statistics.relative_edges
    return [
        BarRow(
            f"{low * 100:.0f} – {high * 100:.0f} %",
            tuple(statistics.splits[part].relative[place] for part in parts),
        )
        for place, (low, high) in enumerate(zip(edges, edges[1:], strict=False))
    ]
