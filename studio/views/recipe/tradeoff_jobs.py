"""The runs that a recipe becomes, one below the other, each with its steps and epochs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from studio.i18n import tr


@dataclass(frozen=True)
class JobLine:
    """A run to come: the names of its steps and the epochs that it trains, 0 for none."""

    steps: tuple[str, ...]
    epochs: int


class JobChain(QWidget):
    """Numbered chips in the order in which the runs come."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: tuple[JobLine, ...] | None = None
        self._language = ""
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)

    def show_jobs(self, jobs: Sequence[JobLine]) -> None:
        """Show these runs; nothing moves while they stay the same."""
        empty = tr("studio.recipe.no_jobs")
        if self._shown == tuple(jobs) and self._language == empty:
            return
        self._shown, self._language = tuple(jobs), empty
        while self._column.count():
            taken = self._column.takeAt(0)
            widget = taken.widget() if taken is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for number, job in enumerate(jobs, start=1):
            self._column.addWidget(_chip(number, job))
        if not jobs:
            nothing = QLabel(empty)
            nothing.setProperty("role", "caption")
            nothing.setWordWrap(True)
            self._column.addWidget(nothing)


def _chip(number: int, job: JobLine) -> QFrame:
    chip = QFrame()
    chip.setProperty("role", "job")
    row = QHBoxLayout(chip)
    row.setContentsMargins(10, 8, 10, 8)
    row.setSpacing(10)
    badge = QLabel(str(number))
    badge.setProperty("role", "badge")
    texts = QVBoxLayout()
    texts.setSpacing(2)
    steps = QLabel(" + ".join(job.steps))
    steps.setWordWrap(True)
    epochs = QLabel(tr("studio.recipe.epochs", count=job.epochs) if job.epochs else tr("studio.recipe.no_training"))
    epochs.setProperty("role", "caption")
    texts.addWidget(steps)
    texts.addWidget(epochs)
    row.addWidget(badge)
    row.addLayout(texts, 1)
    return chip
