"""The part of the phone page that measures: it says what it is told of phones and benches, and asks for a job."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from engine.contract.phones import Against, BenchRow, keep
from engine.contract.project import ProjectFolder
from engine.contract.recipe import Step
from engine.contract.run.events import BenchMoment, BenchSample, Event, Finished, Hello
from engine.contract.run.folder import RunFolder
from engine.contract.run.job import BenchJob, Job
from engine.contract.run.lock import RunLock
from engine.contract.text.messages import Message
from studio.bound_texts import translator
from studio.i18n import text_of
from studio.stores.phone.benches import live_rows, live_sustained
from studio.stores.work.task import Task
from studio.studio import Studio
from studio.views.phone.bench_table import change_text
from studio.views.phone.page import MEASURE, PhonePage
from tests.studio.conftest import settle
from tests.studio.reading import cut, overlapping, untranslated
from tests.studio.stores.told_benches import COLD, WORDS, bench, line, phone, row
from tests.studio.stores.told_runs import line as event_line
from tests.studio.stores.told_runs import write_run

PATIENCE_MS = 60_000
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def page(studio: Studio, project: Path, qtbot: QtBot) -> Iterator[PhonePage]:
    base = write_run(project)
    write_run(project, "cut", base)
    made = PhonePage(studio)
    made.resize(1050, 700)
    made.show()
    studio.project.open(project)
    made.show_part(MEASURE)
    made.activated()
    qtbot.waitUntil(lambda: made.measure.run.count() == 2 and made.phones.list is not None, timeout=PATIENCE_MS)
    yield made
    studio.close()
    made.close()
    made.deleteLater()
    settle()


def tell(page: PhonePage, path: Path, text: str, count: int, qtbot: QtBot) -> None:
    """Have the watch tell of phones, and wait until the page shows so many."""
    with path.open("a") as file:
        file.write(text)
    # A layout shows what it is given a moment later, and Tab passes over what is not shown.
    qtbot.waitUntil(lambda: [row.isVisible() for row in page.devices.rows] == [True] * count, timeout=PATIENCE_MS)


def test_that_without_a_phone_the_page_says_how_to_connect_one(page: PhonePage) -> None:
    assert page.devices.empty.isVisible() and page.devices.simulate.isEnabled()
    assert not page.start.isEnabled() and "No phone" in page.start.toolTip()
    assert page.why.full == page.start.toolTip() and page.why.isVisible()


def test_that_a_problem_of_adb_stands_where_the_phones_would(page: PhonePage, told_phones: Path, qtbot: QtBot) -> None:
    tell(page, told_phones, line(problem=Message(code="studio.bench.no_adb")), 0, qtbot)
    qtbot.waitUntil(page.devices.problem.isVisible, timeout=PATIENCE_MS)
    assert "apt install adb" in page.devices.problem.text.text() and not page.devices.empty.isVisible()


@pytest.mark.parametrize("state", ["unauthorized", "offline", "no_permissions", "connecting", "silent", "unknown"])
def test_that_a_phone_that_cannot_be_used_says_what_to_do(
    page: PhonePage, told_phones: Path, state: str, qtbot: QtBot
) -> None:
    problem = Message(code="studio.bench.why_not_ready")
    tell(page, told_phones, line(phone(state=state, problem=problem)), 1, qtbot)
    listed = page.devices.rows[0]
    assert listed.state.text() and not listed.state.text().startswith("studio.")
    assert any(label.text().startswith("This phone cannot") for label in listed.findChildren(QLabel))
    assert not page.start.isEnabled() and page.start.toolTip()


def test_that_phones_come_go_and_are_chosen_by_key(page: PhonePage, told_phones: Path, qtbot: QtBot) -> None:
    tell(page, told_phones, line(phone("one"), phone("two", fp16=False)), 2, qtbot)
    assert page.phones.chosen == phone("one")
    page.activateWindow()
    page.devices.again.setFocus()
    for listed in page.devices.rows:
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        assert QApplication.focusWidget() is listed
    qtbot.keyClick(page.devices.rows[1], Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: page.phones.chosen == phone("two", fp16=False), timeout=PATIENCE_MS)
    assert not page.measure.precisions.buttons["fp16"].isEnabled() and "fp16" in page.measure.reasons.text()
    tell(page, told_phones, line(phone("one")), 1, qtbot)
    assert page.phones.chosen == phone("one") and page.measure.precisions.buttons["fp16"].isEnabled()


def test_that_the_button_starts_what_the_form_says(
    page: PhonePage, project: Path, told_phones: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Job] = []
    monkeypatch.setattr(page.studio.tasks, "start", asked.append)
    tell(page, told_phones, line(phone()), 1, qtbot)
    assert not page.start.isEnabled() and "benchmark_bin" in page.start.toolTip()
    assert page.why.full == page.start.toolTip()
    page.measure.tool.setText("/opt/benchmark_bin")
    assert page.why.full == ""
    qtbot.mouseClick(page.measure.precisions.buttons["fp32"], LEFT)
    qtbot.mouseClick(page.measure.threads.buttons["2"], LEFT)
    page.measure.pictures.setValue(7)
    qtbot.mouseClick(page.start, LEFT)
    (job,) = asked
    assert isinstance(job, BenchJob)
    runs = ProjectFolder(project).runs
    assert (job.run, job.base) == (str(runs / "0002-cut"), str(runs / "0001-train"))
    assert (job.serial, job.precisions, job.threads) == ("R5CT1", ("fp16", "int8"), (1, 4))
    assert (job.tool, job.libs, job.map_pictures, job.sustained_min) == ("/opt/benchmark_bin", None, 7, 0)
    assert page.phones.memory.get("tool") == "/opt/benchmark_bin"


def test_that_a_simulated_phone_needs_no_tool(page: PhonePage, told_phones: Path, qtbot: QtBot) -> None:
    tell(page, told_phones, line(phone(simulated=True)), 1, qtbot)
    job = page.measure.job()
    assert page.start.isEnabled() and job is not None and job.tool is None
    assert page.measure.own_tool.isVisible() and not page.measure.tool.isVisible()


def test_that_a_quantised_run_is_measured_in_int8_alone(
    page: PhonePage, project: Path, told_phones: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(page.studio.catalog.changed, timeout=PATIENCE_MS):
        page.studio.catalog.load()
    write_run(project, "int8", ProjectFolder(project).runs / "0001-train", steps=(Step(technique="quant_aware"),))
    tell(page, told_phones, line(phone(simulated=True)), 1, qtbot)
    qtbot.waitUntil(lambda: page.measure.run.count() == 3, timeout=PATIENCE_MS)
    page.measure.run.setCurrentIndex(page.measure.run.findData("0003-int8"))
    job = page.measure.job()
    assert job is not None and job.precisions == ("int8",)


def kept(page: PhonePage, project: Path, qtbot: QtBot, *, simulated: bool = False) -> None:
    """A bench of the chosen run, shown."""
    root = ProjectFolder(project).runs / "0002-cut"
    keep(root, bench("0002-cut", simulated=simulated))
    page.activated()
    qtbot.waitUntil(lambda: page.results.bench is not None, timeout=PATIENCE_MS)


def test_that_a_bench_is_shown_side_by_side(page: PhonePage, project: Path, qtbot: QtBot) -> None:
    kept(page, project, qtbot)
    cells = page.results.table.cells
    assert {key: cell.value.text() for key, cell in cells.items() if key[1] == 4} == {
        ("fp32", 4): "13.0 ms", ("fp16", 4): "7.50 ms", ("int8", 4): "8.40 ms",
    }  # fmt: skip
    assert len(cells) == 9
    fastest = [key for key, cell in cells.items() for label in cell.findChildren(QLabel) if label.text() == "fastest"]
    assert fastest == [("fp16", 4)] and page.results.history.isVisible()
    words = [label.text() for label in cells["fp16", 4].lines]
    assert "▼ -50.0 % against 0001-train (-53\u00a0…\u00a0-46\u00a0%)" in words and "memory 87 MB" in words
    assert "31 °C → 44 °C · 2.84 GHz → 1.90 GHz" in [
        label.text().replace("\u00a0", " ") for label in cells["fp32", 4].lines
    ]
    parity = page.results.table.parity
    assert [(name, cell.chip.property("tone")) for name, cell in parity.items()] == [
        ("fp32", "good"), ("fp16", "good"), ("int8", "bad"),
    ]  # fmt: skip
    assert len(page.results.verdicts) == 2
    assert page.results.sustained.points() == 90 and page.results.sustained.words.property("tone") == "bad"


def test_that_columns_keep_their_order_and_a_reason_is_told_once(page: PhonePage, qtbot: QtBot) -> None:
    failed = BenchRow(precision="fp16", backend="arm", threads=1, problem=WORDS)
    rows = [row("int8", 1, 9.0), row("int8", 2, 8.0), failed, failed.model_copy(update={"threads": 2})]
    rows += [row("fp32", 1, 20.0).model_copy(update={"backend": "opencl"}), row("fp32", 1, 30.0)]
    page.results.table.show_rows(rows, None, False, None)
    cells = page.results.table.cells
    qtbot.waitUntil(lambda: cells["int8", 1].x() > 0, timeout=PATIENCE_MS)
    names = ("fp32", "fp16", "int8", "fp32 OpenCL")
    assert sorted(names, key=lambda name: cells[name, 1].x()) == list(names)
    told = [[label.text() for label in cells["fp16", threads].lines] for threads in (1, 2)]
    assert told == [[text_of(WORDS)], []] and cells["fp16", 2].value.text() == "-"


def test_that_a_target_is_met_or_missed_and_kept(page: PhonePage, project: Path, qtbot: QtBot) -> None:
    kept(page, project, qtbot)
    page.results.target.setValue(8.0)
    tones = {
        name: [label.property("tone") for label in cell.lines if "8.00 ms" in label.text()]
        for name, cell in page.results.table.cells.items()
    }
    assert {name for name, tone in tones.items() if tone == ["good"]} == {("fp16", 4)}
    assert {tuple(tone) for name, tone in tones.items() if name != ("fp16", 4)} == {("bad",)}
    assert page.studio.project.choices.targets == {"phone_ms": 8.0}


def test_that_simulated_numbers_say_so_wherever_they_stand(page: PhonePage, project: Path, qtbot: QtBot) -> None:
    kept(page, project, qtbot, simulated=True)
    for cell in page.results.table.cells.values():
        assert "simulated" in [child.text() for child in cell.children() if hasattr(child, "text")]
    assert "simulated" in page.results.history.currentText() and "simulated" in page.results.sustained.words.text()
    page.results.copy.click()
    rows = [text for text in QGuiApplication.clipboard().text().splitlines() if text.startswith(("fp", "int"))]
    assert len(rows) == 9 and all(text.endswith("simulated") for text in rows)


def test_that_rows_appear_while_a_bench_goes_on(
    page: PhonePage, project: Path, told_phones: Path, qtbot: QtBot
) -> None:
    tell(page, told_phones, line(phone(simulated=True)), 1, qtbot)
    job = page.measure.job()
    assert job is not None
    task, lock = follow_told(page, project, job)
    qtbot.waitUntil(lambda: bool(page.results.table.cells), timeout=PATIENCE_MS)
    assert page.results.table.cells["fp32", 1].value.text() == "12.0 ms" and page.results.live
    assert page.results.sustained.points() == 1 and not page.start.isEnabled()
    assert "fastest" not in [child.text() for child in page.results.table.findChildren(QLabel)]
    with RunFolder(task.root).events.open("a") as file:
        file.write(event_line(5, Finished()))
    lock.close()
    qtbot.waitUntil(lambda: not page.results.live, timeout=PATIENCE_MS)
    assert page.start.isEnabled() and not page.bench_task.busy


def follow_told(page: PhonePage, project: Path, job: BenchJob) -> tuple[Task, RunLock]:
    """A bench that has told some curves, as if its worker was at it."""
    root = ProjectFolder(project).new_task("bench")
    lock = RunLock.take(RunFolder(root).lock)
    RunFolder(root).job.write_text(job.model_dump_json())
    told: list[Event] = [
        Hello(pid=1, versions={}, device="CPU"),
        *(BenchSample(precision="fp32", backend="arm", threads=1, ms=ms) for ms in (11.0, 12.0, 14.0)),
        BenchMoment(seconds=1, ms=9, temperature_c=30),
    ]
    RunFolder(root).events.write_text("".join(event_line(number, event) for number, event in enumerate(told)))
    task = Task(root, "", job, page.studio.following, page.studio.tasks)
    page.studio.tasks._add(task)
    return task, lock


def test_that_samples_become_rows_and_moments_points() -> None:
    rows = live_rows(BenchSample(precision="int8", backend="opencl", threads=4, ms=ms) for ms in (5.0, 7.0))
    assert [(row.precision, row.backend, row.threads, row.median_ms) for row in rows] == [("int8", "opencl", 4, 6.0)]
    (point,) = live_sustained([BenchMoment(seconds=2.5, ms=5.0, clock_mhz=900)])
    assert (point.seconds, point.ms, point.temperature_c, point.clock_mhz) == (2.5, 5.0, None, 900)


def test_that_a_change_within_the_spread_is_no_change() -> None:
    about = {"run": "base", "precision": "fp32", "backend": "arm", "threads": 1}
    same = Against.model_validate(
        about | {"base_ms": 10, "base_low_ms": 9, "base_high_ms": 11, "ms": 10.5, "low_ms": 9.5, "high_ms": 11.5}
    )
    text, tone = change_text(same)
    assert text.startswith("= +5.0 %") and tone == ""
    worse = same.model_copy(update={"ms": 14.0, "low_ms": 13.0, "high_ms": 15.0})
    assert change_text(worse)[0].startswith("▲ +40.0 %") and change_text(worse)[1] == "bad"


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("expert", [False, True])
def test_that_a_full_page_can_be_read(
    page: PhonePage, project: Path, told_phones: Path, language: str, expert: bool, qtbot: QtBot
) -> None:
    problem = Message(code="studio.bench.why_not_ready")
    tell(page, told_phones, line(phone(), phone("b", state="unauthorized", problem=problem, sensors=COLD)), 2, qtbot)
    kept(page, project, qtbot)
    page.studio.settings.update(expert=expert)
    translator.set_language("zh" if language == "zh" else "en")
    with contextlib.suppress(qtbot.TimeoutError):  # nested layouts take some rounds
        qtbot.waitUntil(lambda: not cut(page), timeout=10_000)
    assert cut(page) == []
    assert overlapping(page) == []
    if language == "zh":
        assert untranslated(page) == []
