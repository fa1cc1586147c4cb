"""The card "where the time goes": the estimate for a chip, its bars, and the measured figure beside it."""

from __future__ import annotations

from PySide6.QtCore import Qt

from engine.contract.latency import PhoneChoice
from engine.contract.phones import BenchResult
from engine.contract.socs import estimated_socs, find_soc
from studio.bound_texts import bind, on_language
from studio.i18n import text_of, tr
from studio.presenters.numbers import show_value
from studio.stores.phone.chosen import read_choice
from studio.stores.phone.estimates import EstimateStore
from studio.stores.phone.phones import DEFAULT_SOC, PhonesStore
from studio.studio import Studio
from studio.views.fit.entry import begin_fit
from studio.views.shared.precision_rows import PrecisionRows
from studio.views.shared.share_bars import ShareBars, estimate_text
from studio.views.shared.soc_chooser import PhoneChooser
from studio.widgets.buttons import Button
from studio.widgets.labels import Heading, Muted, Text
from studio.widgets.panels import Card


class TimeCard(Card):
    """Asks for an estimate when it is shown; the chip of the phone at hand until a person chooses one."""

    def __init__(self, studio: Studio, phones: PhonesStore) -> None:
        super().__init__()
        self._studio, self._phones = studio, phones
        self.store = EstimateStore(self)
        studio.project.closed.connect(self.store.forget)
        self._run: str | None = None
        self._bench: BenchResult | None = None
        self.chooser, self.bars, self.precisions = PhoneChooser(wide=True), ShareBars(), PrecisionRows()
        self.value, self.state, self.measured = Text("", "value"), Muted(), Text("", "muted")
        self.measured.setWordWrap(True)
        self.body.addWidget(Heading("studio.bench.where"))
        self.body.addWidget(self.chooser)
        self.fit = Button("studio.fit.new", self._begin_fit, "", "target")
        for widget in (self.value, self.measured, self.state, self.bars, self.precisions):
            self.body.addWidget(widget)
        self.body.addWidget(self.fit, 0, Qt.AlignmentFlag.AlignLeft)
        self._chosen = read_choice(phones.memory.get("estimate"))
        self.chooser.take(self._chosen or PhoneChoice(soc=DEFAULT_SOC))
        bind(self.value.setToolTip, "studio.bench.estimate_tip")
        self.chooser.chosen.connect(self._choose)
        phones.changed.connect(self._follow_phone)
        self.store.changed.connect(self._show)
        on_language(self._show)
        self._show()

    @property
    def ready(self) -> bool:
        """Whether the estimate of what is shown is there, or why it is not."""
        asked = self._run is not None and self.isVisible()
        return not asked or self.store.answer is not None or self.store.error is not None

    def show_run(self, run: str | None, bench: BenchResult | None) -> None:
        """Estimate a run; `bench` is what was measured of it, for the same chip or another."""
        self._run, self._bench = run, bench
        self._ask()
        self._show()

    def ask_again(self) -> None:
        """What was measured since may correct the estimate."""
        self.store.forget()
        self._ask()

    def _begin_fit(self) -> None:
        begin_fit(self._studio, self._run, self, self.chooser.choice())

    def _ask(self) -> None:
        folder, choice = self._studio.project.folder, self.chooser.choice()
        if folder is None or self._run is None or choice is None:
            self.store.forget()
        elif self.isVisible():
            self.store.ask(folder.root, self._run, choice)

    def _choose(self, choice: PhoneChoice) -> None:
        self._chosen = choice
        self._phones.memory.keep(estimate=choice.model_dump())
        self._ask()

    def _follow_phone(self) -> None:
        """The chip of the phone at hand until a person chooses one; of another phone that is plugged in, once more."""
        phone = self._phones.chosen
        if phone is None or phone.soc_key not in estimated_socs():
            return
        plugged = not phone.simulated and phone.serial != self._phones.memory.get("followed")
        if plugged:
            self._phones.memory.keep(followed=phone.serial)
        current = self.chooser.choice()
        if (plugged or self._chosen is None) and (current is None or current.soc != phone.soc_key):
            self.chooser.take(PhoneChoice(soc=phone.soc_key))
            if plugged and self._chosen is not None:
                self._choose(PhoneChoice(soc=phone.soc_key))
            else:
                self._ask()

    def _show(self) -> None:
        told, error = self.store.answer, self.store.error
        self.bars.show_estimate(told)
        self.precisions.show_advice(told.precisions if told is not None else None)
        bind(self.fit.setToolTip, "studio.fit.new_tip")
        self.value.setVisible(told is not None)
        self.value.show_text(estimate_text(told) if told is not None else "")
        self.state.setVisible(told is None)
        self.fit.setVisible(self._run is not None)
        if error is not None:
            self.state.show_text(text_of(error))
        else:
            self.state.show_code("studio.bench.estimating" if self._run else "studio.bench.why_no_run")
        self._show_measured()

    def _show_measured(self) -> None:
        bench, choice = self._bench, self.store.choice
        row = None
        if bench is not None and choice is not None and bench.phone.soc_key == choice.soc:
            wanted = (choice.precision, "arm", choice.threads)
            row = next((row for row in bench.rows if (row.precision, row.backend, row.threads) == wanted), None)
        self.measured.setVisible(row is not None and row.median_ms is not None)
        if row is not None and row.median_ms is not None and bench is not None and choice is not None:
            code = "studio.bench.beside_simulated" if bench.simulated else "studio.bench.beside_measured"
            self.measured.show_text(tr(code, value=show_value(row.median_ms, "ms"), soc=find_soc(choice.soc).name))
