"""The main job in the window, by mouse and keys, with the real engine: from a base training to a file for a phone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QScrollArea,
    QSlider,
    QStyle,
    QStyleOptionSlider,
    QWidget,
)
from pytestqt.qtbot import QtBot

from engine.contract.run.job import TrainJob
from engine.contract.system.locks import is_locked
from studio.presenters.page_state import PageState
from studio.stores.run import Run
from studio.views.compare.page import ComparePage
from studio.views.page import Page
from studio.views.phone.page import EXPORT, PhonePage
from studio.views.recipe.page import RecipePage
from studio.views.shell.main_window import MainWindow
from studio.views.train.page import TrainPage
from studio.widgets.schema.editors import ChoiceEditor, SliderEditor, SpinEditor
from studio.widgets.schema.form import SchemaForm

PATIENCE_MS = 400_000
LEFT = Qt.MouseButton.LeftButton
P = TypeVar("P", bound=Page)


class Person:
    """Does with the window what a person does, and waits for what it shows."""

    def __init__(self, window: MainWindow, qtbot: QtBot) -> None:
        self.window = window
        self.studio = window.studio
        self._qtbot = qtbot

    def wait_for(self, seen: Callable[[], bool]) -> None:
        """Look at the window until something is to be seen; what it says of a failure ends the waiting."""

        def failure() -> str:
            latest = self.studio.previews.latest
            told = f"{latest.error or ''} {[problem.message for problem in latest.problems] or ''}" if latest else ""
            return told.strip() or (self.window.banner.text.text() if self.window.banner.isVisible() else "")

        self._qtbot.waitUntil(lambda: seen() or bool(failure()), timeout=PATIENCE_MS)
        assert seen(), failure()

    def click(self, button: QWidget) -> None:
        """Press a button that can be seen and pressed."""
        bring_into_view(button)
        assert button.isVisible() and button.isEnabled(), button.toolTip()
        self._qtbot.mouseClick(button, LEFT)

    def go_to(self, kind: type[P]) -> P:
        """Press a button of the rail."""
        self.click(self.window.rail.buttons[kind.key])
        page = self.window.page
        assert isinstance(page, kind)
        return page

    def type_into(self, field: QAbstractSpinBox, text: str) -> None:
        """Write over what a field holds."""
        bring_into_view(field)
        self._qtbot.mouseClick(field, LEFT)
        field.selectAll()
        self._qtbot.keyClicks(field, text)
        self._qtbot.keyClick(field, Qt.Key.Key_Return)

    def set_number(self, form: SchemaForm, name: str, text: str) -> None:
        """Write a number into a field of a form."""
        editor = form.rows[name].editor
        assert isinstance(editor, SpinEditor) and editor.isVisible()
        self.type_into(editor.spin, text)

    def choose(self, form: SchemaForm, name: str, value: str) -> None:
        """Take one of a few values of a form, side by side or in a list."""
        editor = form.rows[name].editor
        assert isinstance(editor, ChoiceEditor) and editor.isVisible()
        place = editor.field.choices.index(value)
        if editor.segments is not None:
            self.click(editor.segments.findChildren(QAbstractButton)[place])
            return
        combo = editor.combo
        assert combo is not None
        combo.setFocus()
        key = Qt.Key.Key_Down if place > combo.currentIndex() else Qt.Key.Key_Up
        for _ in range(abs(place - combo.currentIndex())):
            self._qtbot.keyClick(combo, key)

    def pull(self, slider: QSlider, share: float) -> None:
        """Pull the handle of a slider to a place between 0 and 1 of its length."""
        bring_into_view(slider)
        place = handle_of(slider)
        goal = QPoint(round(share * slider.width()), place.y())
        self._qtbot.mousePress(slider, LEFT, pos=place)
        for step in range(1, 6):
            self._qtbot.mouseMove(slider, place + (goal - place) * step / 5)
        self._qtbot.mouseRelease(slider, LEFT, pos=goal)

    def newest(self, count: int) -> Run:
        """The latest run, once there are `count` and it has ended well and let go of its folder."""
        runs = self.studio.runs.runs
        ended = ("finished", "failed", "lost", "cancelled")
        self.wait_for(lambda: len(runs) == count and runs[-1].status in ended)
        run = runs[-1]
        assert run.status == "finished", (run.error, run.folder.last_log_lines())
        self.wait_for(lambda: not is_locked(run.folder.lock))
        return run


def bring_into_view(widget: QWidget) -> None:
    """Scroll to a widget, as a person does before using it."""
    above = widget.parentWidget()
    while above is not None:
        if isinstance(above, QScrollArea):
            above.ensureWidgetVisible(widget)
        above = above.parentWidget()
    QApplication.processEvents()


def handle_of(slider: QSlider) -> QPoint:
    """The middle of a slider's handle."""
    option = QStyleOptionSlider()
    slider.initStyleOption(option)
    part = QStyle.SubControl.SC_SliderHandle
    return slider.style().subControlRect(QStyle.ComplexControl.CC_Slider, option, part, slider).center()


@pytest.fixture
def person(window: MainWindow, qtbot: QtBot) -> Person:
    made = Person(window, qtbot)
    window.studio.catalog.load()
    made.wait_for(lambda: window.studio.catalog.catalog is not None)
    return made


@pytest.mark.timeout(1800)
def test_that_the_whole_job_is_done_by_mouse(person: Person, project: Path) -> None:
    open_from_the_start_page(person, project)
    base = train_a_base(person)
    macs = make_a_recipe(person)
    cut = run_the_recipe(person, base)
    assert cut.parent == base.name
    figure = cut.figure("macs")
    assert figure is not None and figure.value == macs
    see_two_pictures(person, base, cut)
    export_for_the_phone(person, cut, project)
    assert not person.window.banner.isVisible(), person.window.banner.text.text()


def open_from_the_start_page(person: Person, project: Path) -> None:
    window = person.window
    person.studio.settings.update(recent=(str(project),))
    buttons = window.start.recent.findChildren(QAbstractButton)
    person.click(next(button for button in buttons if button.accessibleName().endswith(project.name)))
    assert window.windowTitle() == "signs – Espalier" and window.page is window.pages["data"]


def train_a_base(person: Person) -> Run:
    """Two epochs of three steps from the form; the curve grows point by point."""
    page = person.go_to(TrainPage)
    form = page.form.form
    person.click(form.more)
    for name, text in (("epochs", "2"), ("batch_size", "2"), ("threads", "1")):
        person.set_number(form, name, text)
    person.click(page.form.start)
    curves = page.curves
    assert curves is not None
    seen: list[int] = []
    person.wait_for(lambda: page.stack.currentWidget() is page.run_view)
    person.studio.runs.runs[0].told.connect(lambda _: seen.append(curves.points("loss")))
    person.wait_for(lambda: page.state is PageState.BUSY)
    run = person.newest(1)
    assert isinstance(run.job, TrainJob)
    assert (run.job.settings.epochs, run.job.settings.batch_size, run.job.settings.threads) == (2, 2, 1)
    assert seen == sorted(seen) and len(set(seen)) > 2 and seen[-1] == 6
    person.wait_for(lambda: curves.points("map") == 2 and page.state is PageState.DONE)
    person.wait_for(lambda: len(curves.loss.lines["loss"].series) == 6)
    return run


def make_a_recipe(person: Person) -> float:
    """One pruning step of one epoch; pulling its slider changes the totals. Returns the MACs that are promised."""
    page = person.go_to(RecipePage)
    person.click(page.start.add)
    assert page._gallery is not None
    person.click(page._gallery.buttons["filter_prune"])
    card, macs = page.stack.cards[0], page.totals.rows["macs"]
    person.choose(card.form, "recovery", "own")
    person.set_number(card.form, "epochs", "1")
    previews = person.studio.previews
    person.wait_for(lambda: macs.change.text().startswith("▼") and not previews.busy)
    before, promised = macs.now.text(), value_of(person, "macs")
    editor = card.form.rows["ratio"].editor
    assert isinstance(editor, SliderEditor)
    person.pull(editor.slider, 0.75)
    person.wait_for(lambda: macs.now.text() != before and not previews.busy)
    assert person.studio.recipe.recipe.steps[0].params["ratio"] > 0.5
    assert value_of(person, "macs") < promised and value_of(person, "params") > 0
    assert "-" in card.chips.chips["macs"].text() and page.totals.command.text().startswith("espalier compress")
    assert page.state is PageState.READY, page.problem.text()
    return value_of(person, "macs")


def value_of(person: Person, name: str) -> float:
    latest = person.studio.previews.latest
    assert latest is not None and latest.error is None and latest.problems == ()
    return next(figure.value for figure in latest.figures if figure.name == name)


def run_the_recipe(person: Person, base: Run) -> Run:
    page = person.go_to(RecipePage)
    person.wait_for(page.bar.run.isEnabled)
    assert person.studio.recipe.base_run == base.name
    person.click(page.bar.run)
    train = person.window.page
    assert isinstance(train, TrainPage)
    (task,) = person.studio.tasks.tasks
    run = person.newest(2)
    person.wait_for(lambda: task.ended)
    assert task.status == "finished", task.error
    train.show_run(run)
    assert train.curves is not None and train.curves.points("loss") == 3
    return run


def see_two_pictures(person: Person, base: Run, cut: Run) -> None:
    """Both pictures of the validation data under the boxes of both runs, at the lowest threshold there is."""
    page = person.go_to(ComparePage)
    pictures = page.pictures
    person.wait_for(lambda: page._names == (base.name, cut.name))
    pictures.threshold.setFocus()
    person._qtbot.keyClick(pictures.threshold, Qt.Key.Key_Home)
    shown = set()
    for _ in range(2):
        person.wait_for(lambda: min(pictures.view.counts()[:2]) > 0 and not pictures.view._image.isNull())
        assert not pictures.problem.isVisible() and not pictures.grab().isNull()
        shown.add(pictures._path)
        person.click(pictures.foot.next)
    assert len(shown) == pictures.total() == 2
    assert [row.name for row in page.model.rows] == [base.name, cut.name]
    assert page.model.rows[1].deltas["macs"] is not None


def export_for_the_phone(person: Person, cut: Run, project: Path) -> None:
    page = person.go_to(PhonePage)
    person.click(page.parts.findChildren(QAbstractButton)[EXPORT])
    assert page.form.run.currentData() == cut.name
    person.click(page.form.target.buttons["arm"])
    person.click(page.form.precision.buttons["fp32"])
    person.click(page.form.start)
    person.wait_for(lambda: page.list.count() == 1 and not page.task.busy)
    assert page.task.failure.isHidden(), page.task.failure.text.text()
    out = project / "exports" / f"{cut.name}-arm-fp32"
    assert (out / "model.nb").stat().st_size > 100_000 and (out / "model.json").is_file()
    assert page.card.isVisible() and page.card.path.full == str(out)
    texts = [label.text() for label in page.card.findChildren(QWidget) if hasattr(label, "text")]
    assert any("model.nb" in text for text in texts) and any("filter_prune" in text for text in texts)
    assert page.state is PageState.DONE
