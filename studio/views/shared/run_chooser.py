"""A list of runs to choose one from, with a label."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from studio.stores.run import Run
from studio.widgets.controls import QuietCombo

_LETTERS = 12


class RunChooser(QWidget):
    """A label and a list of runs; `chosen` tells a run's name, or None for the first entry."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.label = QLabel()
        self.label.setProperty("role", "caption")
        self.combo = QuietCombo()
        self.combo.setSizeAdjustPolicy(QuietCombo.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.combo.setMinimumContentsLength(_LETTERS)
        self.label.setBuddy(self.combo)
        self._names: list[str | None] = []
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.label)
        row.addWidget(self.combo, 1)
        self.combo.activated.connect(lambda index: self.chosen.emit(self._names[index]))

    @property
    def names(self) -> list[str]:
        """The runs that are listed."""
        return [name for name in self._names if name is not None]

    def show_runs(self, first: str | None, runs: Sequence[Run], current: str | None) -> None:
        """List runs, after an entry for none of them where `first` names it."""
        self._names = [*([None] if first is not None else []), *(run.name for run in runs)]
        texts = [*([first] if first is not None else []), *(run_text(run) for run in runs)]
        with QSignalBlocker(self.combo):
            self.combo.clear()
            self.combo.addItems(texts)
            self.combo.setCurrentIndex(self._names.index(current) if current in self._names else -1)
        self.combo.setEnabled(bool(runs))


def run_text(run: Run) -> str:
    """A run's name with its mAP, if that was measured."""
    score = run.figure("map", split="val")
    return run.name if score is None else f"{run.name} · mAP val {score.value:.1f}"
