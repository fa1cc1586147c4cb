"""The phones that adb knows, live, the one that is chosen, and a simulated phone that was started from here."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError
from PySide6.QtCore import QObject, QTimer, Signal

from engine.contract.phones import Phone, PhoneList
from engine.contract.text.messages import Message
from studio.stores.remembered import Remembered
from studio.stores.settings import SettingsStore
from studio.workers.adb import AdbConnection
from studio.workers.lines import EngineLines

WATCH = ["phones", "--watch", "--json"]
_AGAIN_MS = 3000
DEFAULT_SOC = "SD855"


class PhonesStore(QObject):
    """`list` is what adb told last, None before it did. Nothing is watched until `watch` is called."""

    changed = Signal()

    def __init__(self, settings: SettingsStore, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.memory = Remembered(settings, "phone")
        self.list: PhoneList | None = None
        self.error: Message | None = None
        self.simulation_error: Message | None = None
        self._lines: EngineLines | None = None
        self._simulation: EngineLines | None = None
        self._wanted = False
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.setInterval(_AGAIN_MS)
        self._again.timeout.connect(self._start)

    @property
    def phones(self) -> tuple[Phone, ...]:
        """The phones now."""
        return self.list.phones if self.list is not None else ()

    @property
    def chosen(self) -> Phone | None:
        """The phone that was chosen; while that is not there, the first that is ready, else the first."""
        wish = self.memory.get("serial")
        named = [phone for phone in self.phones if phone.serial == wish]
        ready = [phone for phone in self.phones if phone.state == "ready"]
        return next(iter([*named, *ready, *self.phones]), None)

    @property
    def problem(self) -> Message | None:
        """Why no phone can be looked for."""
        return self.error or (self.list.problem if self.list is not None else None)

    @property
    def simulating(self) -> bool:
        """Whether a simulated phone of ours runs."""
        return self._simulation is not None

    def choose(self, serial: str) -> None:
        """Choose a phone, and remember it."""
        self.memory.keep(serial=serial)
        self.changed.emit()

    def watch(self) -> None:
        """Look for phones from now on."""
        self._wanted = True
        if self._lines is None:
            self._start()

    def look_again(self) -> None:
        """Start to look anew, such as after adb was installed."""
        self._stop()
        self.watch()

    def simulate(self, soc: str) -> None:
        """Start a simulated phone with that chip and connect adb to it."""
        if self._simulation is not None:
            return
        self.simulation_error = None
        self.memory.keep(soc=soc)
        lines = self._simulation = EngineLines(["simulate-phone", soc, "--json"], self)
        lines.told.connect(self._connect)
        lines.failed.connect(self._take_simulation_error)
        lines.ended.connect(self._end_simulation)
        self.changed.emit()

    def end_simulation(self) -> None:
        """Switch the simulated phone off."""
        if self._simulation is not None:
            self._simulation.close()
            self._end_simulation()

    def close(self) -> None:
        """End every process of ours."""
        self._wanted = False
        self._stop()
        if self._simulation is not None:
            lines, self._simulation = self._simulation, None
            lines.close()
            lines.deleteLater()

    def _start(self) -> None:
        self._again.stop()
        if not self._wanted or self._lines is not None:
            return
        lines = self._lines = EngineLines(WATCH, self)
        lines.told.connect(self._take)
        lines.failed.connect(self._fail)
        lines.ended.connect(self._end)

    def _stop(self) -> None:
        self._again.stop()
        if self._lines is not None:
            lines, self._lines = self._lines, None
            lines.close()
            lines.deleteLater()

    def _take(self, document: dict[str, Any]) -> None:
        known = {name: document[name] for name in PhoneList.model_fields if name in document}
        try:
            told = PhoneList.model_validate(known)
        except ValidationError:
            return
        self.error = None
        if told != self.list:
            self.list = told
        self.changed.emit()

    def _fail(self, error: Message) -> None:
        self.error = error
        self.changed.emit()

    def _end(self) -> None:
        """It ended though it should go on: say so, and try again soon."""
        self._stop()
        if self._wanted:
            self.list = None
            self.error = self.error or Message(code="studio.bench.watch_ended")
            self._again.start()
            self.changed.emit()

    def _connect(self, document: dict[str, Any]) -> None:
        serial = document.get("serial")
        if not isinstance(serial, str):
            return
        self.memory.keep(serial=serial)
        adb = AdbConnection(serial, self)
        adb.missing.connect(self._no_adb)
        adb.start()

    def _no_adb(self) -> None:
        self._take_simulation_error(Message(code="studio.bench.no_adb"))

    def _take_simulation_error(self, error: Message) -> None:
        self.simulation_error = error
        self.changed.emit()

    def _end_simulation(self) -> None:
        if self._simulation is not None:
            self._simulation.deleteLater()
            self._simulation = None
        self.changed.emit()
