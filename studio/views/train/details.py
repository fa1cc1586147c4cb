"""What is told of a run beside its curves: figures before and after, its settings, and its notices."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from engine.contract.figures import Figure, FigureName, comparable, pick
from engine.contract.run.events import Notice
from engine.contract.run.job import TrainJob
from engine.contract.run.state import Moment
from engine.contract.text.address import short_name
from studio.bound_texts import on_language
from studio.i18n import text_of, tr
from studio.presenters.compare.run_rows import Between, between_runs, nothing_known
from studio.presenters.figure_words import certainty_text, short_change
from studio.presenters.numbers import NAMES, delta, show
from studio.presenters.train.device_choice import device_line
from studio.stores.run import Run
from studio.theme import restyle
from studio.widgets.labels import Heading, Muted

MOMENTS: tuple[Moment, ...] = ("start", "transformed", "final")
ROWS: tuple[FigureName, ...] = ("map", "map50", "map75", "conv_macs", "params")
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class FigureTable(QWidget):
    """Figures at the start, after the change, and at the end, with the change from the first to the last known."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(6)
        self._grid.setVerticalSpacing(6)
        self._labels: list[QLabel] = []

    def show_figures(self, figures: Mapping[Moment, Sequence[Figure]], between: Between = nothing_known) -> None:
        """Show the figures of every moment that has some; `between` tells what of a change is chance."""
        for label in self._labels:
            label.deleteLater()
        self._labels.clear()
        moments = [moment for moment in MOMENTS if figures.get(moment)]
        for column, moment in enumerate(moments, start=1):
            self._add(0, column, moment_title(moment), "small")
        row = 1
        for name in ROWS:
            found = [pick_own(figures[moment], name) for moment in moments]
            if not any(found):
                continue
            self._add(row, 0, tr(NAMES[name]), "small")
            self._add_values(row, found, between)
            row += 1
        self._grid.setColumnStretch(0, 1)

    def _add_values(self, row: int, found: Sequence[Figure | None], between: Between) -> None:
        if not any(found[:-1]):
            self._add(row, 1, show(found[-1]), "small", span=len(found) + 1)
            return
        for column, figure in enumerate(found, start=1):
            self._add(row, column, show(figure), "small")
        last = found[-1]
        change = delta(found[0], last, between(last))
        if change is not None and last is not None and change.arrow != "=":
            label = self._add(row, len(found) + 1, short_change(change), "small")
            restyle(label, tone="muted" if change.better is None else change.tone)
            label.setToolTip(certainty_text(change, last))

    def _add(self, row: int, column: int, text: str, role: str, span: int = 1) -> QLabel:
        label = QLabel(text)
        label.setProperty("role", role)
        if column:
            label.setAlignment(_RIGHT)
        self._grid.addWidget(label, row, column, 1, span)
        self._labels.append(label)
        return label


class RunDetails(QScrollArea):
    """The inspector of the train page."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._run: Run | None = None
        self._between: Between = nothing_known
        self._told: tuple[object, ...] = ()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        inside = QWidget()
        inside.setObjectName("scrolled")
        self.setWidget(inside)
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(12, 16, 12, 16)
        layout.setSpacing(8)
        self.figures = FigureTable()
        self.no_figures = Muted("studio.train.no_figures")
        self.settings, self.notices = QLabel(), QLabel()
        for label in (self.settings, self.notices):
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._notices_heading = Heading("studio.train.notices")
        layout.addWidget(Heading("studio.train.figures"))
        layout.addWidget(self.no_figures)
        layout.addWidget(self.figures)
        layout.addSpacing(16)
        layout.addWidget(Heading("studio.train.settings"))
        layout.addWidget(self.settings)
        layout.addSpacing(16)
        layout.addWidget(self._notices_heading)
        layout.addWidget(self.notices)
        layout.addStretch(1)
        on_language(self._retranslate)

    def show_run(self, run: Run | None, parent: Run | None = None) -> None:
        """Show a run beside the one that it started from; the same again is drawn anew only if it told more."""
        state = run.state if run else None
        said = (state.figures, len(state.notices), state.device) if state else ()
        between = since_start(run, parent)
        told = (run, said, run.job if run else None, between is nothing_known)
        if told == self._told:
            return
        self._run, self._told, self._between = run, told, between
        self._retranslate()

    def _retranslate(self) -> None:
        run = self._run
        figures = run.state.figures if run else {}
        self.figures.show_figures(figures, self._between)
        self.figures.setVisible(bool(figures))
        self.no_figures.setVisible(not figures)
        self.settings.setText(settings_text(run) if run else "-")
        notices = run.state.notices if run else ()
        self.notices.setText("\n\n".join(map(notice_text, reversed(notices))))
        self.notices.setVisible(bool(notices))
        self._notices_heading.setVisible(bool(notices))


def since_start(run: Run | None, parent: Run | None) -> Between:
    """Between what a run's scores changed on other pictures: by its parent's, where it began with those weights."""
    if run is None or parent is None:
        return nothing_known
    begun, left = (pick_own(told, "map") for told in (run.figures("start"), parent.figures()))
    same = begun is not None and left is not None and begun.value == left.value and comparable(begun, left) is None
    return between_runs(parent, run) if same else nothing_known


def pick_own(figures: Sequence[Figure], name: FigureName) -> Figure | None:
    """The figure of all classes on val where there is one, else any of that name."""
    return pick(figures, name, split="val") or pick(figures, name)


def moment_title(moment: Moment) -> str:
    """What a moment of a run is called."""
    titles = {
        "start": tr("studio.train.moment_start"),
        "transformed": tr("studio.train.moment_transformed"),
        "final": tr("studio.train.moment_final"),
    }
    return titles[moment]


def notice_text(notice: Notice) -> str:
    """The time of a notice and what it says; a warning is marked."""
    clock = time.strftime("%H:%M:%S", time.localtime(notice.time))
    mark = "⚠ " if notice.level == "warning" else ""
    return f"{clock}  {mark}{text_of(notice.message)}"


def settings_text(run: Run) -> str:
    """What the run was asked to do, in a few lines."""
    job = run.job
    if not isinstance(job, TrainJob):
        return "-"
    used = job.settings
    start = short_name(job.start) if job.start else tr("studio.train.from_scratch")
    lines = [
        tr("studio.train.line_detector", detector=job.choice.key, size=job.choice.size),
        tr("studio.train.line_start", start=start),
        tr("studio.train.line_schedule", epochs=used.epochs, batch=used.batch_size, rate=f"{used.learning_rate:g}"),
    ]
    if run.state.device is not None:
        lines.append(device_line(run.state.device))
    if job.teacher:
        lines.append(tr("studio.train.line_teacher", teacher=Path(job.teacher).name))
    if job.limit:
        lines.append(tr("studio.train.line_limit", count=job.limit))
    return "\n".join(lines)
