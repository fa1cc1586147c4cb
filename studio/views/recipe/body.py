"""The middle of the Recipe page: the stack of cards, and beside it what they do to the run that they start from."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.contract.figures import FigureName
from studio.i18n import tr
from studio.presenters.numbers import show
from studio.presenters.recipe.measured_steps import MeasuredStep
from studio.studio import Studio
from studio.views.recipe.consequences.pane import ConsequencesPane
from studio.views.recipe.step_stack import StepStack
from studio.widgets.scrolled import Folding, Scrolled

_TIMES: tuple[FigureName, ...] = ("host_ms_network", "phone_ms")
_SHARES = (6, 7)
_LEAST = 240
"""How high both are at least, should the consequences go below the cards."""


class RecipeBody(Folding):
    """Puts the cards' column and the consequences side by side, or below, and lets each know of the other."""

    def __init__(self, studio: Studio, stack: StepStack, column: Sequence[QWidget]) -> None:
        super().__init__(*_SHARES)
        self._stack = stack
        self.pane = ConsequencesPane(studio)
        self.area = _scrolled(column)
        self.addWidget(self.area)
        self._beside = Scrolled(self.pane)
        self._beside.setMinimumHeight(_LEAST)
        self.addWidget(self._beside)
        stack.picked.connect(self._pick)
        self.pane.measured_changed.connect(self._show_measured)
        self.pane.panel.upto_asked.connect(lambda _: self._show_picked())
        self.pane.target_edited.connect(studio.targets.set)

    def show_empty(self, empty: bool) -> None:
        """Without a step there is nothing to see the consequences of."""
        self._beside.setVisible(not empty)

    def show_cards(self) -> None:
        """Mark the cards, which may be others now."""
        self._show_measured()
        self._show_picked()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Try the recipe while the page is in front."""
        super().showEvent(event)
        self.pane.activate(True)

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        """Spare the processor while it is not."""
        super().hideEvent(event)
        self.pane.activate(False)

    def _pick(self, place: int) -> None:
        self.pane.pick(place)
        self._show_picked()

    def _show_picked(self) -> None:
        for place, card in enumerate(self._stack.cards):
            card.set_picked(place == self.pane.upto)

    def _show_measured(self) -> None:
        for place, card in enumerate(self._stack.cards):
            told = self.pane.measured.get(place)
            card.chips.show_measured(*(_words(told) if told is not None else ("", "")), told is None or told.same)


def _words(told: MeasuredStep) -> tuple[str, str]:
    """What a card says of the run that measured it, and in full."""
    run, code = told.run, "measured" if told.same else "earlier"
    score = show(run.figure("map", split="val"))
    times = [figure for name in _TIMES if (figure := run.figure(name)) is not None]
    more = "".join(f"\n{tr(f'studio.figure.{figure.name}')}: {show(figure)}" for figure in times)
    name = f"{run.number:04d} {run.label}"
    tip = tr(f"studio.try.{code}_tip", run=name, score=score, more=more)
    figures = " · ".join([f"mAP {score}", *(f"{tr(f'studio.short.{figure.name}')} {show(figure)}" for figure in times)])
    return tr(f"studio.try.{code}", figures=figures, number=f"{run.number:04d}"), tip


def _scrolled(widgets: Sequence[QWidget]) -> Scrolled:
    body = QWidget()
    body.setObjectName("scrolled")
    column = QVBoxLayout(body)
    column.setContentsMargins(20, 12, 12, 24)
    column.setSpacing(12)
    for widget in widgets:
        column.addWidget(widget)
    column.addStretch(1)
    area = Scrolled(body)
    area.setMinimumHeight(_LEAST)
    return area
