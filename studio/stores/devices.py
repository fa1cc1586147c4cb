"""Where this machine can train: what the engine's doctor found, asked once, when somebody wants to see it."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError
from PySide6.QtCore import QObject, Signal

from engine.contract.device.found import Devices
from engine.contract.text.messages import Message
from studio.workers.engine_process import Document


class DevicesStore(QObject):
    """`found` is None until it is known; looking may take seconds, for the engine tries each GPU in a child."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.found: Devices | None = None
        self._call: Document | None = None

    def look(self) -> None:
        """Find out, unless it is known or being found out."""
        if self.found is None and self._call is None:
            self._call = Document(["doctor"], self)
            self._call.done.connect(self._take)

    def close(self) -> None:
        """End a call that is under way."""
        if self._call is not None:
            call, self._call = self._call, None
            call.close()
            call.deleteLater()

    def _take(self, answer: dict[str, Any] | Message) -> None:
        if self._call is not None:
            self._call.deleteLater()
            self._call = None
        if isinstance(answer, Message):
            return  # asked again with the next look; the settings themselves do without
        try:
            self.found = Devices.model_validate(answer.get("devices"))
        except ValidationError:
            return
        self.changed.emit()
