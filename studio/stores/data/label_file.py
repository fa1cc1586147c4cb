"""The file of corrected labels: read, and written picture by picture, so that two studios may share a project."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from engine.contract.labels import Correction, Corrections
from engine.contract.system.locks import alone
from engine.contract.text.messages import Message, UserError
from studio.workers.background import Background, system_message
from studio.workers.writing import in_turn

_LIMIT_S = 10.0
"""Another studio is done with the file in a moment; one that was stopped in the middle is not waited for."""

Changes = dict[str, Correction | None]
"""What pictures get by their digests; None where the source's labels hold again."""


class LabelFile(QObject):
    """Tells by `told` what the file holds after it was read or written, by `refused` why it could not be.

    What was refused stays in `unwritten`, and is written with what comes next. Nothing is written unless `missing`,
    asked each time, says nothing: where the project was another may be by now.
    """

    told = Signal(object)
    refused = Signal(object)

    def __init__(
        self,
        path: Path,
        background: Background,
        missing: Callable[[], Message | None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.path = path
        self._missing = missing
        self._background = background
        self.unwritten: Changes = {}
        self._writing: Changes | None = None
        self._over = False

    @property
    def behind(self) -> Changes:
        """What the file does not have for certain."""
        return {**(self._writing or {}), **self.unwritten}

    def read(self) -> None:
        """Have it read."""
        path = self.path
        self._background.run(lambda: Corrections.read(path), self._have_read, self._not_read)

    def put(self, changes: Changes) -> None:
        """Have changes written; nothing waits for it."""
        self.unwritten.update(changes)
        self.write()

    def write(self) -> None:
        """Write what is not written yet; one write at a time."""
        if self._writing is not None or not self.unwritten:
            return
        absent = self._missing()
        if absent is not None:
            self.refused.emit(absent)
            return
        changes, self.unwritten = self.unwritten, {}
        self._writing, path = changes, self.path
        self._background.run(lambda: _rewrite(path, changes), self._written, self._not_written)

    def finish(self) -> Message | None:
        """Write what is left, at once, for the project is closed; why it could not be."""
        left = self.let_go()
        absent = self._missing() if left else None
        if absent is not None:
            self.unwritten = left
            return absent
        try:
            if left:
                _rewrite(self.path, left)
        except UserError as error:
            self.unwritten = left
            return error.message
        except OSError as error:
            self.unwritten = left
            return system_message(error)
        return None

    def let_go(self) -> Changes:
        """End without writing; what the file does not have for certain."""
        left, self.unwritten, self._writing, self._over = self.behind, {}, None, True
        return left

    def _have_read(self, held: Corrections) -> None:
        if not self._over:
            self.told.emit(held)

    def _not_read(self, message: Message) -> None:
        if not self._over:
            self.refused.emit(message)

    def _written(self, held: Corrections) -> None:
        if self._over:
            return
        self._writing = None
        self.told.emit(held)
        self.write()

    def _not_written(self, message: Message) -> None:
        if self._over:
            return
        self.unwritten = self.behind
        self._writing = None
        self.refused.emit(message)


def _rewrite(path: Path, changes: Changes) -> Corrections:
    """The file with these changes: what somebody else wrote of other pictures stays, in this process or another."""

    def work() -> Corrections:
        with alone(path.with_name(f".{path.stem}.lock"), _LIMIT_S):
            pictures = {**Corrections.read(path).pictures, **changes}
            held = Corrections(pictures={key: value for key, value in pictures.items() if value is not None})
            held.write(path)
        return held

    return in_turn(work)
