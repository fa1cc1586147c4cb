"""A question to the engine's command line that follows a person's choices: asked when they rest, the last one wins."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from engine.contract.text.messages import Message
from studio.workers.engine_process import Document

_ASK_AFTER_MS = 250


class LastQuestion(QObject):
    """Asks the question that was set last; `error` tells why it has no answer, and `changed` that something is new.

    Who inherits says by `_words` what is asked, and by `_take` what becomes of the document.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.error: Message | None = None
        self._call: Document | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_ASK_AFTER_MS)
        self._timer.timeout.connect(self._ask)

    @property
    def busy(self) -> bool:
        """Whether an answer is awaited."""
        return self._timer.isActive() or self._call is not None

    def close(self) -> None:
        """End a call that is under way."""
        self._timer.stop()
        if self._call is not None:
            call, self._call = self._call, None
            call.close()
            call.deleteLater()

    def _words(self) -> list[str]:
        """The verb and its arguments, without `--json`."""
        raise NotImplementedError

    def _take(self, answer: dict[str, Any]) -> None:
        """Keep the document."""
        raise NotImplementedError

    def _ask_soon(self) -> None:
        """Ask when nothing else was asked for a moment."""
        self._timer.start()
        self.changed.emit()

    def _ask(self) -> None:
        self._call = Document(self._words(), self)
        self._call.done.connect(self._receive)

    def _receive(self, answer: dict[str, Any] | Message) -> None:
        if self._call is not None:
            self._call.deleteLater()
            self._call = None
        if isinstance(answer, Message):
            self.error = answer
        else:
            self._take(answer)
        self.changed.emit()
