"""Phone latency of a run without the phone, worked out by the engine: the figure, where the time goes, what is next."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError
from PySide6.QtCore import QObject, QTimer, Signal

from engine.contract.latency import PhoneChoice, PhoneEstimate
from engine.contract.messages import Message
from studio.workers.engine_process import Document

_ASK_AFTER_MS = 250


class EstimateStore(QObject):
    """Of questions in a row the last is asked. `answer` is None while there is none; `error` tells why."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.choice: PhoneChoice | None = None
        self.answer: PhoneEstimate | None = None
        self.error: Message | None = None
        self._asked: tuple[Path, str, PhoneChoice] | None = None
        self._call: Document | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_ASK_AFTER_MS)
        self._timer.timeout.connect(self._ask)

    @property
    def busy(self) -> bool:
        """Whether an answer is awaited."""
        return self._timer.isActive() or self._call is not None

    def ask(self, project: Path, run: str, choice: PhoneChoice) -> None:
        """Have a run of a project estimated for a phone; the same question is not asked twice."""
        if (project, run, choice) == self._asked:
            return
        self.close()
        self._asked, self.choice = (project, run, choice), choice
        self.answer = self.error = None
        self._timer.start()
        self.changed.emit()

    def forget(self) -> None:
        """There is nothing to estimate."""
        self.close()
        self._asked = self.answer = self.error = None
        self.changed.emit()

    def close(self) -> None:
        """End a call that is under way; what was asked may be asked again."""
        self._timer.stop()
        if self.answer is None:
            self._asked = None
        if self._call is not None:
            call, self._call = self._call, None
            call.close()
            call.deleteLater()

    def _ask(self) -> None:
        if self._asked is None:
            return
        project, run, choice = self._asked
        words = [f"--phone={choice.soc}", f"--threads={choice.threads}", f"--precision={choice.precision}"]
        self._call = Document(["estimate", str(project), run, *words], self)
        self._call.done.connect(self._receive)

    def _receive(self, answer: dict[str, Any] | Message) -> None:
        if self._call is not None:
            self._call.deleteLater()
            self._call = None
        if isinstance(answer, Message):
            self.error = answer
        else:
            self._read(answer)
        self.changed.emit()

    def _read(self, answer: dict[str, Any]) -> None:
        known = {name: answer[name] for name in ("shares", "advice", "notes") if name in answer}
        try:
            self.answer = PhoneEstimate.model_validate({"figure": next(iter(answer["figures"])), **known})
        except (KeyError, StopIteration, ValidationError) as error:
            self.error = Message(code="studio.core.answer", args={"reason": str(error)[:200]})
