"""The process of the window: what Qt says to itself, and what stays on the terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from engine.contract.text.resources import ROOT

TALKING = """
from PySide6.QtCore import qCritical, qFatal, qWarning
from studio.app import qt_messages_logged
with qt_messages_logged():
    qWarning("chatter")
    {}
"""


def talk(folder: Path, last: str) -> tuple[list[str], str]:
    """The lines on the terminal and the log of a process whose Qt chatters, and that ends with `last`."""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "XDG_STATE_HOME": str(folder)}
    call = [sys.executable, "-c", TALKING.format(last)]
    done = subprocess.run(call, capture_output=True, text=True, cwd=ROOT, env=environment)
    log = folder / "espalier" / "studio.log"
    assert done.returncode != 0 and done.stdout == ""
    return done.stderr.replace(str(log), "LOG").splitlines(), log.read_text(encoding="utf-8")


def test_that_qt_talks_to_the_log_and_only_trouble_is_on_the_terminal(tmp_path: Path) -> None:
    shown, log = talk(tmp_path, "qCritical('trouble'); raise LookupError('ours')")
    assert shown[0] == "espalier: trouble (LOG)"
    assert shown[1].startswith("Traceback") and shown[-1] == "LookupError: ours"
    assert "Qt: default: chatter\n" in log and "Qt: default: trouble\n" in log


def test_that_what_ends_qt_is_told_with_what_it_said_before(tmp_path: Path) -> None:
    shown, log = talk(tmp_path, "qFatal('no window can be opened')")
    assert shown[:2] == ["espalier: chatter", "no window can be opened"] and shown[2].endswith("(LOG)")
    assert "Qt: default: no window can be opened\n" in log
