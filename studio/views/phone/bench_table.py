"""The rows of a bench side by side: a column for each precision, a row for each number of threads, parity below."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from engine.contract.phones import Against, BenchResult, BenchRow, ParityRow
from engine.contract.refusals import PRECISIONS
from studio.i18n import text_of, tr
from studio.presenters.numbers import show_value
from studio.presenters.phone.bench_words import heat, is_loose, precision_name, range_text, row_title
from studio.widgets.labels import Chip, Heading, Muted, Text
from studio.widgets.panels import Rule

_HEAD_WIDTH = 88


class BenchTable(QWidget):
    """Drawn anew for every bench; there are a dozen cells at most."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._outer = QVBoxLayout(self)
        self._outer.setContentsMargins(0, 0, 0, 0)
        self._inside: QWidget | None = None
        self.cells: dict[tuple[str, int], Cell] = {}
        self.parity: dict[str, ParityCell] = {}

    def show_rows(
        self, rows: Sequence[BenchRow], bench: BenchResult | None, simulated: bool, target_ms: float | None
    ) -> None:
        """Show rows; `bench` has what goes with them once it is finished."""
        if self._inside is not None:
            self._outer.removeWidget(self._inside)
            self._inside.hide()
            self._inside.deleteLater()
        self._inside = inside = QWidget()
        grid = QGridLayout(inside)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(10)
        grid.setColumnMinimumWidth(0, _HEAD_WIDTH)
        columns = list(dict.fromkeys(precision_name(row) for row in sorted(rows, key=_place)))
        threads = sorted({row.threads for row in rows})
        for place, name in enumerate(columns, start=1):
            heading = Heading()
            heading.show_text(name)
            grid.addWidget(heading, 0, place)
            grid.setColumnStretch(place, 1)
        times = [row.median_ms for row in rows if row.median_ms is not None]
        # Of one nothing is the fastest, and while it goes on a faster one may come.
        fastest = min(times) if bench is not None and len(times) > 1 else None
        self.cells = {}
        for line, count in enumerate(threads):
            at = 2 * line + 1
            grid.addWidget(Rule(), at, 0, 1, len(columns) + 1)
            grid.addWidget(_head(tr("studio.bench.n_threads", count=count)), at + 1, 0, Qt.AlignmentFlag.AlignTop)
            for row in (_told_once(row, rows) for row in rows if row.threads == count):
                cell = Cell(row, _against(bench, row), simulated, target_ms, row.median_ms == fastest)
                if bench is not None:
                    cell.setToolTip(row_title(bench, row))
                    cell.setAccessibleName(row_title(bench, row))
                grid.addWidget(cell, at + 1, columns.index(precision_name(row)) + 1, Qt.AlignmentFlag.AlignTop)
                self.cells[precision_name(row), count] = cell
        self._add_parity(grid, columns, bench)
        self._outer.addWidget(inside)

    def _add_parity(self, grid: QGridLayout, columns: Sequence[str], bench: BenchResult | None) -> None:
        self.parity = {}
        if bench is None or not bench.parity:
            return
        at = grid.rowCount()
        grid.addWidget(Rule(), at, 0, 1, len(columns) + 1)
        head = _head(tr("studio.bench.parity"))
        head.setToolTip(tr("studio.bench.parity_tip"))
        grid.addWidget(head, at + 1, 0, Qt.AlignmentFlag.AlignTop)
        for row in bench.parity:
            name = row.precision if row.backend == "arm" else f"{row.precision} OpenCL"
            if name in columns:
                cell = self.parity[name] = ParityCell(row, is_loose(row, bench))
                grid.addWidget(cell, at + 1, columns.index(name) + 1, Qt.AlignmentFlag.AlignTop)


class Cell(QWidget):
    """One row of a bench: median, spread, memory, heat, the change against the base and the target."""

    def __init__(
        self, row: BenchRow, against: Against | None, simulated: bool, target_ms: float | None, fastest: bool
    ) -> None:
        super().__init__()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2)
        self.value = Text("", "value")
        self.lines: list[Text] = []
        self._column.addWidget(self.value)
        if row.median_ms is None:
            self.value.show_text("-")
            self._add(text_of(row.problem) if row.problem else "", "bad")
            return
        self.value.show_text(show_value(row.median_ms, "ms"))
        if fastest:
            self._chip("studio.bench.fastest", "good")
        if simulated:
            self._chip("studio.bench.simulated", "warn")
        if row.throttled:
            self._chip("studio.bench.throttled", "bad")
        self._add(range_text(row))
        if against is not None:
            self._add(*change_text(against))
        if target_ms is not None:
            met = row.median_ms <= target_ms
            code = "studio.bench.target_met" if met else "studio.bench.target_missed"
            self._add(tr(code, target=show_value(target_ms, "ms")), "good" if met else "bad")
        if row.memory_mb is not None:
            self._add(tr("studio.bench.memory", size=f"{row.memory_mb:.0f} MB"))
        self._add(heat(row.before, row.after))
        if row.quantised_here:
            self._add(tr("studio.bench.quantised_here"), "warn")

    def _chip(self, code: str, tone: str) -> None:
        self._column.addWidget(Chip(code, tone), 0, Qt.AlignmentFlag.AlignLeft)

    def _add(self, text: str, tone: str = "") -> None:
        if not text:
            return
        label = Text("", "caption")
        label.setWordWrap(True)
        label.show_text(text)
        label.set_tone(tone)
        self.lines.append(label)
        self._column.addWidget(label)


class ParityCell(Cell):
    """Whether the phone finds what this machine finds, red where it does not; `loose`: by an older rule, it may not."""

    def __init__(self, row: ParityRow, loose: bool = False) -> None:
        QWidget.__init__(self)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2)
        self.lines = []
        verdict = "disagrees" if not row.agrees else "agrees_nearly" if row.strays or loose else "agrees"
        tone = {"disagrees": "bad", "agrees_nearly": "warn", "agrees": "good"}[verdict]
        self.chip = Chip(f"studio.bench.{verdict}", tone)
        self._column.addWidget(self.chip, 0, Qt.AlignmentFlag.AlignLeft)
        self._add(text_of(row.finding), "" if tone == "good" else tone)
        self._add(text_of(row.worst) if row.worst is not None else "")
        if row.median_px is not None and row.boxes:
            self._add(tr("studio.bench.parity_median", px=f"{row.median_px:.2g}"))
        if loose:
            self._add(tr("studio.bench.parity_old"), "warn")
        if row.map_phone is not None:
            host = f"{row.map_host:.1f}" if row.map_host is not None else "-"
            phone, count = f"{row.map_phone:.1f}", row.map_pictures
            self._add(tr("studio.bench.map_phone", phone=phone, host=host, count=count))


def change_text(against: Against) -> tuple[str, str]:
    """The change against the base with its spread, and its tone: none where the two spreads touch."""
    change = 100 * (against.ms / against.base_ms - 1) if against.base_ms else 0.0
    low = 100 * (against.low_ms / against.base_high_ms - 1) if against.base_high_ms else change
    high = 100 * (against.high_ms / against.base_low_ms - 1) if against.base_low_ms else change
    sure = low > 0 or high < 0
    arrow = ("▲" if change > 0 else "▼") if sure else "="
    spread = f"{low:+.0f}\u00a0…\u00a0{high:+.0f}\u00a0%"
    text = tr("studio.bench.against", run=against.run, change=f"{arrow} {change:+.1f} %", range=spread)
    return text, ("bad" if change > 0 else "good") if sure else ""


def _against(bench: BenchResult | None, row: BenchRow) -> Against | None:
    wanted = (row.precision, row.backend, row.threads)
    found = bench.against if bench is not None else ()
    return next((one for one in found if (one.precision, one.backend, one.threads) == wanted), None)


def _place(row: BenchRow) -> tuple[str, int]:
    """Where its column stands: the same order for every bench, the graphics processor last."""
    return row.backend, PRECISIONS.index(row.precision)


def _told_once(row: BenchRow, rows: Sequence[BenchRow]) -> BenchRow:
    """A row that failed as one with fewer threads did, without saying it again."""
    column = [other for other in rows if precision_name(other) == precision_name(row) and other.threads < row.threads]
    again = row.problem is not None and any(other.problem == row.problem for other in column)
    return row.model_copy(update={"problem": None}) if again else row


def _head(text: str) -> Muted:
    head = Muted()
    head.show_text(text)
    return head
