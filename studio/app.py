"""The process of the window: its start, what becomes of a bug, its end."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import traceback
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QCoreApplication,
    QMessageLogContext,
    QSocketNotifier,
    QTimer,
    QtMsgType,
    qInstallMessageHandler,
)
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from engine.contract.system.folders import state_folder
from engine.contract.text.display import require_display
from engine.contract.text.messages import Message, UserError
from studio.bound_texts import system_language, translator
from studio.theme import ICONS, theme

if TYPE_CHECKING:
    from studio.studio import Studio
    from studio.views.shell.main_window import MainWindow

WARM_MS = 1500


def main(argv: list[str]) -> int:
    """Open the window, on a project if one is named, and stay until it is closed; exit status 2 without a screen."""
    forget_foreign_qt()
    try:
        require_display()
    except UserError as error:
        print(f"espalier: {error}", file=sys.stderr)
        return 2
    with qt_messages_logged():
        return _stay_open(argv)


def _stay_open(argv: list[str]) -> int:
    app = QApplication(argv)
    named = app.arguments()[1:2]
    studio, window = open_window(app)
    sys.excepthook = _Failures(window)
    watch = _end_on_signals(app, window)
    window.show()
    # After the first paint: an open project is painted first, and the catalogue is not needed for that.
    QTimer.singleShot(0, studio.catalog.load)
    QTimer.singleShot(WARM_MS, lambda: warm_up(studio, window))
    project = named[0] if named else studio.settings.value.last_project
    if named or studio.project.is_project(project or "/"):
        studio.project.open(project)
    status = app.exec()
    del watch
    sys.excepthook = sys.__excepthook__
    studio.close()
    return status


def open_window(app: QApplication) -> tuple[Studio, MainWindow]:
    """All stores and the window over them, in the language and the theme that the settings say; not shown yet."""
    from studio.studio import Studio
    from studio.views.shell.main_window import MainWindow

    QCoreApplication.setApplicationName("espalier")
    app.setApplicationDisplayName("Espalier")
    app.setDesktopFileName("espalier")
    app.setWindowIcon(QIcon(str(ICONS / "espalier.svg")))
    studio = Studio()
    settings = studio.settings.value
    translator.set_language(settings.language or system_language())
    theme.name = settings.theme
    theme.apply(app)
    return studio, MainWindow(studio)


def warm_up(studio: Studio, window: MainWindow) -> None:
    """Import, beside the window, what pages are made of, then build them: opening one would stand still for that."""
    from studio.views.shell.ahead import BuiltAhead

    entries = list(window.entries.values())

    def load() -> None:
        for entry in entries:
            entry.load()
        import_module("pyqtgraph")

    studio.background.run(load, lambda _: BuiltAhead(window).start())


def forget_foreign_qt() -> None:
    """OpenCV's wheel points Qt at plugins of its own, for its own Qt: whoever started us may have passed that on."""
    for name, value in list(os.environ.items()):
        if name.startswith("QT_") and "cv2" in value:
            del os.environ[name]


def log_file() -> Path:
    """Where the studio writes down its own bugs and what Qt says."""
    return state_folder() / "studio.log"


def write_down(text: str) -> Path:
    """Add to the log what happened now, and return where it stands: in the log, or on the terminal if that is full."""
    path = log_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as log:
            log.write(f"{datetime.now().astimezone().isoformat()}\n{text}\n")
    except OSError:
        return Path("/dev/stderr")
    return path


@contextmanager
def qt_messages_logged() -> Iterator[None]:
    """Have what Qt says to itself written to the log; the terminal is told only of what Qt cannot go on with."""
    earlier = qInstallMessageHandler(_QtMessages())
    try:
        yield
    finally:
        qInstallMessageHandler(earlier)


class _QtMessages:
    def __init__(self) -> None:
        self._last: deque[str] = deque(maxlen=3)

    def __call__(self, kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
        path = write_down(f"Qt: {context.category}: {text}\n")
        self._last.append(text.strip())
        if kind == QtMsgType.QtFatalMsg:  # what it said before may tell why, and what to install
            text = "\n".join(self._last)
        if kind in (QtMsgType.QtCriticalMsg, QtMsgType.QtFatalMsg):
            print(f"espalier: {text.strip()} ({path})", file=sys.stderr, flush=True)


class _Failures:
    """The one excepthook: writes a bug down, shows that there was one, and goes on."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    def __call__(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QCoreApplication.quit()
            return
        text = "".join(traceback.format_exception(kind, error, trace))
        print(text, file=sys.stderr)
        path = write_down(text)
        if threading.current_thread() is threading.main_thread():
            reason = f"{kind.__name__}: {error}"
            self._window.tell(Message(code="studio.core.bug_logged", args={"reason": reason, "path": str(path)}))


def _end_on_signals(app: QApplication, window: MainWindow) -> object:
    """Close the window in order on Ctrl-C, SIGTERM and at the end of the session; keep what is returned."""

    def end(*_: object) -> None:
        window.leaving.quietly = True
        app.closeAllWindows()

    app.commitDataRequest.connect(lambda _: setattr(window.leaving, "quietly", True))
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    # Python runs its handlers only when it is executing; the byte in the socket wakes Qt, and with it Python.
    signal.set_wakeup_fd(theirs.fileno())
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    notifier = QSocketNotifier(ours.fileno(), QSocketNotifier.Type.Read)
    notifier.activated.connect(lambda: ours.recv(64))
    return notifier, ours, theirs
