"""Notifications of the desktop, by org.freedesktop.Notifications; where there is no such service nothing happens.

PySide has no unsigned number, which `Notify` asks for and services insist on. So the desktop's own program says it, and
Qt only listens for the click.
"""

from __future__ import annotations

import re
import shutil

from PySide6.QtCore import SLOT, QObject, QProcess, Signal, Slot
from PySide6.QtDBus import QDBusConnection, QDBusMessage

from engine.contract.system.places import has_session_bus
from studio.workers.engine_process import end_process

_SERVICE, _PATH = "org.freedesktop.Notifications", "/org/freedesktop/Notifications"
_KEPT = 20
"""So many notifications can still be clicked on; a desktop keeps no more of one program."""


class Desktop(QObject):
    """`clicked` tells the key of the notification that was clicked on."""

    clicked = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._keys: dict[int, str] = {}
        self._calls: list[QProcess] = []
        self._bus: QDBusConnection | None = None

    def notify(self, key: str, title: str, text: str, action: str) -> None:
        """Show a notification; `action` is what a click on it does, in words."""
        program = _program(title, text, action)
        if program is None or not self._listen():
            return
        call = QProcess(self)
        call.setStandardErrorFile(QProcess.nullDevice())
        call.finished.connect(lambda: self._told(call, key))
        call.errorOccurred.connect(lambda _: self._end(call))
        self._calls.append(call)
        call.start(program[0], program[1:])

    def close(self) -> None:
        """End what is under way."""
        for call in list(self._calls):
            self._end(call)

    @Slot(QDBusMessage)
    def acted(self, message: QDBusMessage) -> None:
        """Somebody clicked on a notification, perhaps one of another program."""
        number = next(iter(message.arguments()), None)
        key = self._keys.pop(number, None) if isinstance(number, int) else None
        if key is not None:
            self.clicked.emit(key)

    def _listen(self) -> bool:
        if self._bus is None and has_session_bus():
            bus = QDBusConnection.sessionBus()
            if bus.isConnected():
                slot = SLOT("acted(QDBusMessage)")
                bus.connect("", _PATH, _SERVICE, "ActionInvoked", self, slot)  # type: ignore[call-overload]
                self._bus = bus
        return self._bus is not None

    def _told(self, call: QProcess, key: str) -> None:
        number = re.search(r"(\d+)\D*$", bytes(call.readAllStandardOutput().data()).decode("ascii", "replace"))
        self._end(call)
        if number is not None:
            self._keys[int(number[1])] = key
            for old in list(self._keys)[:-_KEPT]:
                del self._keys[old]

    def _end(self, call: QProcess) -> None:
        if call in self._calls:
            self._calls.remove(call)
            end_process(call)


def _program(title: str, text: str, action: str) -> list[str] | None:
    """What says it, with its words: GLib's tool, else systemd's; None where there is neither."""
    gdbus, busctl = shutil.which("gdbus"), shutil.which("busctl")
    if gdbus:
        where = ["--session", "--timeout", "5", "--dest", _SERVICE, "--object-path", _PATH]
        name, icon, *shown = (_quoted(word) for word in ("Espalier", "espalier", title, text))
        words = [name, "0", icon, *shown, f"['default', {_quoted(action)}]", "{'desktop-entry': <'espalier'>}", "-1"]
        return [gdbus, "call", *where, "--method", f"{_SERVICE}.Notify", "--", *words]
    if busctl:
        words = ["Espalier", "0", "espalier", title, text, "2", "default", action]
        words += ["1", "desktop-entry", "s", "espalier", "-1"]
        where = [_SERVICE, _PATH, _SERVICE, "Notify", "susssasa{sv}i"]
        return [busctl, "--user", "--timeout=5", "call", "--", *where, *words]
    return None


def _quoted(word: str) -> str:
    """A text as GLib writes one: what is in it can neither end it nor begin anything."""
    return "'" + word.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n") + "'"
