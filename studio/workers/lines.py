"""A call of the engine that goes on and prints a JSON document on each line, such as `espalier phones --watch`."""

from __future__ import annotations

import sys

from PySide6.QtCore import QByteArray, QObject, QProcess, Signal

from engine.contract.text.messages import Message
from studio.workers.engine_process import document_of, engine_child, error_of

_END_MS = 2000


class EngineLines(QObject):
    """`told` has each document, `failed` the message of a document that tells an error; `ended` when it is over."""

    told = Signal(object)
    failed = Signal(object)
    ended = Signal()

    def __init__(self, words: list[str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process: QProcess | None = engine_child(self)
        process = self._process
        process.setStandardErrorFile(QProcess.nullDevice())
        process.readyReadStandardOutput.connect(self._read)
        process.finished.connect(self._finish)
        process.errorOccurred.connect(self._break)
        process.start(sys.executable, [*WORDS, *words])

    def close(self) -> None:
        """End the call, kindly at first, so that it can tidy up; nothing more is told."""
        if self._process is None:
            return
        process, self._process = self._process, None
        process.blockSignals(True)
        if process.state() != QProcess.ProcessState.NotRunning:
            process.terminate()
            if not process.waitForFinished(_END_MS):
                process.kill()
                process.waitForFinished(_END_MS)
        process.deleteLater()

    def _read(self) -> None:
        while self._process is not None and self._process.canReadLine():
            self._take(self._process.readLine())

    def _take(self, line: QByteArray) -> None:
        document = document_of(line)
        if document is None:
            return
        error = error_of(document)
        if error is not None:
            self.failed.emit(error)
        else:
            self.told.emit(document)

    def _finish(self) -> None:
        if self._process is not None:
            self._take(self._process.readAllStandardOutput())
        self.close()
        self.ended.emit()

    def _break(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self.failed.emit(Message(code="studio.core.engine_start", args={"program": sys.executable}))
            self._finish()


WORDS = ["-m", "engine"]
"""What Python is called with; a test puts a stand-in here."""
