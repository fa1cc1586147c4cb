"""All labels of the project, written as COCO json into a file of the person's choice by the engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from engine.contract.text.messages import Message
from studio.stores.project import ProjectStore
from studio.workers.engine_process import Document


class LabelExport(QObject):
    """`written` is the message of the last file that was written, `problem` why it could not be."""

    changed = Signal()

    def __init__(self, project: ProjectStore, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project = project
        self._call: Document | None = None
        self.written: Message | None = None
        self.problem: Message | None = None
        project.closed.connect(self.close)

    @property
    def busy(self) -> bool:
        """Whether a file is being written."""
        return self._call is not None

    def write(self, path: Path) -> None:
        """Write the labels that the data has now, corrected ones that are applied among them."""
        folder = self._project.folder
        if folder is None or self.busy:
            return
        self.written = self.problem = None
        self._call = Document(["labels", str(folder.root), "--coco", str(path)], self)
        self._call.done.connect(lambda answer: self._receive(path, answer))
        self.changed.emit()

    def dismiss(self) -> None:
        """Say no more of it."""
        self.written = self.problem = None
        self.changed.emit()

    def close(self) -> None:
        """End what is under way: the project is closed."""
        if self._call is not None:
            call, self._call = self._call, None
            call.close()
            call.deleteLater()
        self.dismiss()

    def _receive(self, path: Path, answer: dict[str, Any] | Message) -> None:
        if self._call is not None:
            self._call.deleteLater()
            self._call = None
        if isinstance(answer, Message):
            self.problem = Message(code="studio.labels.export_failed", args={"reason": answer})
        else:
            waiting = int(answer.get("waiting") or 0)
            code = "studio.labels.exported_without" if waiting else "studio.labels.exported"
            self.written = Message(code=code, args={"path": str(path), **({"count": waiting} if waiting else {})})
        self.changed.emit()
