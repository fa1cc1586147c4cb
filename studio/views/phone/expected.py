"""Which precision of a run should be fastest on the phone that the studio estimates for, beside the choice of one."""

from __future__ import annotations

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.contract.socs import find_soc
from studio.bound_texts import on_language
from studio.i18n import tr
from studio.presenters.figure_words import scaled_text
from studio.stores.phone.estimates import EstimateStore
from studio.stores.run import Run
from studio.studio import Studio
from studio.views.shared.precision_rows import PrecisionRows


class ExpectedPrecision(QWidget):
    """Asks when it is seen; empty for no run, and where a person wants no phone."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        self._run: str | None = None
        self.rows = PrecisionRows()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.rows)
        self.store = EstimateStore(self)
        studio.chosen_phone.changed.connect(self._ask)
        studio.project.closed.connect(self.store.forget)
        self.store.changed.connect(self._show)
        on_language(self._show)

    def show_run(self, run: Run | None) -> None:
        """Of this run, or of none."""
        self._run = run.name if run is not None else None
        self._ask()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Ask now: before it was seen nothing was."""
        super().showEvent(event)
        self._ask()

    def _ask(self) -> None:
        folder, choice = self._studio.project.folder, self._studio.chosen_phone.choice
        if folder is None or self._run is None or choice is None:
            self.store.forget()
        elif self.isVisible():
            self.store.ask(folder.root, self._run, choice)

    def _show(self) -> None:
        told, choice = self.store.answer, self.store.choice
        if told is None or choice is None:
            self.rows.show_advice(None)
            return
        phone = f"{find_soc(choice.soc).name}, {tr('studio.bench.n_threads', count=choice.threads)}"
        self.rows.show_advice(told.precisions, phone, scaled_text(told.figure))
