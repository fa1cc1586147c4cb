"""The Recipe page: a stack of steps, what it costs and gains while it is being changed, and the button that runs it."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, ClassVar

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from engine.contract.text.messages import Message
from studio.bound_texts import bind, on_language
from studio.i18n import pick, text_of, tr
from studio.presenters.page_state import PageState
from studio.presenters.recipe.recipe_fit import step_refusal
from studio.presenters.recipe.run_terms import base_runs, default_base, why_not
from studio.presenters.recipe.step_phases import insertion_place, plan_order
from studio.stores.previews.previews import Preview
from studio.studio import Studio
from studio.views.measure.entry import changes, measure_dialog, why_not_measure
from studio.views.page import Page
from studio.views.recipe.bar import RecipeBar
from studio.views.recipe.body import RecipeBody
from studio.views.recipe.order_note import OrderNote
from studio.views.recipe.start import RecipeStart
from studio.views.recipe.step_gallery import StepGallery
from studio.views.recipe.step_stack import StepStack
from studio.views.recipe.tradeoff import TradeoffPanel
from studio.widgets.controls import put_icon

_PANEL_WIDTH = 320


class RecipePage(Page):
    """Shows the recipe store and the preview of it; asks the stores for every change."""

    key: ClassVar[str] = "recipe"
    started = Signal()

    def __init__(self, studio: Studio) -> None:
        super().__init__(studio)
        self.bar = RecipeBar(studio)
        self.stack = StepStack(studio.drawings)
        self.order = OrderNote()
        self.start = RecipeStart(studio)
        self.problem = QLabel()
        self.problem.setProperty("role", "problem")
        self.problem.setWordWrap(True)
        self.add = QPushButton()
        self.add.setProperty("role", "dashed")
        put_icon(self.add, "plus")
        bind(self.add.setText, "studio.recipe.add_step")
        bind(self.add.setToolTip, "studio.recipe.add_tip")
        self.totals = TradeoffPanel()
        self.totals.setObjectName("tradeoff")
        self.totals.setMinimumWidth(_PANEL_WIDTH)
        self._gallery: StepGallery | None = None
        self._default: str | None = None
        self.totals.phone.take(studio.chosen_phone.choice)
        self._lay_out()
        self._connect_stores()
        self._connect_views()
        self._show_all()

    def _lay_out(self) -> None:
        column = (self.start, self.problem, self.order, self.stack, self.add)
        self.body = RecipeBody(self.studio, self.stack, column)
        self.area = self.body.area
        page = QVBoxLayout(self)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(0)
        page.addWidget(self.bar)
        page.addWidget(self.body, 1)

    def _connect_stores(self) -> None:
        studio = self.studio
        studio.recipe.changed.connect(self._show_recipe)
        studio.previews.changed.connect(self._show_preview)
        studio.previews.busy_changed.connect(lambda _: self._show_state())
        for told in (studio.catalog.changed, studio.catalog.failed):
            told.connect(lambda *_: self._show_all())
        studio.chosen_phone.changed.connect(lambda: self.totals.phone.take(studio.chosen_phone.choice))
        for signal in (studio.settings.changed, studio.targets.changed):
            signal.connect(self._show_settings)
        for signal in (studio.project.opened, studio.project.closed, studio.project.changed):
            signal.connect(self._show_all)
        for signal in (studio.runs.added, studio.runs.removed, studio.runs.changed):
            signal.connect(lambda _: self._show_runs())
        for signal in (studio.tasks.added, studio.tasks.finished):
            signal.connect(lambda _: self._show_state())
        on_language(self.retranslate)

    def _connect_views(self) -> None:
        store = self.studio.recipe
        self.stack.edited.connect(self._edit)
        self.stack.switched.connect(store.set_enabled)
        self.stack.removed.connect(store.remove)
        self.stack.moved.connect(store.move)
        self.stack.measure_asked.connect(self.open_measure)
        self.stack.expert_asked.connect(lambda: self.studio.settings.update(expert=True))
        self.order.arrange_asked.connect(self._arrange)
        self.add.clicked.connect(self.open_gallery)
        self.start.add_asked.connect(self.open_gallery)
        self.totals.target_edited.connect(self._set_target)
        self.bar.run_asked.connect(self._run)
        self.totals.phone.chosen.connect(self.studio.chosen_phone.choose)

    @property
    def settled(self) -> bool:
        """Whether figures and what the recipe does untrained are all there."""
        return not (self.studio.previews.busy or self.studio.trials.at_work)

    def inspector(self) -> QWidget | None:
        """The totals, beside the stack."""
        return self.totals

    def open_gallery(self) -> None:
        """Ask which step to add."""
        catalog, project = self.studio.catalog, self.studio.project.project
        if catalog.catalog is None:
            return
        detector = catalog.detector(project.detector.key) if project is not None else None
        gallery = StepGallery(
            catalog.catalog.techniques,
            detector.title if detector is not None else None,
            lambda card: step_refusal(card, detector, catalog),
            self,
        )
        gallery.chosen.connect(self._insert)
        gallery.destroyed.connect(self._forget_gallery)
        self._gallery = gallery
        gallery.open()

    def open_measure(self, index: int, name: str) -> None:
        """Measure the run that the recipe starts from, to fill a field of a step in."""
        store, fields = self.studio.recipe, {field.name: field for field in self.stack.cards[index].form.fields}
        dialog = measure_dialog(self.studio, store.recipe.steps[index], fields, name, self)
        dialog.used.connect(lambda params: store.set_params(index, changes(fields, params)))
        dialog.open()

    def retranslate(self) -> None:
        """Take texts in the current language."""
        self._show_all()

    def _forget_gallery(self) -> None:
        self._gallery = None

    def _phases(self) -> list[str]:
        cards = [self.studio.catalog.technique(step.technique) for step in self.studio.recipe.recipe.steps]
        return [card.phase if card is not None else "" for card in cards]

    def _insert(self, key: str) -> None:
        card = self.studio.catalog.technique(key)
        place = insertion_place(self._phases(), card.phase if card is not None else "")
        self.studio.recipe.insert(key, place)
        new = self.stack.cards[place]
        new.set_expanded(True)
        new.setFocus()

    def _edit(self, index: int, name: str, value: Any, goes_on: bool) -> None:
        rows = self.stack.cards[index].form.rows
        at_default = name in rows and value == rows[name].field.default
        self.studio.recipe.set_param(index, name, None if at_default else value, goes_on)

    def _arrange(self) -> None:
        recipe = self.studio.recipe.recipe
        steps = tuple(recipe.steps[index] for index in plan_order(self._phases()))
        self.studio.recipe.replace(recipe.model_copy(update={"steps": steps}))

    def _set_target(self, name: str, limit: float) -> None:
        self.studio.targets.set(name, limit)

    def _run(self) -> None:
        self.studio.runs.apply_recipe()
        self._show_state()
        self.started.emit()
        show_page = getattr(self.window(), "show_page", None)
        if callable(show_page):
            show_page("train")

    def _show_all(self) -> None:
        self._show_recipe()
        self._show_runs()
        self._show_settings()
        self._show_preview()

    def _show_recipe(self) -> None:
        studio = self.studio
        recipe = studio.recipe.recipe
        there = studio.project.project is not None
        empty = not recipe.steps
        self.stack.set_steps(recipe.steps, studio.catalog.technique, studio.catalog.missing)
        self.stack.setVisible(not empty)
        self.body.show_empty(empty)
        self.body.show_cards()
        self.start.setVisible(empty)
        self.add.setVisible(not empty)
        self.start.setEnabled(there)
        self.add.setEnabled(there and studio.catalog.catalog is not None)
        if empty:
            self.start.fill()
        self.bar.show_recipe(recipe.name, there)
        self._show_order()
        self._show_state()

    def _show_order(self) -> None:
        phases = self._phases()
        order = plan_order(phases)
        cards = [self.stack.cards[index].card for index in order]
        titles = [pick(card.title) if card is not None else "?" for card in cards]
        self.order.show_order(titles if order != sorted(order) else [])

    def _show_runs(self) -> None:
        studio = self.studio
        runs = base_runs(studio.runs.runs)
        names = {run.name for run in runs}
        if runs and (studio.recipe.base_run not in names or studio.recipe.base_run == self._default):
            # The command would take the last run there is, be it a result of this very recipe. Runs are read one by
            # one: what is the default shows when all are there.
            self._default = default_base(runs).name
            studio.recipe.set_base(self._default)
        self.bar.show_runs(runs, studio.recipe.base_run, studio.recipe.teacher_run)
        base = studio.runs.by_name(studio.recipe.base_run)
        self.stack.set_measurable(why_not_measure(studio))
        self.totals.show_score(base.figure("map", split="val") if base is not None else None)
        self._show_state()

    def _show_settings(self) -> None:
        self.stack.set_expert(self.studio.settings.value.expert)
        self.totals.set_targets(self.studio.targets.values)

    def _show_preview(self) -> None:
        latest = self.studio.previews.latest or Preview()
        self.totals.show_figures(latest.base, latest.figures)
        self.totals.show_phone(latest.phone)
        self.totals.show_command(latest.command if latest.jobs else "")
        self.totals.show_jobs(latest.jobs, self._title)
        project = self.studio.project.project
        detector = self.studio.catalog.detector(project.detector.key) if project is not None else None
        title = detector.title if detector is not None else None
        before = latest.base
        for index in plan_order(self._phases()):
            on = self.studio.recipe.recipe.steps[index].enabled
            after = latest.steps[index] if on and index < len(latest.steps) else before
            self.stack.cards[index].set_effect(before, after if on else (), title)
            before = after
        self._show_problems(latest)
        self._show_state()

    def _show_problems(self, latest: Preview) -> None:
        by_step: dict[int | None, list[Message]] = defaultdict(list)
        for problem in latest.problems:
            known = problem.step is not None and problem.step < len(self.stack.cards)
            by_step[problem.step if known else None].append(problem.message)
        if latest.error is not None:
            by_step[None].append(latest.error)
        for index, card in enumerate(self.stack.cards):
            card.set_problems(by_step[index])
        whole = by_step[None] if self.stack.cards else []
        self.problem.setText("\n".join(map(text_of, whole)))
        self.problem.setVisible(bool(whole))

    def _show_state(self) -> None:
        studio, latest = self.studio, self.studio.previews.latest
        has_project = studio.project.project is not None
        reason = why_not(studio.runs.runs, studio.recipe.recipe, latest, studio.catalog, has_project=has_project)
        self.bar.show_reason(reason)
        ready = latest is not None and not reason
        self.bar.ahead.ask(studio.runs.recipe_job() if ready else None, latest.jobs if latest and ready else ())
        self.totals.show_state(tr("studio.recipe.working") if studio.previews.busy else "")
        if not studio.recipe.recipe.steps:
            self.set_state(PageState.EMPTY)
        elif latest is not None and (latest.problems or latest.error is not None):
            self.set_state(PageState.PROBLEM)
        else:
            self.set_state(PageState.READY)

    def _title(self, technique: str) -> str:
        card = self.studio.catalog.technique(technique)
        return pick(card.title) if card is not None else technique
