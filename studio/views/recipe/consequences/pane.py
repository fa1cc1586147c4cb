"""Brings together what the consequences of a recipe are drawn from: its steps, figures, trials and trained runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.contract.figures import Figure, pick
from engine.contract.previews.trial import TrialScore
from engine.contract.recipe import Step
from studio.bound_texts import on_language
from studio.i18n import pick as in_language
from studio.i18n import tr
from studio.presenters.recipe.consequences import Stage, changes, path, run_points, score_of_base
from studio.presenters.recipe.measured_steps import MeasuredStep, expected, measured_steps, recoveries
from studio.presenters.recipe.step_phases import plan_order
from studio.stores.previews.previews import Preview
from studio.stores.remembered import Remembered
from studio.stores.run import Run
from studio.studio import Studio
from studio.views.recipe.consequences.panel import Consequences


class ConsequencesPane(QWidget):
    """`measured_changed` when other runs speak of the steps; `target_edited` tells a figure and its limit."""

    measured_changed = Signal()
    target_edited = Signal(str, float)
    run_asked = Signal(str)

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.studio = studio
        self.measured: dict[int, MeasuredStep] = {}
        self._upto: int | None = None
        self._kept = Remembered(studio.settings, "recipe.consequences")
        self.panel = Consequences(studio)
        self.panel.face.set_current(self._kept.get("face", 0))
        self.panel.cost.setCurrentIndex(self._kept.get("cost", 0))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.panel)
        # Of several changes at once the chart is drawn once.
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self._draw)
        self._connect()

    def _connect(self) -> None:
        studio, panel = self.studio, self.panel
        studio.recipe.changed.connect(self._on_recipe)
        for signal in (studio.previews.changed, studio.catalog.changed, studio.targets.changed):
            signal.connect(self._soon.start)
        for told in (studio.runs.added, studio.runs.removed, studio.runs.changed):
            told.connect(lambda _: self._on_runs())
        studio.project.opened.connect(self._restart)
        studio.project.closed.connect(self._restart)
        panel.drawn.connect(self._soon.start)
        panel.upto_asked.connect(lambda place: self.pick(None if place < 0 else place))
        panel.run_asked.connect(self.run_asked)
        panel.target_edited.connect(self.target_edited)
        for chosen in (panel.face.chosen, panel.cost.activated):
            chosen.connect(lambda _: self._kept.keep(face=panel.face.current(), cost=panel.cost.currentIndex()))
        on_language(self._soon.start)

    def activate(self, on: bool) -> None:
        """Ask while the page is in front."""
        if on and self.panel.picture.path is None:
            self.panel.picture.refresh()
        self.studio.trials.watch(on)
        self._on_runs()

    def pick(self, place: int | None) -> None:
        """Let only the steps up to a place of the recipe act; None, or the same place again, for all."""
        steps = self.studio.recipe.recipe.steps
        able = place is not None and place < len(steps) and steps[place].enabled and place != self._upto
        self._upto = place if able else None
        self.panel.picture.set_upto(self._upto)
        self._soon.start()

    @property
    def upto(self) -> int | None:
        """The step up to which all act."""
        return self._upto

    def _restart(self) -> None:
        self._upto = None
        self.panel.picture.restart()
        self._on_runs()

    def _on_recipe(self) -> None:
        steps = self.studio.recipe.recipe.steps
        if self._upto is not None and (self._upto >= len(steps) or not steps[self._upto].enabled):
            self.pick(None)
        self._on_runs()

    def _on_runs(self) -> None:
        self.measured = measured_steps(
            self._steps(), self.studio.recipe.base_run, self.studio.runs.runs, self._defaults
        )
        self.measured_changed.emit()
        self._soon.start()

    def _steps(self) -> list[tuple[int, Step]]:
        """The enabled steps with their places, in the order in which they act."""
        steps, catalog = self.studio.recipe.recipe.steps, self.studio.catalog
        phases = [card.phase if (card := catalog.technique(step.technique)) is not None else "" for step in steps]
        return [(place, steps[place]) for place in plan_order(phases) if steps[place].enabled]

    def _defaults(self, technique: str) -> Mapping[str, Any]:
        card = self.studio.catalog.technique(technique)
        fields = card.parameters.get("properties", {}) if card is not None else {}
        return {name: field["default"] for name, field in fields.items() if "default" in field}

    def _title(self, technique: str) -> str:
        card = self.studio.catalog.technique(technique)
        return in_language(card.title) if card is not None else technique

    def _draw(self) -> None:
        studio, panel = self.studio, self.panel
        latest, base = studio.previews.latest or Preview(), studio.runs.by_name(studio.recipe.base_run)
        score = base.figure("map", split="val") if base is not None else None
        stages, cost = self._stages(latest), panel.chosen_cost
        score = score_of_base(score, self._of_all_pictures(stages))
        label = f"{base.number:04d} {base.label}" if base is not None else ""
        panel.show_chart(
            path(cost, latest.base, score, self._of_all_pictures(stages), label),
            run_points(cost, self._trained(latest), score),
            changes(latest.base, stages),
            studio.targets.get(cost),
            pick(latest.base, cost),
        )
        title = self._title(studio.recipe.recipe.steps[self._upto].technique) if self._upto is not None else ""
        panel.show_upto(self._upto + 1 if self._upto is not None else None, title)
        panel.picture.set_names(label, tr("studio.try.side"))
        self._draw_expected()

    def _stages(self, latest: Preview) -> list[Stage]:
        """The steps that act now, each with what is known after it."""
        trials = self.studio.trials
        acting = {fate.step for fate in trials.trial.fates if fate.acts == "now"}
        found = []
        for place, step in self._steps():
            figures: Sequence[Figure] | None = latest.steps[place] if place < len(latest.steps) else None
            if figures and (place in acting or not trials.trial.fates):
                found.append(Stage(place, self._title(step.technique), figures, self._score_after(place)))
        return found

    def _score_after(self, place: int) -> TrialScore | None:
        """On as many pictures as the other steps, for what one of them costs to be told."""
        return self.studio.trials.after_step(place) or self._whole(place)

    def _whole(self, place: int) -> TrialScore | None:
        """mAP of the whole recipe, for its last step."""
        trials, steps = self.studio.trials, self._steps()
        return trials.trial.score if trials.upto is None and steps and place == steps[-1][0] else None

    def _of_all_pictures(self, stages: Sequence[Stage]) -> list[Stage]:
        """The last step with the mAP that is told of the recipe."""
        return [replace(stage, score=self._whole(stage.step) or stage.score) for stage in stages]

    def _trained(self, latest: Preview) -> list[tuple[Run, Sequence[Figure]]]:
        """The runs that were made by these steps from this start, with the figures of their like."""
        found: list[tuple[Run, Sequence[Figure]]] = []
        for place, told in self.measured.items():
            alike = latest.steps[place] if told.same and place < len(latest.steps) else ()
            found.append((told.run, alike or ()))
        return found

    def _draw_expected(self) -> None:
        trials, evidence = self.studio.trials, recoveries(self.studio.runs.runs)
        score = trials.trial.score
        # Both of the same pictures: what the run tells of itself is of all of them.
        base = score.base if score is not None and self._upto is None else None
        told = expected(base.value, score.tried.value, evidence) if base is not None and score is not None else None
        known = base is not None and trials.error is None
        self.panel.show_expected(told if known else None, len(evidence) if known else None)
