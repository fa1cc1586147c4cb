"""One task: a job in a folder of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from engine.contract.fit.job import FitJob
from engine.contract.run.folder import RunFolder, Status, folder_gone
from engine.contract.run.job import (
    BenchJob,
    ClippingJob,
    EmulateJob,
    EvaluateJob,
    ExportJob,
    HostJob,
    Int8ErrorsJob,
    Job,
    PredictJob,
    RecipeJob,
    SaliencyJob,
    SensitivityJob,
    SyncJob,
)
from engine.contract.run.state import RunState
from engine.contract.text.messages import Argument, Message
from studio.i18n import text_of
from studio.stores.followed import BROKEN_OFF, ENDED, Followed, Waiting
from studio.workers.following import Following


class Task(QObject):
    """What runs beside the runs: a job that a worker does in a folder of its own.

    `finished` is told once in a sitting, however it ended. `job` is None where the folder holds it already; `loose` is
    True if it belongs to no project.
    """

    changed = Signal()
    finished = Signal()
    stop_wanted = Signal(object)
    resume_wanted = Signal()

    def __init__(
        self, root: Path, title: str | Message, job: Job | None, following: Following, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._refusal: Message | None = None
        self._told_end = self._withdrawn = False
        self.root = root
        self.folder = RunFolder(root)
        self._followed: Followed | None = Followed(root, following, self)
        self.job = job or self._followed.job
        self.loose = root.parent.name == "tasks" and root.parent.parent.name == "espalier"
        self._title = title or (title_of(self.job) if self.job is not None else title)
        self._followed.changed.connect(self._turn)

    @property
    def title(self) -> str:
        """What it is called, in the current language."""
        return text_of(self._title) if isinstance(self._title, Message) else self._title

    @property
    def state(self) -> RunState:
        """What it told."""
        return self._followed.state if self._followed else RunState()

    @property
    def status(self) -> Status:
        """The derived status."""
        if self._refusal or self._broken:
            return "failed"
        if self._withdrawn:
            return "cancelled"
        return self._followed.status if self._followed else "queued"

    @property
    def error(self) -> Message | None:
        """Why it failed."""
        return self._refusal or (self._followed.error if self._followed else None)

    @property
    def ended(self) -> bool:
        """True once nothing more comes by itself."""
        return self.status in ENDED

    @property
    def resumable(self) -> bool:
        """Whether it goes on where it was when it is started again: a recipe or fit that was broken off."""
        broken_off = self.status in BROKEN_OFF and not (self._refusal or self._withdrawn)
        return broken_off and isinstance(self.job, RecipeJob | FitJob)

    @property
    def can_go_on(self) -> bool:
        """The same as of a run, but that only a recipe or fit has something to go on with once it left the queue."""
        return self.resumable if self.waiting is None else self.waiting.held

    @property
    def waiting(self) -> Waiting | None:
        """How it stands in the queue while nobody works on it."""
        return self._followed.waiting if self._followed else None

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
        """Have its worker stopped, which says so when it has, or have it taken out of the queue."""
        if not self.ended or self.waiting is not None:
            self.stop_wanted.emit(self.root)

    def resume(self) -> None:
        """Have it go on where it was."""
        if self.can_go_on:
            self.resume_wanted.emit()

    def look(self) -> None:
        """Look at its folder; called twice a second."""
        if self._followed is None or not (self.resumable or not self.ended):
            return
        if self.status == "running" and not self.root.is_dir():
            self.refuse(folder_gone(self.folder).message)
            return
        if self.waiting is not None and not self.root.is_dir():
            self._withdrawn = True  # taken out of the queue, here or elsewhere
            self._turn()
            return
        self._followed.look()

    def wake(self) -> None:
        """Its worker was started, or it is back in the queue."""
        self._withdrawn = False
        if self._followed is not None:
            self._followed.wake()

    def stand(self, waiting: Waiting | None) -> None:
        """How it stands in the queue now."""
        if self._followed is not None:
            if waiting is None and self.waiting is not None:
                self.look()
            self._followed.stand(waiting)

    def refuse(self, message: Message) -> None:
        """It could not even be started."""
        self._refusal = message
        self._turn()

    def forget(self) -> None:
        """Let go of it; what runs goes on."""
        if self._followed is not None:
            followed, self._followed = self._followed, None
            followed.forget()
        self.deleteLater()

    def _turn(self) -> None:
        self.changed.emit()
        if self.ended and not self._told_end:
            self._told_end = True
            self.finished.emit()
        elif not self.ended:
            self._told_end = False


def title_of(job: Job) -> Message:
    """What a task is called after its job."""
    if isinstance(job, RecipeJob):
        return Message(code="studio.core.task_recipe", args={"name": job.recipe.name})
    if isinstance(job, FitJob):
        return Message(code="studio.core.task_fit", args={"run": Path(job.start).name})
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
    if isinstance(job, SaliencyJob):
        return Message(code="studio.core.task_saliency", args={"run": Path(job.run).name})
    if isinstance(job, Int8ErrorsJob):
        return Message(code="studio.core.task_int8_errors", args={"run": Path(job.run).name})
    if isinstance(job, ClippingJob):
        return Message(code="studio.core.task_clipping", args={"run": Path(job.run).name})
    if isinstance(job, BenchJob):
        return Message(code="studio.core.task_bench", args={"run": Path(job.run).name})
    if isinstance(job, EmulateJob):
        return Message(code="studio.core.task_emulate", args={"run": Path(job.run).name})
    if isinstance(job, SyncJob):
        return Message(code="studio.source.task_look" if job.look else "studio.source.task")
    if isinstance(job, HostJob):
        return Message(code="studio.core.task_host", args={"count": len(job.runs)})
    return Message(code="studio.core.task_project") if job.kind != "train" else Message(code="studio.core.task_train")
