"""What was measured on phones for a run: its benches to choose from, verdicts, table, sustained run."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from engine.contract.phones import BenchResult, BenchRow, SustainedPoint
from studio.bound_texts import bind, on_language
from studio.i18n import text_of, tr
from studio.presenters.phone.bench_words import as_text, bench_name, phone_facts
from studio.stores.phone.benches import BenchesStore
from studio.stores.targets import TargetsStore
from studio.views.phone.bench_table import BenchTable
from studio.views.phone.sustained_plot import SustainedPlot
from studio.views.shared.tradeoff_rows import TargetSpin
from studio.widgets.buttons import Button
from studio.widgets.controls import QuietCombo
from studio.widgets.labels import Heading, Muted, Text
from studio.widgets.panels import Card

TARGET = "phone_ms"
"""The figure whose target is shown here; the Recipe page shows the same one."""
_TONES = {
    "phone.int8_slower": "warn",
    "phone.throttled": "warn",
    "phone.verdict_simulated": "warn",
    "phone.fastest": "good",
}


class BenchResults(QWidget):
    """Shows a kept bench, or the rows of one that is under way; `changed` tells that it shows another."""

    changed = Signal()

    def __init__(self, store: BenchesStore, targets: TargetsStore) -> None:
        super().__init__()
        self._store, self._targets = store, targets
        self.live = False
        self._chosen: float | None = None  # when the bench was made that a person chose; None for the latest
        self._live_simulated = False
        self._rows: tuple[BenchRow, ...] = ()
        self.history = QuietCombo()
        self.history.setSizeAdjustPolicy(QuietCombo.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.history.setMinimumContentsLength(16)
        self.target = TargetSpin(TARGET)
        self.copy = Button("studio.bench.copy", self._copy, "quiet", "copy")
        self.facts = Muted()
        self.heading = Heading("studio.bench.results")
        self.heading.setWordWrap(True)
        self.table, self.sustained = BenchTable(), SustainedPlot()
        self._verdicts = QVBoxLayout()
        self._verdicts.setSpacing(6)
        self.verdicts: list[QLabel] = []
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        bind(self.history.setAccessibleName, "studio.bench.history")
        bind(self.target.setAccessibleName, "studio.bench.target")
        bind(self.copy.setToolTip, "studio.bench.copy_tip")
        card = Card()
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self.history, 100)
        head.addStretch(1)
        head.addWidget(Text("studio.bench.target", "muted"))
        head.addWidget(self.target)
        head.addWidget(self.copy)
        # On a line of its own: a run's name may be long.
        card.body.addWidget(self.heading)
        card.body.addLayout(head)
        card.body.addWidget(self.facts)
        card.body.addLayout(self._verdicts)
        card.body.addSpacing(4)
        card.body.addWidget(self.table)
        self._chart = Card()
        self._chart.body.addWidget(self.sustained)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(card)
        column.addWidget(self._chart)

    def _connect(self) -> None:
        self._store.changed.connect(self._on_benches)
        self._targets.changed.connect(self._show_target)
        self.history.currentIndexChanged.connect(lambda _: self.refresh())
        self.history.activated.connect(self._on_chosen)
        self.target.valueChanged.connect(self._set_target)
        shortcut = QShortcut(QKeySequence("Ctrl+Shift+C"), self)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.activated.connect(self._copy)
        on_language(self._retranslate)
        self._show_target()
        self._retranslate()

    @property
    def bench(self) -> BenchResult | None:
        """The bench that is shown; None while one is under way or there is none."""
        place = self.history.currentIndex()
        kept = self._store.benches
        return kept[place] if not self.live and 0 <= place < len(kept) else None

    def choose(self, time: float | None) -> None:
        """Show the bench that was made then, now or once it is read; None for the latest."""
        self._chosen = time
        self._on_benches()

    def show_live(self, rows: Sequence[BenchRow], points: Sequence[SustainedPoint], simulated: bool) -> None:
        """Show a bench that is under way, as far as it is."""
        if self.live and tuple(rows) == self._rows and len(points) == self.sustained.points():
            return
        self.live, self._rows, self._live_simulated = True, tuple(rows), simulated
        self._chart.setVisible(bool(points))
        self.sustained.show_points(points, None, simulated)
        self.refresh()

    def end_live(self) -> None:
        """Show what is kept again."""
        self.live, self._rows = False, ()
        self.refresh()

    def refresh(self) -> None:
        """Write what is shown anew."""
        bench = self.bench
        if self._store.root is None:
            self.heading.show_code("studio.bench.results")
        else:
            code = "studio.bench.measuring_run" if self.live else "studio.bench.results_of"
            self.heading.show_code(code, run=self._store.root.name)
        self.copy.why_not(None if bench is not None else "studio.bench.nothing_to_copy")
        if bench is not None or not self.live:
            bind(self.copy.setToolTip, "studio.bench.copy_tip" if bench else "studio.bench.nothing_to_copy")
        self.history.setVisible(not self.live and self.history.count() > 0)
        self._tell(bench)
        rows = bench.rows if bench is not None else self._rows
        simulated = bench.simulated if bench is not None else self._live_simulated
        self.table.show_rows(rows, bench, simulated, self._targets.get(TARGET))
        if not self.live:
            found = bench.sustained if bench is not None else None
            self._chart.setVisible(found is not None)
            self.sustained.show_points(found.points if found else (), found, simulated)
        self.changed.emit()

    def _tell(self, bench: BenchResult | None) -> None:
        for label in self.verdicts:
            self._verdicts.removeWidget(label)
            label.hide()
            label.deleteLater()
        self.verdicts = []
        parts = [phone_facts(bench.phone), bench.input, bench.runtime or ""] if bench is not None else []
        if self.live:
            self.facts.show_code("studio.bench.measuring")
        elif bench is None:
            self.facts.show_code("studio.bench.none_yet" if self._store.root else "studio.bench.why_no_run")
        else:
            self.facts.show_text(" · ".join(part for part in parts if part))
        for message in bench.verdicts if bench is not None else ():
            label = Text("", "chip")
            label.setWordWrap(True)
            label.show_text(text_of(message))
            label.set_tone(_TONES.get(message.code, ""))
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self.verdicts.append(label)
            self._verdicts.addWidget(label)

    def _on_benches(self) -> None:
        with QSignalBlocker(self.history):
            self.history.clear()
            for bench in self._store.benches:
                self.history.addItem(bench_name(bench))
            times = [bench.time for bench in self._store.benches]
            self.history.setCurrentIndex(times.index(self._chosen) if self._chosen in times else 0 if times else -1)
            self.history.setToolTip(self.history.currentText())
        self.refresh()

    def _on_chosen(self, place: int) -> None:
        self._chosen = self._store.benches[place].time if place else None
        self.history.setToolTip(self.history.currentText())

    def _retranslate(self) -> None:
        self.target.retranslate()
        self.target.setToolTip(tr("studio.bench.target_tip"))
        self._on_benches()

    def _set_target(self, value: float) -> None:
        self._targets.set(TARGET, value)
        self._show_target()  # of a project that cannot be written the old one stays

    def _show_target(self) -> None:
        with QSignalBlocker(self.target):
            self.target.setValue(self._targets.get(TARGET) or 0.0)
        self.refresh()

    def _copy(self) -> None:
        if self.bench is not None:
            QGuiApplication.clipboard().setText(as_text(self.bench))
