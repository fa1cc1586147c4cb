"""A real window on a real screen (Xvfb), driven by events of mouse and keyboard as the X server sends them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from engine.contract.text.resources import ROOT
from studio.views.recipe.page import RecipePage
from studio.views.shell.main_window import MainWindow
from studio.views.shell.pages import PAGES

PATIENCE_MS = 240_000
MISSING = [program for program in ("Xvfb", "xdotool") if shutil.which(program) is None]

pytestmark = [
    pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)} (Debian's xvfb and xdotool)"),
    pytest.mark.timeout(900),
]


@pytest.fixture
def screen() -> Iterator[str]:
    """The name of an empty display."""
    call = ["Xvfb", "-displayfd", "1", "-screen", "0", "1600x1000x24", "-dpi", "96", "-nolisten", "tcp"]
    with subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
        assert server.stdout is not None
        number = server.stdout.readline().decode().strip()
        assert number.isdigit()
        yield f":{number}"
        server.terminate()


class Hand:
    """A studio on a display, and the hand that works with it; `twin` is a window of ours that tells where things are.

    There is no window manager, so the window lies where it wants and takes the focus only when it is given.
    """

    def __init__(self, display: str, project: Path, home: Path, twin: MainWindow, qtbot: QtBot) -> None:
        self.project = project
        self.twin = twin
        self._qtbot = qtbot
        self._settings = home / "espalier" / "settings.json"
        self._environment = {**os.environ, "DISPLAY": display, "XDG_CONFIG_HOME": str(home)}
        studio = {**self._environment, "QT_QPA_PLATFORM": "xcb"}
        self.process = subprocess.Popen([sys.executable, "-m", "studio", str(project)], cwd=ROOT, env=studio)
        self._window = ""

    def take_hold(self) -> None:
        """Wait for the window and give it the focus."""
        self.wait_for(lambda: self._find() != "")
        self._window = self._find()
        self._do("windowmove", "--sync", self._window, "0", "0")
        self._do("windowfocus", "--sync", self._window)

    def _do(self, *words: str) -> str:
        call = ["xdotool", *words]
        done = subprocess.run(call, env=self._environment, capture_output=True, timeout=60)
        return done.stdout.decode().strip()

    def _find(self) -> str:
        return self._do("search", "--onlyvisible", "--name", f"^{self.project.name} .*Espalier$").split("\n")[0]

    def wait_for(self, seen: Callable[[], bool]) -> None:
        """Look until something has come about; the studio has to live as long."""

        def look() -> bool:
            return seen() or self.process.poll() is not None

        self._qtbot.waitUntil(look, timeout=PATIENCE_MS)
        assert seen(), f"the studio ended with status {self.process.poll()}"

    def press(self, keys: str) -> None:
        """Strike keys together."""
        self._do("key", "--clearmodifiers", keys)

    def type(self, text: str) -> None:
        """Strike keys one after another."""
        self._do("type", "--delay", "20", text)

    def click(self, like: QWidget) -> None:
        """Click where the widget is in the twin."""
        place = like.mapTo(self.twin, QPoint(min(60, like.width() // 2), like.height() // 2))
        self._do("mousemove", "--window", self._window, str(place.x()), str(place.y()), "click", "1")

    def page(self) -> str:
        """The page in front, as the studio remembers it."""
        return str(self._read(self._settings).get("last_page", ""))

    def wait_for_page(self, key: str) -> None:
        """Wait until a page is in front."""
        self.wait_for(lambda: self.page() == key)

    def recipe_name(self) -> str:
        """The name of the recipe that is being edited."""
        return str(self._read(self.project / "recipes" / ".working.json").get("name", ""))

    def _read(self, path: Path) -> dict[str, Any]:
        try:
            return dict(json.loads(path.read_text(encoding="utf-8")))
        except OSError:
            return {}

    def loaded(self) -> str:
        """Every file that is mapped into the process of the studio."""
        return Path(f"/proc/{self.process.pid}/maps").read_text()

    def end(self) -> None:
        """Make an end of the studio, whatever it is at."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(30)


@pytest.fixture
def hand(
    screen: str, project: Path, made_project: Path, tmp_path: Path, window: MainWindow, qtbot: QtBot
) -> Iterator[Hand]:
    shutil.copytree(made_project, tmp_path / "twin")
    assert window.studio.project.open(tmp_path / "twin")
    made = Hand(screen, project, tmp_path / "by hand", window, qtbot)
    try:
        made.take_hold()
        yield made
    finally:
        made.end()


def test_that_keys_mouse_and_typing_work_in_a_real_window(hand: Hand, qtbot: QtBot) -> None:
    for number, key in [*enumerate(PAGES, start=1), (1, "data")]:
        hand.press(f"ctrl+{number}")
        hand.wait_for_page(key)
    assert "libQt6XcbQpa" in hand.loaded()
    assert not any(name in hand.loaded().lower() for name in ("paddle", "cv2"))
    for key in ("compare", "recipe"):
        hand.click(hand.twin.rail.buttons[key])
        hand.wait_for_page(key)
    hand.twin.show_page("recipe")
    page = hand.twin.page
    assert isinstance(page, RecipePage)
    qtbot.wait(100)
    hand.click(page.bar.name)
    hand.press("ctrl+a")
    hand.type("made by hand")
    hand.press("Return")
    hand.wait_for(lambda: hand.recipe_name() == "made by hand")
    # Within a line of text the keys of undo belong to that line.
    hand.press("Tab")
    hand.press("ctrl+z")
    hand.wait_for(lambda: hand.recipe_name() == "recipe")
    hand.press("ctrl+shift+z")
    hand.wait_for(lambda: hand.recipe_name() == "made by hand")
    hand.press("ctrl+q")
    qtbot.waitUntil(lambda: hand.process.poll() is not None, timeout=PATIENCE_MS)
    assert hand.process.returncode == 0
    assert hand.page() == "recipe"
