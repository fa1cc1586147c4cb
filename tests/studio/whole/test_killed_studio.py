"""A studio that is killed while a run trains: the run goes on, and the next studio shows it whole and stops it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from engine.contract.project import ProjectFolder
from engine.contract.run.events import Metric
from engine.contract.run.folder import RunFolder, start
from engine.contract.run.job import TrainJob
from engine.contract.run.settings import TrainSettings
from engine.contract.run.state import fold
from engine.contract.run.stopping import stop
from engine.contract.run.tail import EventTail
from engine.contract.system.locks import is_locked
from engine.contract.system.processes import group_members
from engine.contract.text.resources import ROOT
from studio.stores.run import Run
from studio.views.shell.main_window import MainWindow
from studio.views.shell.pages import PAGES
from studio.views.train.page import TrainPage

PATIENCE_S = 300
FOREIGN = ("paddle", "cv2")


@pytest.fixture
def training(project: Path) -> Iterator[RunFolder]:
    """A real training that goes on for as long as a test may need."""
    folder = ProjectFolder(project)
    settings = TrainSettings(epochs=10_000, batch_size=2, threads=1, evaluate_every=0, checkpoint_every=20)
    job = TrainJob(choice=folder.load().detector, index=str(folder.index), settings=settings)
    run = RunFolder(folder.new_run("train"))
    run.job.write_text(job.model_dump_json())
    start(run.root)
    yield run
    stop(run.root)


@pytest.fixture
def first(project: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The process of a studio on the project, in a session of its own."""
    call = [sys.executable, "-m", "studio", str(project)]
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    with subprocess.Popen(call, cwd=ROOT, env=environment, start_new_session=True) as process:
        yield process
        kill_group(process)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL to a process and all that it started in its session."""
    if group_members(process.pid):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(30)


def points(run: RunFolder) -> int:
    """Points of the loss curve in the file so far."""
    return sum(isinstance(event, Metric) and event.name == "loss" for event in EventTail(run.events).read())


def wait_for_more_than(count: int, run: RunFolder) -> int:
    """Wait until the run has told more points than that."""
    deadline = time.monotonic() + PATIENCE_S
    while (now := points(run)) <= count:
        assert time.monotonic() < deadline and is_locked(run.lock), run.last_log_lines()
        time.sleep(0.1)
    return now


def is_open(project: Path, process: subprocess.Popen[bytes]) -> bool:
    """Whether a studio's process has opened the project: its settings name it then."""
    assert process.poll() is None
    settings = Path(os.environ["XDG_CONFIG_HOME"]) / "espalier" / "settings.json"
    return settings.is_file() and f'"last_project": "{project}"' in settings.read_text()


@pytest.mark.timeout(1200)
def test_that_a_run_outlives_a_killed_studio_and_the_next_one_has_it_whole(
    project: Path, training: RunFolder, first: subprocess.Popen[bytes], window: MainWindow, qtbot: QtBot
) -> None:
    qtbot.waitUntil(lambda: is_open(project, first), timeout=1000 * PATIENCE_S)
    before = wait_for_more_than(2, training)
    kill_group(first)
    assert is_locked(training.lock)
    wait_for_more_than(before + 2, training)

    studio = window.studio
    assert studio.project.open(project)
    window.show_page("train")
    page = window.page
    assert isinstance(page, TrainPage) and page.curves is not None
    (run,) = studio.runs.runs
    assert isinstance(run, Run)
    qtbot.waitUntil(lambda: run.status == "running" and run.caught_up, timeout=1000 * PATIENCE_S)
    qtbot.waitUntil(lambda: page.header.cancel.isVisible(), timeout=1000 * PATIENCE_S)
    page.header.cancel.click()
    began = time.monotonic()
    qtbot.waitUntil(lambda: run.status == "cancelled", timeout=1000 * PATIENCE_S)
    stopped = time.monotonic() - began
    qtbot.wait(max(0, round(1000 * (10 - stopped))))
    assert processes_of(training) == []
    events = EventTail(training.events).read()
    assert run.state == fold(events) and [event.seq for event in events] == list(range(len(events)))
    assert page.curves.points("loss") == len(run.state.metrics["loss"]) > before


def processes_of(run: RunFolder) -> list[str]:
    """The command lines of the live processes that were started on a run."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        if str(run.root) in words:
            found.append(" ".join(words))
    return found


@pytest.mark.timeout(1200)
def test_that_nothing_of_paddle_or_opencv_is_in_the_process_of_the_window(project: Path, tmp_path: Path) -> None:
    said = tmp_path / "maps.txt"
    code = f"""
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from studio import app
from studio.views.shell.pages import PAGES
application = QApplication(["studio"])
studio, window = app.open_window(application)
window.show()
studio.catalog.changed.connect(lambda: QTimer.singleShot(0, walk))
pages = list(PAGES)
def walk():
    if pages:
        window.show_page(pages.pop(0))
        QTimer.singleShot(500, walk)
    else:
        Path({str(said)!r}).write_text(Path("/proc/self/maps").read_text())
        window.close()
assert studio.project.open({str(project)!r})
studio.catalog.load()
application.exec()
studio.close()
assert sorted(window.pages) == sorted(PAGES)
"""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, check=True, timeout=PATIENCE_S)
    maps = said.read_text()
    assert "libQt6Widgets" in maps and "libQt6Core" in maps
    assert [line for line in maps.splitlines() if any(name in line.lower() for name in FOREIGN)] == []
    assert len(PAGES) == 6
