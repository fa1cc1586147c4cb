"""One task: a job in a folder of its own, or a recipe that is being applied."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from engine.contract.run.folder import RunFolder, Status
from engine.contract.run.job import (
    BenchJob,
    EvaluateJob,
    ExportJob,
    HostJob,
    Int8ErrorsJob,
    Job,
    PredictJob,
    SensitivityJob,
)
from engine.contract.run.state import RunState
from engine.contract.text.messages import Argument, Message
from studio.i18n import text_of
from studio.stores.followed import ENDED, Followed
from studio.workers.background import Background
from studio.workers.following import Following
from studio.workers.recipe_process import RecipeProcess


class Task(QObject):
    """What runs beside the runs. `finished` is told once, however it ended."""

    changed = Signal()
    finished = Signal()
    stop_wanted = Signal(object)

    def __init__(self, title: str | Message, parent: QObject) -> None:
        super().__init__(parent)
        self._title = title
        self._refusal: Message | None = None
        self._told_end = False
        self.job: Job | None = None
        self.root = Path()
        self.loose = False
        """True if it belongs to no project."""

    @property
    def title(self) -> str:
        """What it is called, in the current language."""
        return text_of(self._title) if isinstance(self._title, Message) else self._title

    @property
    def state(self) -> RunState:
        """What it told."""
        return RunState()

    @property
    def status(self) -> Status:
        """Queued until its process is known to live."""
        return "failed" if self._refusal else "queued"

    @property
    def error(self) -> Message | None:
        """Why it failed."""
        return self._refusal

    @property
    def ended(self) -> bool:
        """True once nothing more comes."""
        return self.status in ENDED

    def cancel(self) -> None:
        """Have it stopped; it says so when it has."""

    def look(self) -> None:
        """Look at its folder; called twice a second."""

    def refuse(self, message: Message) -> None:
        """It could not even be started."""
        self._refusal = message
        self._turn()

    def forget(self) -> None:
        """Let go of it; what runs goes on."""
        self.deleteLater()

    def _turn(self) -> None:
        self.changed.emit()
        if self.ended and not self._told_end:
            self._told_end = True
            self.finished.emit()


class JobTask(Task):
    """A job that a worker does in a folder of its own; `job` is None where the folder holds it already."""

    def __init__(
        self, root: Path, title: str | Message, job: Job | None, following: Following, parent: QObject
    ) -> None:
        self._followed: Followed | None = None
        super().__init__(title, parent)
        self.root = root
        self.folder = RunFolder(root)
        followed = self._followed = Followed(root, following, self)
        self.job = job or followed.job
        self.loose = root.parent.name == "tasks" and root.parent.parent.name == "espalier"
        if not title and self.job is not None:
            self._title = title_of(self.job)
        followed.changed.connect(self._turn)

    @property
    def state(self) -> RunState:
        """What it told."""
        return self._followed.state if self._followed else RunState()

    @property
    def status(self) -> Status:
        """The derived status."""
        return "failed" if self._refusal or self._broken else self._followed.status if self._followed else "queued"

    @property
    def error(self) -> Message | None:
        """Why it failed."""
        return self._refusal or (self._followed.error if self._followed else None)

    @property
    def _broken(self) -> bool:
        return self._followed is not None and self._followed.error is not None and self._followed.status == "queued"

    def result(self) -> dict[str, Any]:
        """The content of `result.json`; empty before the job has finished."""
        try:
            result = json.loads(self.folder.result.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return result if isinstance(result, dict) else {}

    def cancel(self) -> None:
        """Have its worker stopped."""
        if not self.ended:
            self.stop_wanted.emit(self.root)

    def look(self) -> None:
        """Look at its folder."""
        if self._followed is not None and not self.ended:
            self._followed.look()

    def wake(self) -> None:
        """Its worker was started."""
        if self._followed is not None:
            self._followed.wake()

    def forget(self) -> None:
        """Let go of it."""
        if self._followed is not None:
            followed, self._followed = self._followed, None
            followed.forget()
        super().forget()


class RecipeTask(Task):
    """A recipe that is being applied; its runs tell how far it is."""

    def __init__(self, process: RecipeProcess, name: str, background: Background, parent: QObject) -> None:
        super().__init__(Message(code="studio.core.task_recipe", args={"name": name}), parent)
        self.process = process
        self.root = process.root
        self._background = background
        self._status: Status = "queued"
        self._error: Message | None = None
        self.runs: tuple[str, ...] = ()
        """Names of the runs it made, once it has ended well."""

    @property
    def status(self) -> Status:
        """The derived status."""
        return "failed" if self._refusal else self._status

    @property
    def error(self) -> Message | None:
        """Why it failed."""
        return self._refusal or self._error

    def cancel(self) -> None:
        """Stop it with the run that it is at."""
        if not self.ended:
            self._background.run(self.process.interrupt)

    def look(self) -> None:
        """Look at its folder."""
        if self.ended or not self.process.name:
            return
        status: Status = "running" if self.process.alive() else self._end()
        if status != self._status:
            self._status = status
            self._turn()

    def _end(self) -> Status:
        outcome = self.process.outcome()
        self.process.settle()
        if isinstance(outcome, dict):
            self.runs = tuple(outcome.get("runs", ()))
            return "finished"
        if outcome.code == "cli.cancelled":
            return "cancelled"
        self._error = outcome
        return "lost" if outcome.code == "studio.core.recipe_lost" else "failed"


def title_of(job: Job) -> Message:
    """What a task is called after its job."""
    if isinstance(job, EvaluateJob):
        return Message(code="studio.core.task_evaluate", args={"run": Path(job.run).name, "split": job.split})
    if isinstance(job, PredictJob):
        return Message(code="studio.core.task_predict", args={"run": Path(job.run).name, "count": len(job.pictures)})
    if isinstance(job, ExportJob):
        name = Path(job.run).name if job.run else job.choice.key if job.choice else "-"
        return Message(
            code="studio.core.task_export", args={"run": name, "target": job.target, "precision": job.precision}
        )
    if isinstance(job, SensitivityJob):
        args: dict[str, Argument] = {"run": Path(job.run).name, "part": job.part + 1, "parts": job.parts}
        return Message(code="studio.core.task_sensitivity", args=args)
    if isinstance(job, Int8ErrorsJob):
        return Message(code="studio.core.task_int8_errors", args={"run": Path(job.run).name})
    if isinstance(job, BenchJob):
        return Message(code="studio.core.task_bench", args={"run": Path(job.run).name})
    if isinstance(job, HostJob):
        return Message(code="studio.core.task_host", args={"count": len(job.runs)})
    return Message(code="studio.core.task_project") if job.kind != "train" else Message(code="studio.core.task_train")
