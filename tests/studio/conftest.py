"""What the studio's tests run under: folders of their own, stores and windows that leave nothing behind."""

from __future__ import annotations

import gc
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QProcess, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.contract.catalog import Catalog
from engine.contract.text.resources import ROOT
from studio.bound_texts import translator
from studio.studio import Studio
from studio.theme import theme
from studio.views.shell.main_window import MainWindow
from studio.views.shell.pages import PAGES

MAKE_DATA = """
import sys
from pathlib import Path
from tests.fakes.datasets import shots, write_coco
write_coco(Path(sys.argv[1]), shots(train=6, val=2, test=2))
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the test's own: nobody's settings are read or written. Traced graphs are made once for all tests."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    for name, below in (("CONFIG", "config"), ("STATE", "state"), ("DATA", "data")):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(folder / below))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))
    return folder


@pytest.fixture(autouse=True)
def told_phones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file whose lines are what the watch for phones tells: no test looks for phones of the machine by itself."""
    path = tmp_path / "phones.jsonl"
    path.write_text('{"phones": []}\n')
    program = [str(ROOT / "tests" / "fakes" / "phones_watch.py"), str(path)]
    monkeypatch.setattr("studio.workers.lines.WORDS", program)
    return path


@pytest.fixture(scope="session", autouse=True)
def only_what_tests_make() -> None:
    """Sets what is loaded apart from what tests make: looking for what a test left took half of the time of all."""
    for page in PAGES.values():
        import_module(page.place.partition(":")[0])
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def nothing_left(qapp: QApplication) -> Iterator[None]:
    """Fails a test that leaves a window, a running timer, or a process behind; in English and light again after it."""
    before = set(children_of(os.getpid()))
    theme.name = "light"
    if not qapp.styleSheet():
        theme.apply(qapp)
    yield
    translator.set_language("en")
    theme.name = "light"
    settle()
    windows = [f"{type(widget).__name__} {widget.objectName()}" for widget in qapp.topLevelWidgets()]
    assert [name for name in windows if not name.startswith(("QComboBoxPrivate", "QTipLabel"))] == []
    held = [thing for thing in gc.get_objects() if isinstance(thing, QTimer | QProcess) and alive(thing)]
    assert [thing for thing in held if isinstance(thing, QProcess) or thing.isActive()] == []
    # A keeper whose run has ended is a moment behind it.
    deadline = time.monotonic() + 10
    while set(children_of(os.getpid())) - before and time.monotonic() < deadline:
        time.sleep(0.02)
    assert set(children_of(os.getpid())) - before == set()


@pytest.fixture
def studio() -> Iterator[Studio]:
    """All stores, without a window."""
    made = Studio()
    yield made
    made.close()
    made.deleteLater()
    settle()


@pytest.fixture
def window(studio: Studio, qtbot: QtBot) -> Iterator[MainWindow]:
    """The window over `studio`, shown at 1440 x 900."""
    yield from shown_window(MainWindow(studio), qtbot)


@pytest.fixture(scope="session")
def made_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small real project, made by the engine in a process of its own, for Qt and OpenCV do not go together."""
    folder = tmp_path_factory.mktemp("made")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(folder), "XDG_CACHE_HOME": str(folder / "cache")}
    words = ["--data", str(folder / "data"), "--detector", "ssdlite_mobilenet_v3_small", "--size", "96"]
    for call in (
        ["-c", MAKE_DATA, str(folder / "data")],
        ["-m", "engine", "new", str(folder / "signs"), *words, "--json"],
    ):
        subprocess.run([sys.executable, *call], check=True, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL)
    return folder / "signs"


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    """What `engine describe` tells; asked once."""
    call = [sys.executable, "-m", "engine", "describe", "--json"]
    told = json.loads(subprocess.run(call, check=True, cwd=ROOT, stdout=subprocess.PIPE).stdout)
    return Catalog.model_validate({name: told[name] for name in Catalog.model_fields})


@pytest.fixture
def project(made_project: Path, tmp_path: Path) -> Path:
    """A copy of the small project, of the test's own."""
    shutil.copytree(made_project, tmp_path / "signs")
    return tmp_path / "signs"


def shown_window(made: MainWindow, qtbot: QtBot) -> Iterator[MainWindow]:
    """A window on the screen, and its end with that of its stores."""
    made.resize(1440, 900)
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.leaving.quietly = True
    made.close()
    # As in studio.app: the stores tell their end while the window can still hear it.
    made.studio.close()
    made.deleteLater()
    settle()


def settle() -> None:
    """Let everything go that was told to."""
    for _ in range(3):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QCoreApplication.processEvents()
        gc.collect()


def alive(thing: QObject) -> bool:
    """Whether the C++ side is still there."""
    import shiboken6

    return shiboken6.isValid(thing)


def children_of(pid: int) -> list[int]:
    """The live child processes of a process."""
    found = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for path in found for child in path.read_text().split()]
