"""What the run takes that is to be cut: estimated for the chosen phone, or as it was measured on this machine."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from engine.contract.figures import Figure
from engine.contract.fit.job import HOST
from engine.contract.latency import PhoneChoice
from engine.contract.run.job import HostJob
from studio.i18n import text_of, tr
from studio.presenters.fit.choices import FitChoices, counted_base, proposed_of
from studio.presenters.numbers import show_value
from studio.stores.phone.estimates import EstimateStore
from studio.stores.run import Run
from studio.studio import Studio
from studio.widgets.buttons import Button


class BaseTime(QObject):
    """`measure` is a button that measures the run on this machine, where that was not done yet."""

    changed = Signal()

    def __init__(self, studio: Studio) -> None:
        super().__init__(studio)
        self._studio = studio
        self._run: Run | None = None
        self._host = False
        self.store = EstimateStore(self)
        self.measure = Button("studio.fit.measure_base", self._measure, "link")
        self.store.changed.connect(self._tell)
        studio.runs.changed.connect(self._on_run)
        studio.tasks.finished.connect(self._on_run)

    @property
    def figure(self) -> Figure | None:
        """The time; None while it is not known."""
        if self._run is None:
            return None
        if self._host:
            return self._run.figure("host_ms_total")
        return self.store.answer.figure if self.store.answer is not None else None

    @property
    def proposed(self) -> float | None:
        """What is proposed to ask for; None while the time is not known."""
        return proposed_of(counted_base(self.figure), self._boxes()) if self.figure is not None else None

    def _boxes(self) -> float:
        """The share of the time that the making of boxes takes."""
        if not self._host:
            shares = self.store.answer.shares if self.store.answer is not None else ()
            return next((share.share for share in shares if share.part == "post"), 0.0)
        network = self._run.figure("host_ms_network") if self._run is not None else None
        whole = self.figure
        return max(0.0, 1 - network.value / whole.value) if network is not None and whole is not None else 0.0

    def ask(self, run: Run | None, choices: FitChoices) -> None:
        """Find out what a run takes where it is chosen to."""
        self._run, self._host = run, choices.phone == HOST
        folder = self._studio.project.folder
        if run is None or folder is None or self._host:
            self.store.forget()
        else:
            phone = PhoneChoice(soc=choices.phone, threads=choices.threads, precision=choices.precision)
            self.store.ask(folder.root, run.name, phone)
        self._show_button()

    def text(self) -> str:
        """In words, with its interval; why it is not known, if that can be said."""
        figure = self.figure
        if figure is not None and figure.source == "measured":
            return tr("studio.fit.base_measured", ms=show_value(figure.value, "ms"))
        if figure is not None:
            high = show_value(figure.high if figure.high is not None else figure.value, "ms")
            return tr("studio.fit.base_estimated", high=high, ms=show_value(figure.value, "ms"))
        if self._host:
            return tr("studio.fit.base_measuring" if self._busy() else "studio.fit.base_unmeasured")
        if self.store.error is not None:
            return text_of(self.store.error)
        return tr("studio.bench.estimating") if self._run is not None else ""

    def close(self) -> None:
        """Ask for nothing more."""
        self.store.close()
        self.deleteLater()

    def _busy(self) -> bool:
        return any(isinstance(task.job, HostJob) for task in self._studio.tasks.running())

    def _measure(self) -> None:
        if self._run is not None:
            self._studio.runs.measure_host([self._run])
            self._tell()

    def _on_run(self, _: object) -> None:
        self._tell()

    def _tell(self) -> None:
        self._show_button()
        self.changed.emit()

    def _show_button(self) -> None:
        missing = self._host and self._run is not None and self.figure is None
        self.measure.setVisible(missing and not self._busy())
