"""The form of a fit, by mouse: what is proposed, what it becomes, what the engine refuses, what is remembered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractSpinBox
from pytestqt.qtbot import QtBot

from engine.contract.fit.front import FRONT
from engine.contract.fit.job import FitJob
from engine.contract.latency import PhoneChoice, PhoneEstimate, Share
from engine.contract.run.events import Artifact, Event, Finished, Hello
from engine.contract.run.folder import RunFolder
from engine.contract.text.messages import Message
from studio.stores.followed import Waiting
from studio.stores.phone.estimates import EstimateStore
from studio.stores.previews.previews import PreviewStore
from studio.stores.work.task import Task
from studio.stores.work.tasks import TasksStore
from studio.studio import Studio
from studio.views.compare.page import ComparePage
from studio.views.fit.dialog import FitDialog
from studio.views.fit.entry import FITS, begin_fit
from studio.views.shell.main_window import MainWindow
from studio.widgets.scrolled import Scrolled
from tests.studio.conftest import alive
from tests.studio.reach import out_of_reach
from tests.studio.stores.told_benches import WORDS, phone
from tests.studio.stores.told_benches import line as phones_line
from tests.studio.stores.told_fits import points_of, write_front
from tests.studio.stores.told_runs import figure, keep_figures, line, write_run

PATIENCE_MS = 60_000
BOXES = Share(part="post", ms=1.0, share=0.25)


@pytest.fixture
def run(project: Path) -> Path:
    """A run that can be cut, for it told of a checkpoint; what that holds matters to no form."""
    root = write_run(project, score=60.0, end=None)
    number = len(RunFolder(root).events.read_text().splitlines())
    with RunFolder(root).events.open("a") as stream:
        stream.write(line(number, Artifact(kind="checkpoint", path="checkpoints/best.safetensors", bytes=7)))
        stream.write(line(number + 1, Finished()))
    return root


@pytest.fixture(autouse=True)
def estimated(monkeypatch: pytest.MonkeyPatch) -> None:
    """What phones take is the test's: 4 ms on one thread, less on more, and a quarter more at the upper end."""
    monkeypatch.setattr(PreviewStore, "refresh", lambda self: None)

    def ask(self: EstimateStore, project: Path, run: str, choice: PhoneChoice) -> None:
        value = 4.0 / choice.threads
        told = figure("phone_ms", value, "ms", "estimated").model_copy(update={"low": value, "high": 1.25 * value})
        self.answer, self.choice = PhoneEstimate(figure=told, shares=(BOXES,), advice=WORDS), choice
        self.changed.emit()

    monkeypatch.setattr(EstimateStore, "ask", ask)


@pytest.fixture
def window_on(studio: Studio, window: MainWindow, project: Path, run: Path, qtbot: QtBot) -> MainWindow:
    assert studio.project.open(project)
    window.show_page("compare")
    page = window.page
    assert isinstance(page, ComparePage)
    qtbot.waitUntil(page.fit.isEnabled, timeout=PATIENCE_MS)
    return window


@pytest.fixture
def dialog(window_on: MainWindow, qtbot: QtBot) -> Iterator[FitDialog]:
    """Opened by the button of the Compare page."""
    page = window_on.page
    assert isinstance(page, ComparePage)
    qtbot.mouseClick(page.fit, Qt.MouseButton.LeftButton)
    made = page.findChild(FitDialog)
    assert isinstance(made, FitDialog) and made.isVisible()
    yield made


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[FitJob]:
    """Jobs that were started, of which nothing comes."""
    jobs: list[FitJob] = []
    real = TasksStore.start

    def start(self: TasksStore, job: FitJob, title: str | Message = "") -> Task:
        jobs.append(job)
        return real(self, job, title)

    monkeypatch.setattr(TasksStore, "start", start)
    monkeypatch.setattr("studio.stores.work.tasks.begin", lambda root: None)
    return jobs


def tick(dialog: FitDialog, name: str, qtbot: QtBot) -> None:
    limit = dialog.limits.rows[name]  # type: ignore[index]
    qtbot.mouseClick(limit.tick, Qt.MouseButton.LeftButton, pos=QPoint(10, limit.tick.height() // 2))


def write(field: QAbstractSpinBox, text: str, qtbot: QtBot) -> None:
    qtbot.mouseClick(field.lineEdit(), Qt.MouseButton.LeftButton)
    qtbot.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClicks(field, text)
    qtbot.keyClick(field, Qt.Key.Key_Tab)


def choose(combo, value: object) -> None:  # type: ignore[no-untyped-def]
    """Choose from a list, as a person does."""
    place = combo.findData(value)
    combo.setCurrentIndex(place)
    combo.activated.emit(place)


def test_that_a_part_of_what_counts_of_the_base_is_proposed(dialog: FitDialog, qtbot: QtBot) -> None:
    ms = dialog.limits.rows["ms"]
    assert dialog.run == "0001-train" and ms.tick.isChecked()
    assert ms.spin.value() == 0.88 and "1.25 ms" in ms.full, "of the upper end on four threads, boxes whole"
    choose(dialog.place.threads, 1)
    assert ms.spin.value() == 3.5
    write(ms.spin, "1.7", qtbot)
    assert ms.spin.value() == 1.7
    dialog.base.changed.emit()
    assert ms.spin.value() == 1.7, "what is told of the base again proposes nothing anew"
    choose(dialog.place.threads, 2)
    assert ms.spin.value() == 1.8, "another question, another proposal"
    assert "60.0" in dialog.limits.rows["points"].full


def test_that_the_phone_page_brings_its_phone_along(window_on: MainWindow) -> None:
    chosen = PhoneChoice(soc="SD835", threads=2, precision="int8")
    made = begin_fit(window_on.studio, "0001-train", window_on, chosen)
    assert made.place.chosen() == ("SD835", 2, "int8") and made.limits.rows["ms"].spin.value() == 1.8
    made.reject()


def test_that_what_was_typed_and_ticked_is_remembered(dialog: FitDialog, window_on: MainWindow, qtbot: QtBot) -> None:
    write(dialog.limits.rows["ms"].spin, "0.9", qtbot)
    tick(dialog, "points", qtbot)
    write(dialog.limits.rows["points"].spin, "1.5", qtbot)
    qtbot.mouseClick(dialog.more, Qt.MouseButton.LeftButton)
    write(dialog.lengths.spins["trials"], "3", qtbot)
    qtbot.mouseClick(dialog.away, Qt.MouseButton.LeftButton)
    page = window_on.page
    assert isinstance(page, ComparePage)
    again = FitDialog(page.studio, "0001-train", page)
    again.open()
    assert again.limits.rows["ms"].spin.value() == 0.9 and again.limits.rows["points"].spin.value() == 1.5
    assert again.lengths.isVisible() and again.choices().trials == 3 and "ms" in again.choices().on
    again.reject()


def test_that_a_form_that_is_higher_than_the_screen_is_scrolled_and_comes_to_rest(
    dialog: FitDialog, qtbot: QtBot
) -> None:
    qtbot.mouseClick(dialog.more, Qt.MouseButton.LeftButton)
    (area,) = dialog.findChildren(Scrolled)
    bar, sizes = area.verticalScrollBar(), []
    qtbot.waitUntil(lambda: bar.isVisible() and bar.maximum() > 0, timeout=PATIENCE_MS)
    qtbot.wait(200)
    for _ in range(40):
        qtbot.wait(10)
        sizes.append((dialog.size(), bar.isVisible()))
    assert len({(size.width(), size.height(), shown) for size, shown in sizes}) == 1
    assert out_of_reach(dialog) == []


def test_that_without_a_target_the_button_says_why_it_is_off(dialog: FitDialog, qtbot: QtBot) -> None:
    tick(dialog, "ms", qtbot)
    tick(dialog, "points", qtbot)
    assert not dialog.go.isEnabled() and "Tick" in dialog.go.toolTip() and not dialog.place.soc.isEnabled()
    tick(dialog, "macs", qtbot)
    assert dialog.go.isEnabled()


def test_that_this_machine_has_one_thread_and_its_base_is_measured(dialog: FitDialog, run: Path, qtbot: QtBot) -> None:
    choose(dialog.place.precision, "fp16")
    choose(dialog.place.soc, "host")
    assert dialog.choices().threads == 1 and dialog.choices().precision == "fp32"
    assert not dialog.place.threads.isVisible() and dialog.base.measure.isVisible()
    keep_figures(run, "host", [figure("host_ms_total", 4.0, "ms"), figure("host_ms_network", 3.0, "ms")])
    qtbot.waitUntil(lambda: dialog.limits.rows["ms"].spin.value() == 2.8, timeout=PATIENCE_MS)
    assert "measured here" in dialog.limits.rows["ms"].full and not dialog.base.measure.isVisible()


def test_that_a_phone_that_is_plugged_in_may_measure(
    dialog: FitDialog, told_phones: Path, begun: list[FitJob], qtbot: QtBot
) -> None:
    assert not dialog.place.measure.isVisible()
    with told_phones.open("a") as told:
        told.write(phones_line(phone(soc_key="SD865", soc="Snapdragon 865")))
    qtbot.waitUntil(dialog.place.measure.isVisible, timeout=PATIENCE_MS)
    choose(dialog.place.measure, "R5CT1")
    dialog.place.measure.setFocus()
    qtbot.mouseClick(dialog.go, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(begun) == 1, timeout=PATIENCE_MS)
    assert begun[0].device == "R5CT1" and begun[0].phone == "SD865"
    choose(dialog.place.soc, "SD855")
    assert dialog.place.device is None, "another chip is not the one that is plugged in"


def test_that_a_fit_that_begins_is_shown(
    dialog: FitDialog, window_on: MainWindow, begun: list[FitJob], qtbot: QtBot
) -> None:
    studio = window_on.studio
    qtbot.mouseClick(dialog.go, Qt.MouseButton.LeftButton)
    assert dialog._task is not None and not dialog.go.isEnabled() and "Looking" in dialog.state.text()
    task = dialog._task
    (job,) = begun
    assert (job.phone, job.threads, job.ms, job.start) == ("SD855", 4, 0.88, str(job.start))
    qtbot.waitUntil(lambda: (task.root / "job.json").is_file(), timeout=PATIENCE_MS)
    write_front(task.root, job, points_of()[:1])
    told: tuple[Event, ...] = (
        Hello(pid=1, versions={}, device="CPU"),
        Artifact(kind=FRONT, path="front.json", bytes=1),
    )
    (task.root / "events.jsonl").write_text("".join(line(number, event) for number, event in enumerate(told)))
    qtbot.waitUntil(lambda: not alive(dialog) or not dialog.isVisible(), timeout=PATIENCE_MS)
    page = window_on.page
    assert isinstance(page, ComparePage) and page.body.currentIndex() == FITS
    qtbot.waitUntil(lambda: studio.fits.shown is not None and studio.fits.shown.root == task.root, timeout=PATIENCE_MS)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_that_a_fit_that_waits_for_its_turn_leaves_the_form_and_is_not_given_up(
    dialog: FitDialog, begun: list[FitJob], window_on: MainWindow, qtbot: QtBot
) -> None:
    told: list[object] = []
    dialog.begun.connect(told.append)
    qtbot.mouseClick(dialog.go, Qt.MouseButton.LeftButton)
    (task,) = window_on.studio.tasks.tasks
    task.stand(Waiting(0, 0.0, "waiting"))
    assert dialog.isVisible() and begun, "it begins at once: what the engine refuses is said here"
    task.stand(Waiting(2, None, "waiting"))
    assert told == [task] and not dialog.isVisible() and not task.ended


def test_that_what_the_engine_refuses_is_said_in_the_form(
    dialog: FitDialog, window_on: MainWindow, qtbot: QtBot
) -> None:
    tick(dialog, "points", qtbot)
    write(dialog.limits.rows["points"].spin, "0", qtbot)
    qtbot.mouseClick(dialog.go, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(dialog.problem.isVisible, timeout=4 * PATIENCE_MS)
    assert "and 0 points that" in dialog.problem.text.text() and dialog.go.isEnabled() and dialog.isVisible()
    studio = window_on.studio
    qtbot.waitUntil(lambda: studio.fits.fits == (), timeout=PATIENCE_MS)
    qtbot.wait(500)
    assert studio.tasks.tasks == [] and studio.fits.fits == ()
    qtbot.keyClick(dialog.limits.rows["points"].spin, Qt.Key.Key_Up)
    assert not dialog.problem.isVisible(), "what was refused is not what is asked for now"
    qtbot.mouseClick(dialog.away, Qt.MouseButton.LeftButton)


def test_that_a_run_is_fitted_from_the_table_by_key_and_from_the_menu_of_the_window(
    window_on: MainWindow, qtbot: QtBot
) -> None:
    page = window_on.page
    assert isinstance(page, ComparePage)
    page.table.select("0001-train")
    qtbot.keyClick(page.table, Qt.Key.Key_F)
    first = page.findChild(FitDialog)
    assert isinstance(first, FitDialog) and first.run == "0001-train"
    first.reject()
    window_on.registry.run("fit")
    second = window_on.findChildren(FitDialog)[-1]
    assert second.isVisible()
    second.reject()
