"""A notification on a bus of the test's own: it is said as the service wants it, and a click on it comes back."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest
from pytestqt.qtbot import QtBot

from engine.contract.text.resources import ROOT
from studio.workers.desktop import Desktop

SERVICE = """
import sys
from PySide6.QtCore import QCoreApplication, QTimer
from PySide6.QtDBus import QDBusConnection, QDBusMessage, QDBusVirtualObject
from studio.workers.desktop import Desktop
NAME, PATH = "org.freedesktop.Notifications", "/org/freedesktop/Notifications"
ARGS = "".join(f'<arg type="{each}" direction="in"/>' for each in ("s", "u", "s", "s", "s", "as", "a{sv}", "i"))
class Service(QDBusVirtualObject):
    def introspect(self, path):
        method = f'<method name="Notify">{ARGS}<arg type="u" direction="out"/></method>'
        return f'<interface name="{NAME}">{method}</interface>'
    def handleMessage(self, message, bus):
        if message.member() != "Notify":
            return False
        print(message.signature(), message.arguments()[3:6], flush=True)
        bus.send(message.createReply(7))
        QTimer.singleShot(300, self.click)
        return True
    def click(self):
        signal = QDBusMessage.createSignal(PATH, NAME, "ActionInvoked")
        signal.setArguments([7, "default"])
        other.send(signal)
app = QCoreApplication(sys.argv)
other = QDBusConnection.connectToBus(QDBusConnection.BusType.SessionBus, "other")
service = Service()
assert other.registerVirtualObject(PATH, service) and other.registerService(NAME)
desktop = Desktop()
desktop.clicked.connect(lambda key: (print("clicked", key, flush=True), app.quit()))
desktop.notify("/a/run", "Finished: it's \\\\ done", "two\\nlines", "Show")
QTimer.singleShot(20_000, app.quit)
app.exec()
desktop.close()
"""


@pytest.mark.skipif(not all(map(shutil.which, ("dbus-run-session", "gdbus"))), reason="needs dbus and gdbus")
def test_that_a_notification_is_told_and_a_click_comes_back() -> None:
    call = ["dbus-run-session", "--", sys.executable, "-c", SERVICE]
    done = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, timeout=120)
    told, clicked = done.stdout.splitlines()
    assert told == "susssasa{sv}i " + str(["Finished: it's \\ done", "two\nlines", ["default", "Show"]])
    assert clicked == "clicked /a/run"


def test_that_nothing_happens_without_a_bus(monkeypatch: pytest.MonkeyPatch, qtbot: QtBot) -> None:
    for name in ("DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    desktop = Desktop()
    desktop.notify("key", "title", "text", "Show")
    desktop.close()
