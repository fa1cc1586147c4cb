"""A line that tells of a measurement that has ended, with a way to it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout

from engine.contract.phones import BenchResult
from studio.bound_texts import on_language
from studio.i18n import tr
from studio.presenters.phone.bench_words import outcome
from studio.widgets.buttons import Button, IconButton
from studio.widgets.labels import Elided, IconLabel


class BenchNews(QFrame):
    """Hidden until there is news; `show_wanted` asks for the bench, which the line then stands above."""

    show_wanted = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.bench: BenchResult | None = None
        self.setProperty("role", "banner")
        self.setProperty("tone", "good")
        self.text = Elided()
        self.show_it = Button("studio.bench.news_show", self._ask, "link")
        self.away = IconButton("close", "studio.core.dismiss", lambda: self.tell(None))
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 8, 6)
        row.setSpacing(8)
        row.addWidget(IconLabel("info", 18, "accent"))
        row.addWidget(self.text, 1)
        row.addWidget(self.show_it)
        row.addWidget(self.away)
        on_language(self._say)
        self._say()

    def tell(self, bench: BenchResult | None) -> None:
        """Tell of a bench; None takes the line away."""
        self.bench = bench
        self._say()

    def on_screen(self, shown: BenchResult | None) -> None:
        """Which bench is on the screen: there is no way to one that is."""
        told = self.bench
        here = told is not None and shown is not None and (shown.run, shown.time) == (told.run, told.time)
        self.show_it.setVisible(not here)

    def _ask(self) -> None:
        if self.bench is not None:
            self.show_wanted.emit(self.bench)

    def _say(self) -> None:
        bench = self.bench
        self.setVisible(bench is not None)
        if bench is not None:
            self.text.set_full(tr("studio.bench.news", run=bench.run, outcome=outcome(bench)))
