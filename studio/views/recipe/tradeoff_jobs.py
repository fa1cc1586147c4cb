"""The runs that a recipe becomes, one below the other, each with its steps and epochs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from engine.contract.recipe import PlannedJob
from studio.i18n import tr
from studio.presenters.recipe.step_consequences import job_titles, length_text


class JobChain(QWidget):
    """Numbered chips in the order in which the runs come."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: list[tuple[str, str, str]] | None = None
        self._language = ""
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)

    def show_jobs(self, jobs: Sequence[PlannedJob], title: Callable[[str], str]) -> None:
        """Show these runs, their techniques under the titles; nothing moves while they stay the same."""
        empty = tr("studio.recipe.no_jobs")
        how = tr("studio.recipe.recovers_tip")
        shown = [
            (titles, length_text(job), how if job.recovers else "")
            for job, titles in zip(jobs, job_titles(jobs, title), strict=True)
        ]
        if self._shown == shown and self._language == empty:
            return
        self._shown, self._language = shown, empty
        while self._column.count():
            taken = self._column.takeAt(0)
            widget = taken.widget() if taken is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for number, (titles, length, tip) in enumerate(shown, start=1):
            self._column.addWidget(_chip(number, titles, length, tip))
        if not jobs:
            nothing = QLabel(empty)
            nothing.setProperty("role", "caption")
            nothing.setWordWrap(True)
            self._column.addWidget(nothing)


def _chip(number: int, titles: str, length: str, tip: str) -> QFrame:
    chip = QFrame()
    chip.setToolTip(tip)
    chip.setProperty("role", "job")
    row = QHBoxLayout(chip)
    row.setContentsMargins(10, 8, 10, 8)
    row.setSpacing(10)
    badge = QLabel(str(number))
    badge.setProperty("role", "badge")
    texts = QVBoxLayout()
    texts.setSpacing(2)
    steps = QLabel(titles)
    steps.setWordWrap(True)
    epochs = QLabel(length)
    epochs.setProperty("role", "caption")
    epochs.setWordWrap(True)
    texts.addWidget(steps)
    texts.addWidget(epochs)
    row.addWidget(badge)
    row.addLayout(texts, 1)
    return chip
