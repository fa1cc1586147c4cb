"""What the recipe does to the run that it starts from before any training: a picture, mAP, the chart of its steps."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSplitter, QVBoxLayout, QWidget

from engine.contract.figures import Figure, FigureName
from studio.bound_texts import bind, on_language
from studio.i18n import text_of, tr
from studio.presenters.figure_words import not_published
from studio.presenters.recipe.consequences import COSTS, PathPoint, StepChange
from studio.presenters.recipe.measured_steps import Expectation
from studio.presenters.target_verdict import SCALES
from studio.studio import Studio
from studio.views.recipe.consequences.path_plot import PathPlot
from studio.views.recipe.consequences.picture import TriedPicture
from studio.views.recipe.consequences.steps_plot import StepsPlot
from studio.widgets.buttons import IconButton
from studio.widgets.controls import QuietCombo, Segmented
from studio.widgets.labels import Muted
from studio.widgets.panels import ErrorBanner

PATH, STEPS = range(2)
"""The faces of the chart: places in `Consequences.face`."""


class Consequences(QWidget):
    """Draws the trials store and what the page tells of figures and runs.

    `upto_asked` tells the step up to which all shall act, -1 for the whole recipe; `target_edited` as the totals do.
    """

    upto_asked = Signal(int)
    run_asked = Signal(str)
    target_edited = Signal(str, float)
    drawn = Signal()

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.score, self.expected, self.upto = QLabel(), Muted(), QLabel()
        self.score.setWordWrap(True)
        # As high as what they will say, so that the picture does not move when it is there.
        line = self.fontMetrics().lineSpacing()
        self.score.setMinimumHeight(2 * line + 2)
        self.score.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.expected.setMinimumHeight(line)
        self.upto.setProperty("role", "chip")
        self.whole = IconButton("close", "studio.try.whole_tip", lambda: self.upto_asked.emit(-1))
        self.problem = ErrorBanner()
        self.picture = TriedPicture(studio)
        self.face = Segmented(2)
        self.face.set_current(PATH)
        self.cost = QuietCombo()
        self.path, self.steps = PathPlot(), StepsPlot()
        self.empty = Muted()
        self._lay_out()
        self._connect()
        on_language(self.retranslate)
        self.retranslate()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(6)
        title = QLabel()
        title.setProperty("role", "heading")
        bind(title.setText, "studio.try.title")
        head.addWidget(title, 1)
        head.addWidget(self.upto)
        head.addWidget(self.whole)
        above = QWidget()
        column = QVBoxLayout(above)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(head)
        column.addWidget(self.score)
        column.addWidget(self.expected)
        column.addWidget(self.problem)
        column.addWidget(self.picture, 1)
        chart = QWidget()
        lower = QVBoxLayout(chart)
        lower.setContentsMargins(0, 4, 0, 0)
        lower.setSpacing(6)
        choices = QHBoxLayout()
        choices.addWidget(self.face)
        choices.addStretch(1)
        choices.addWidget(self.cost)
        lower.addLayout(choices)
        faces: tuple[QWidget, ...] = (self.path, self.steps, self.empty)
        for widget in faces:
            lower.addWidget(widget, 1)
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        for widget, stretch in ((above, 3), (chart, 2)):
            self.splitter.addWidget(widget)
            self.splitter.setStretchFactor(self.splitter.count() - 1, stretch)
        self.splitter.setChildrenCollapsible(False)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(16, 12, 20, 16)
        outer.addWidget(self.splitter)

    def _connect(self) -> None:
        for _ in COSTS:
            self.cost.addItem("")
        self._studio.trials.changed.connect(self.refresh)
        for signal in (self.face.chosen, self.cost.currentIndexChanged):
            signal.connect(lambda _: self.drawn.emit())
        for plot in (self.path, self.steps):
            plot.picked.connect(self.upto_asked)
        self.path.run_picked.connect(self.run_asked)
        self.path.target_moved.connect(lambda limit: self.target_edited.emit(self.chosen_cost, limit))

    @property
    def chosen_cost(self) -> FigureName:
        """The cost that the chart is drawn by."""
        return COSTS[max(0, self.cost.currentIndex())]

    def refresh(self) -> None:
        """Show what the store knows by now."""
        trials = self._studio.trials
        self.score.setText(self._told())
        notice = trials.error or trials.trial.notice
        self.problem.tell(notice, trials.again if trials.error is not None else None)
        self.picture.show_finds()
        self.drawn.emit()

    def _told(self) -> str:
        """The score in words, with where it is from."""
        trials = self._studio.trials
        score = trials.trial.score
        if trials.error is not None:
            return ""
        if score is None:
            pending = trials.trial.pending
            waiting = tr("studio.try.working") if pending is None else text_of(pending)
            return waiting if trials.busy else ""
        args: dict[str, str | int] = {
            "score": f"{score.tried.value:.1f}",
            "pictures": score.pictures,
            "total": score.total,
        }
        if score.tried.low is None or score.tried.high is None or score.change is None:
            return tr("studio.try.score_first", **args)
        args |= {"low": f"{score.tried.low:.1f}", "high": f"{score.tried.high:.1f}"}
        args |= {"change": f"{score.change.value:+.1f}".replace("-", "−")}
        return tr("studio.try.score_noise" if score.within_noise else "studio.try.score", **args)

    def show_upto(self, number: int | None, title: str) -> None:
        """Say up to which step, counted from 1, all act; None for the whole recipe."""
        self.upto.setText(tr("studio.try.upto", number=number, title=title) if number is not None else "")
        for widget in (self.upto, self.whole):
            widget.setVisible(number is not None)

    def show_expected(self, told: Expectation | None, recoveries: int | None) -> None:
        """Say what is to be expected after training, or that too little is known to say so; nothing for None."""
        if told is not None:
            args = {"low": f"{told.low:.1f}", "high": f"{told.high:.1f}"}
            self.expected.show_text(tr("studio.try.expected", recoveries=told.recoveries, held=told.held, **args))
        else:
            self.expected.show_text(
                tr("studio.try.no_evidence", recoveries=recoveries) if recoveries is not None else ""
            )

    def show_chart(
        self,
        path: Sequence[PathPoint],
        runs: Sequence[PathPoint],
        changes: Sequence[StepChange],
        target: float | None,
        figure: Figure | None,
    ) -> None:
        """Draw the face that is chosen; `target` in its own unit, `figure` is a cost that says what it holds for."""
        cost, face = self.chosen_cost, self.face.current()
        name = " · ".join(filter(None, (tr(f"studio.cost.{cost}"), not_published(figure))))
        there = bool(path or runs) if face == PATH else bool(changes)
        self.path.setVisible(there and face == PATH)
        self.steps.setVisible(there and face == STEPS)
        self.empty.setVisible(not there)
        missing = cost == "phone_ms" and figure is None
        self.empty.setText(tr("studio.try.no_phone" if missing else "studio.try.no_chart"))
        if face == PATH:
            self.path.show_points(path, runs, name, SCALES[cost], target)
        else:
            self.steps.show_changes(changes, cost, name)

    def retranslate(self) -> None:
        """Take texts in the current language."""
        for place, cost in enumerate(COSTS):
            self.cost.setItemText(place, tr(f"studio.cost.{cost}"))
        self.cost.setToolTip(tr("studio.try.cost_tip"))
        self.face.set_texts([tr("studio.try.path"), tr("studio.try.steps")])
        self.face.set_tips([tr("studio.try.path_tip"), tr("studio.try.steps_tip")])
        self.picture.retranslate()
        self.refresh()
