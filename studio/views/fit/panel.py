"""The fits of a project: one of them as a front that grows, what was tried in a table, and what a point is good for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from engine.contract.fit.front import FrontPoint
from engine.contract.recipe import Step
from studio.bound_texts import bind, on_language
from studio.i18n import tr
from studio.presenters.fit.front_marks import axis_title, drawing, keyed, other_marks
from studio.presenters.fit.front_rows import rows
from studio.presenters.fit.front_words import asked_text, card, line, point_name, source_text, standing
from studio.presenters.fit.point_recipe import recipe_of
from studio.stores.remembered import Remembered
from studio.stores.work.fits import Fit
from studio.studio import Studio
from studio.theme import palette, theme
from studio.views.fit.front_table import FrontTable
from studio.views.fit.standing_line import StandingLine
from studio.views.shared.page_switch import show_page
from studio.views.shared.task_line import TaskLine
from studio.widgets.buttons import Button
from studio.widgets.controls import QuietCombo
from studio.widgets.labels import Elided, Text
from studio.widgets.panels import Card, EmptyState

if TYPE_CHECKING:
    from studio.views.fit.front_plot import FrontPlot

MEMORY = "fit"
_LATER_MS = 300
_FITS_WIDTH = 600


class FrontPanel(QWidget):
    """`asked` wants a new fit, `compared` two runs side by side."""

    asked = Signal()
    compared = Signal(str, str)

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        self._memory = Remembered(studio.settings, MEMORY)
        self._names: list[str] = []
        self.point: str | None = None
        self.plot: FrontPlot | None = None
        self.fits, self.standing, self.task = QuietCombo(), StandingLine(), TaskLine(failures=False)
        self.table = FrontTable()
        self.legend, self.source = Text("studio.fit.legend", "caption"), Elided("", "caption")
        self.others = QCheckBox()
        self.name, self.about = Text(role="heading"), Elided("", "muted", Qt.TextElideMode.ElideRight)
        self.recipe = Button("studio.fit.make_recipe", self._make_recipe, "primary", "recipe")
        self.compare = Button("studio.fit.compare", self._compare, "", "compare")
        self.empty = EmptyState("target", "studio.fit.empty", "studio.fit.new", self.asked.emit)
        self.stack = QStackedWidget()
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(_LATER_MS)
        self._later.timeout.connect(self._redraw)
        self._build()
        self._connect()
        self.refresh()

    @property
    def fit(self) -> Fit | None:
        """The fit that is shown."""
        return self._studio.fits.shown

    def _build(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(12)
        self.fits.setSizeAdjustPolicy(QuietCombo.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.fits.setMinimumContentsLength(24)
        self.fits.setMaximumWidth(_FITS_WIDTH)
        head.addWidget(self.fits, 3)
        head.addWidget(self.task, 4)
        head.addStretch(0)
        self._drawn = Card(margin=12)
        foot = QHBoxLayout()
        foot.setSpacing(12)
        foot.addWidget(self.legend)
        foot.addWidget(self.source, 1)
        foot.addWidget(self.others)
        self._drawn.body.addLayout(foot)
        table = Card(margin=1, spacing=0)
        table.body.addWidget(self.table)
        self.halves = QSplitter(Qt.Orientation.Vertical)
        self.halves.setProperty("role", "quiet")
        self.halves.setHandleWidth(12)
        self.halves.setChildrenCollapsible(False)
        self.halves.addWidget(self._drawn)
        self.halves.addWidget(table)
        self.halves.setSizes([520, 160])
        full = QWidget()
        column = QVBoxLayout(full)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addLayout(head)
        column.addWidget(self.standing)
        column.addWidget(self.halves, 1)
        column.addLayout(self._point_row())
        self.stack.addWidget(self.empty)
        self.stack.addWidget(full)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.stack)

    def _point_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(12)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.name)
        words.addWidget(self.about)
        row.addLayout(words, 1)
        row.addWidget(self.compare)
        row.addWidget(self.recipe)
        return row

    def _connect(self) -> None:
        studio = self._studio
        bind(self.fits.setAccessibleName, "studio.fit.which")
        bind(self.fits.setToolTip, "studio.fit.which")
        bind(self.legend.setToolTip, "studio.fit.legend_tip")
        bind(self.others.setText, "studio.fit.others")
        bind(self.others.setToolTip, "studio.fit.others_tip")
        self.others.setChecked(self._memory.get("others", True))
        self.others.toggled.connect(self._on_others)
        self.fits.activated.connect(lambda place: studio.fits.choose(self._names[place]))
        self.standing.resume.clicked.connect(self._resume)
        self.table.chosen.connect(self.choose)
        self.table.opened.connect(self._open)
        studio.fits.changed.connect(self.refresh)
        for signal in (studio.tasks.added, studio.tasks.removed):
            signal.connect(lambda _: self._follow())
        for signal in (studio.runs.added, studio.runs.removed, studio.runs.changed):
            signal.connect(lambda _: self._later.start() if not self._later.isActive() else None)
        on_language(self.refresh)
        theme.changed.connect(self._redraw)

    def prepare(self) -> None:
        """Make the plot, which takes pyqtgraph."""
        if self.plot is None:
            from studio.views.fit.front_plot import FrontPlot

            self.plot = FrontPlot()
            self.plot.setMinimumHeight(150)
            self._drawn.body.insertWidget(0, self.plot, 1)
            self.plot.picked.connect(self.choose)
            self.plot.opened.connect(self._open)
            self._redraw()

    def choose(self, key: str) -> None:
        """Choose a point of the front, or a run beside it."""
        self.point = key
        self.table.select(key)
        self._show_point()

    def refresh(self) -> None:
        """Show everything anew."""
        fits, shown = self._studio.fits.fits, self.fit
        self.stack.setCurrentIndex(1 if fits else 0)
        self._names = [fit.name for fit in fits]
        with QSignalBlocker(self.fits):
            self.fits.clear()
            self.fits.addItems([f"{fit.job.start.rpartition('/')[2]}: {asked_text(fit.job)}" for fit in fits])
            self.fits.setCurrentIndex(self._names.index(shown.name) if shown is not None else -1)
        task = self._studio.fits.task_of(shown) if shown is not None else None
        waiting = task.waiting if task is not None else None
        # One whose worker was killed stands in the queue paused: it is told as broken off, with the button to go on.
        held = waiting is not None and waiting.held and shown is not None and shown.status != "queued"
        waits = shown is not None and (shown.status == "queued" or (waiting is not None and not held))
        told = standing(shown) if shown is not None and not waits else None  # else the line of its task tells
        self.standing.tell(told, resumable=bool(shown and shown.unfinished and not waits))
        self._follow()
        self._show_rows()
        self._redraw()

    def _follow(self) -> None:
        """Show how far the shown fit is while a worker is at it."""
        fit = self.fit
        task = self._studio.fits.task_of(fit) if fit is not None else None
        if task is not None and (not task.ended or task.waiting is not None):
            if self.task.task is not task:
                self.task.follow(task)
        else:
            self.task.leave()

    def _show_rows(self) -> None:
        fit = self.fit
        if fit is None or fit.front is None:
            self.table.show_rows([], timed=True)
            return
        self.table.show_rows(rows(fit.front, at_work=fit.status == "running"), timed=fit.job.ms is not None)

    def _redraw(self) -> None:
        fit = self.fit
        front = fit.front if fit is not None else None
        if front is not None and fit is not None:
            serial = fit.job.device
            simulated = any(phone.serial == serial and phone.simulated for phone in self._studio.phones.phones)
            self.source.set_full(source_text(front, simulated))
        if self.plot is not None and front is not None:
            others = other_marks(front, self._studio.runs.runs) if self.others.isChecked() else []
            cards = {key: card(point, front, palette().muted) for key, point in keyed(front).items()}
            cards |= {mark.key: tr("studio.fit.other_run", run=mark.run or "") for mark in others}
            self.plot.show_front(drawing(front, others), cards, axis_title(drawing(front).axis, front.job))
        elif self.plot is not None:
            self.plot.clear()
        self._show_point()

    def _chosen(self) -> FrontPoint | None:
        front = self.fit.front if self.fit is not None else None
        return keyed(front).get(self.point or "") if front is not None else None

    def _other(self) -> str | None:
        """The run beside the front that is chosen, if it is one."""
        key = self.point or ""
        return key.removeprefix("run-") if key.startswith("run-") else None

    def _show_point(self) -> None:
        point, front = self._chosen(), self.fit.front if self.fit is not None else None
        if self.plot is not None:
            self.plot.choose(self.point)
        if point is not None and front is not None:
            run = front.run if point.kind == "base" else point.run
            self.name.show_text(" · ".join(filter(None, (point_name(point), run))))
            self.about.set_full(line(point, front))
        elif self._other() is not None:
            self.name.show_text(tr("studio.fit.other_run", run=self._other() or ""))
            self.about.set_full("")
        else:
            self.name.show_text("")
            self.about.set_full(tr("studio.fit.choose_point"))
        self.recipe.why_not(self._why_no_recipe(point))
        if self.recipe.isEnabled():
            bind(self.recipe.setToolTip, "studio.fit.make_recipe_tip")
        self.compare.why_not(None if self._run() is not None else "studio.fit.no_run")

    def _why_no_recipe(self, point: FrontPoint | None) -> str | None:
        if point is None:
            return "studio.fit.choose_point"
        return None if point.ratios else "studio.fit.not_cut"

    def _run(self) -> str | None:
        """The run of the chosen point that can be set against the base."""
        point = self._chosen()
        if point is None:
            return self._other()
        return point.run if point.kind != "base" and point.done else None

    def _compare(self) -> None:
        fit, run = self.fit, self._run()
        if fit is not None and fit.front is not None and run is not None:
            self.compared.emit(fit.front.run, run)

    def _make_recipe(self) -> None:
        fit, point, store = self.fit, self._chosen(), self._studio.recipe
        if fit is None or fit.front is None or point is None or not point.ratios:
            return
        others = [(step, self._phase(step)) for step in fit.front.others]
        store.set_base(fit.front.run)
        store.replace(recipe_of(point, others, store.recipe, [self._phase(step) for step in store.recipe.steps]))
        show_page(self, "recipe")

    def _phase(self, step: Step) -> str:
        card = self._studio.catalog.technique(step.technique)
        return card.phase if card else ""

    def _open(self, key: str) -> None:
        self.choose(key)
        self._make_recipe()

    def _resume(self) -> None:
        if self.fit is not None:
            self._studio.fits.resume(self.fit)

    def _on_others(self, on: bool) -> None:
        self._memory.keep(others=on)
        self._redraw()
