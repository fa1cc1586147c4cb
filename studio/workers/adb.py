"""adb, called beside the window."""

from __future__ import annotations

from PySide6.QtCore import QObject, QProcess, Signal

from studio.workers.engine_process import end_process, engine_child


class AdbConnection(QObject):
    """One call of `adb connect SERIAL`; `missing` when there is no adb. Once started it goes away by itself."""

    missing = Signal()

    def __init__(self, serial: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._serial = serial
        self._process = engine_child(self)
        self._process.finished.connect(self._end)
        self._process.errorOccurred.connect(self._break)

    def start(self) -> None:
        """Begin."""
        self._process.start("adb", ["connect", self._serial])

    def _end(self) -> None:
        end_process(self._process)
        self.deleteLater()

    def _break(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._end()
            self.missing.emit()
