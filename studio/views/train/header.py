"""The head of a run: name and status, what it does now, how far it is, what it reached, what can be done with it."""

from __future__ import annotations

import time

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from engine.contract.run.folder import Status
from engine.contract.run.offers import DIVERGED
from engine.contract.text.messages import Message
from studio.bound_texts import bind, on_language
from studio.i18n import text_of, tr
from studio.presenters.numbers import duration, shown_value
from studio.presenters.queue.time_words import waiting_line
from studio.presenters.train.scores import Score, best_and_last
from studio.presenters.train.standing import Standing, standing
from studio.stores.run import Run
from studio.theme import theme
from studio.views.shared.chips import CHIP_HEIGHT
from studio.views.train.status import paint_status, status_width
from studio.widgets.buttons import Button
from studio.widgets.labels import Elided, IconLabel, Muted

_TICK_MS = 500


class StatusChip(QWidget):
    """The status of a run as a small coloured word."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._status: Status = "queued"
        theme.changed.connect(self.update)
        on_language(self._fit)
        self._fit()

    def set_status(self, status: Status) -> None:
        """Show a status."""
        self._status = status
        self._fit()

    def _fit(self) -> None:
        self.setFixedSize(round(status_width(self._status, self.font())) + 2, round(CHIP_HEIGHT) + 2)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw the chip."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_status(painter, self._status, self.width() - 1, self.height() / 2)


class Stats(QWidget):
    """Seven figures of a run that goes on, each under its name; those of val with their epoch below."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(0)
        self.values: dict[str, QLabel] = {}
        self.notes: dict[str, QLabel] = {}
        bind(self._add("epoch").setText, "studio.train.stat_epoch")
        bind(self._add("elapsed").setText, "studio.train.stat_elapsed")
        bind(self._add("left").setText, "studio.train.stat_left")
        bind(self._add("loss").setText, "studio.train.stat_loss")
        bind(self._add("rate").setText, "studio.train.stat_rate")
        bind(self._add("best").setText, "studio.train.stat_best")
        bind(self._add("last").setText, "studio.train.stat_last")

    def _add(self, key: str) -> QLabel:
        column = len(self.values)
        name, value = QLabel(), QLabel("-")
        name.setProperty("role", "muted")
        value.setProperty("role", "value")
        value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._grid.addWidget(name, 0, column)
        self._grid.addWidget(value, 1, column)
        self._grid.setColumnStretch(column, 1)
        self.values[key] = value
        if key in ("best", "last"):
            self.notes[key] = note = QLabel()
            note.setProperty("role", "caption")
            self._grid.addWidget(note, 2, column)
        return name

    def show_standing(self, now: Standing, best: Score | None, last: Score | None) -> None:
        """Write the figures; what is unknown is a dash."""
        epoch = f"{now.epoch}/{now.epochs}" if now.epoch and now.epochs else "-"
        texts = {
            "epoch": epoch,
            "elapsed": duration(now.elapsed_s),
            "left": "-" if now.left_s is None else duration(now.left_s),
            "loss": "-" if now.loss is None else shown_value(now.loss),
            "rate": "-" if now.rate is None else shown_value(now.rate),
            "best": "-" if best is None else f"{best.value:.1f}",
            "last": "-" if last is None else f"{last.value:.1f}",
        }
        for key, text in texts.items():
            self.values[key].setText(text)
        self.notes["best"].setText(epoch_text(best))
        self.notes["last"].setText(epoch_text(last))


class RunHeader(QWidget):
    """Everything above the curves; the buttons only tell what is wanted."""

    cancel_asked = Signal()
    resume_asked = Signal()
    trash_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._run: Run | None = None
        self.name, self.chip, self.stage = Elided("", "title"), StatusChip(), Muted()
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.percent = QLabel()
        self.percent.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.percent.setMinimumWidth(40)
        self.stats = Stats()
        self.other_data = self._mark()
        self._build_buttons()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(self._first_row())
        progress = QHBoxLayout()
        progress.setSpacing(8)
        progress.addWidget(self.stage, 1)
        progress.addWidget(self.percent)
        layout.addLayout(progress)
        layout.addWidget(self.bar)
        layout.addWidget(self.stats)
        self._clock = QTimer(self)
        self._clock.setInterval(_TICK_MS)
        self._clock.timeout.connect(self.refresh)
        on_language(self.refresh)

    def _build_buttons(self) -> None:
        self.cancel = Button("studio.train.cancel", self.cancel_asked.emit, "", "stop")
        self.resume = Button("studio.train.resume", self.resume_asked.emit, "primary", "play")
        self.trash = Button("studio.train.trash", self.trash_asked.emit, "quiet", "trash")
        bind(self.cancel.setToolTip, "studio.train.cancel_tip")
        bind(self.resume.setToolTip, "studio.train.resume_tip")

    def _first_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self.name, 1)
        row.addWidget(self.other_data)
        row.addWidget(self.chip)
        row.addSpacing(8)
        for button in (self.cancel, self.resume, self.trash):
            row.addWidget(button)
        return row

    @staticmethod
    def _mark() -> QWidget:
        mark, text = QWidget(), QLabel()
        row = QHBoxLayout(mark)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(IconLabel("alert", 16, "warn"))
        row.addWidget(text)
        bind(text.setText, "studio.train.other_data")
        mark.hide()
        return mark

    def show_data(self, other: Message | None) -> None:
        """Mark the run as trained on other data than today's, and say on which."""
        self.other_data.setVisible(other is not None)
        told = text_of(other) if other is not None else ""
        self.other_data.setToolTip(told)
        self.other_data.setAccessibleName(told)

    def show_run(self, run: Run | None) -> None:
        """Show a run; None leaves the head as it is and stops its clock."""
        if run is not self._run or (run is not None and run.status != "running" and run.waiting is None):
            self.cancel.setEnabled(True)
        self._run = run
        self.refresh()

    def refresh(self) -> None:
        """Write everything anew; by the clock twice a second while the run goes on."""
        run = self._run
        running = run is not None and run.status == "running"
        if running != self._clock.isActive():
            self._clock.start() if running else self._clock.stop()
        if run is None:
            return
        now = standing(run.job, run.state, run.status, time.time())
        self.name.set_full(f"{run.number:04d}  {run.label}")
        self.chip.set_status(run.status)
        self.stage.setText(stage_text(run))
        known = now.percent is not None
        self.bar.setMaximum(1000 if known or not running else 0)
        self.bar.setValue(round(10 * now.percent) if now.percent is not None else 0)
        self.percent.setText(f"{now.percent:.0f} %" if now.percent is not None else "")
        self.stats.show_standing(now, *best_and_last(run.job, run.state))
        waits = run.waiting is not None
        self.cancel.setVisible(running or waits)
        # One that diverged would do the same again.
        diverged = run.error is not None and run.error.code in DIVERGED
        self.resume.setVisible(run.can_go_on and not diverged)
        self.trash.setEnabled(not (running or waits))
        bind(self.trash.setToolTip, "studio.train.trash_running" if running or waits else "studio.train.trash_tip")


def epoch_text(score: Score | None) -> str:
    """After which epoch a score was measured; 0 is before training."""
    if score is None or score.epoch is None:
        return ""
    return tr("studio.train.at_epoch", epoch=score.epoch) if score.epoch else tr("studio.train.before_training")


def stage_text(run: Run) -> str:
    """What the run does now, how it waits, or how it ended."""
    if run.waiting is not None:
        return waiting_line(run.waiting)
    if run.status == "finished":
        return tr("studio.train.stage_finished")
    if run.status == "cancelled":
        return tr("studio.train.stage_cancelled")
    if run.error is not None and run.error.code in DIVERGED:
        return tr("studio.train.stage_diverged")
    if run.status in ("failed", "lost"):
        return tr("studio.train.stage_stopped")
    stage = run.state.stage
    if stage is not None and run.status == "running":
        return text_of(stage.message)
    return tr("studio.train.stage_starting") if run.status == "running" else tr("studio.train.stage_queued")
