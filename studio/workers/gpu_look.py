"""How busy the GPUs are, asked of their driver's own program beside the window."""

from __future__ import annotations

from PySide6.QtCore import QObject, QProcess, Signal

from engine.contract.system.usage import GpuUsage, gpu_command, read_gpus
from studio.workers.engine_process import end_process


class GpuLook(QObject):
    """`told` after each look that found any. Where there is no such program, or it fails, it is never asked again."""

    told = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._command = gpu_command()
        self._process: QProcess | None = None

    def look(self) -> None:
        """Ask, unless an answer is still awaited."""
        if self._command is None or self._process is not None:
            return
        process = self._process = QProcess(self)
        process.setStandardErrorFile(QProcess.nullDevice())
        process.finished.connect(self._finish)
        process.errorOccurred.connect(self._break)
        program, *words = self._command
        process.start(program, words)

    def close(self) -> None:
        """End a look that is under way."""
        if self._process is not None:
            process, self._process = self._process, None
            end_process(process)

    def _finish(self, status: int) -> None:
        if self._process is None:
            return
        told = bytes(self._process.readAllStandardOutput().data()).decode("ascii", "replace")
        found: tuple[GpuUsage, ...] = read_gpus(told)
        self.close()
        if status != 0:
            self._command = None
        if status == 0 and found:
            self.told.emit(found)

    def _break(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._command = None
            self.close()
