"""The exports of the open project: what each wrote and where, read from the tasks that did them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from engine.contract.run.folder import RunFolder
from engine.contract.run.job import ExportJob, parse_job
from studio.stores.project import ProjectStore
from studio.stores.work.tasks import TasksStore
from studio.workers.background import Background

CARD = "model.json"


@dataclass(frozen=True)
class WrittenFile:
    """A file in the folder of an export; its size in bytes."""

    name: str
    size: int


@dataclass(frozen=True)
class Export:
    """A finished export: `time` in seconds since 1970; `card` is the content of model.json, None if it went."""

    job: ExportJob
    out: Path
    time: float
    card: dict[str, Any] | None
    files: tuple[WrittenFile, ...]

    @property
    def run(self) -> str:
        """Name of the run that was exported."""
        return Path(self.job.run).name if self.job.run else "-"


class ExportsStore(QObject):
    """`exports`, latest first; of several into one folder only the last, for it wrote over the others."""

    changed = Signal()

    def __init__(
        self, project: ProjectStore, tasks: TasksStore, background: Background, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._project = project
        self._background = background
        self._asked = 0
        self.exports: tuple[Export, ...] = ()
        project.opened.connect(self.reload)
        project.closed.connect(self.reload)
        tasks.finished.connect(lambda task: self.reload() if isinstance(task.job, ExportJob) else None)
        self.reload()

    def reload(self) -> None:
        """Read them again, beside the GUI thread."""
        folder = self._project.folder
        self._asked += 1
        number = self._asked
        if folder is None:
            self._take(number, ())
            return
        tasks = folder.cache / "tasks"
        self._background.run(lambda: read_exports(tasks), lambda found: self._take(number, found))

    def at(self, out: Path) -> Export | None:
        """The export into a folder."""
        return next((export for export in self.exports if export.out == out), None)

    def _take(self, number: int, found: tuple[Export, ...]) -> None:
        if number == self._asked and found != self.exports:
            self.exports = found
            self.changed.emit()


def read_exports(tasks: Path) -> tuple[Export, ...]:
    """Every finished export among the tasks, latest first. It blocks."""
    found: dict[Path, Export] = {}
    for root in tasks.glob("export-*"):
        export = _read(RunFolder(root))
        if export is not None and (export.out not in found or export.time > found[export.out].time):
            found[export.out] = export
    return tuple(sorted(found.values(), key=lambda export: -export.time))


def _read(folder: RunFolder) -> Export | None:
    try:
        when = folder.result.stat().st_mtime
        job = parse_job(folder.job.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(job, ExportJob):
        return None
    out = Path(job.out)
    return Export(job, out, when, _card(out / CARD), _files(out))


def _card(path: Path) -> dict[str, Any] | None:
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return card if isinstance(card, dict) else None


def _files(out: Path) -> tuple[WrittenFile, ...]:
    try:
        paths = [path for path in sorted(out.iterdir()) if path.is_file() and not path.name.startswith(".")]
        return tuple(WrittenFile(path.name, path.stat().st_size) for path in paths)
    except OSError:
        return ()
