"""What stands on the train page between Run and the first run of a recipe: the task that is to make it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.contract.run.job import RecipeJob
from studio.stores.runs import RunsStore
from studio.stores.work.task import Task
from studio.views.shared.task_line import TaskLine
from studio.widgets.labels import Heading, Muted
from studio.widgets.panels import Card


class AwaitedRun(QWidget):
    """Shows a recipe that was started; `asked` tells that there is one to show, `came` its run as soon as it exists."""

    asked = Signal()
    came = Signal(object)

    def __init__(self, runs: RunsStore, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runs = runs
        self._task: Task | None = None
        self.title, self.note, self.line = Heading(), Muted("studio.train.awaited"), TaskLine()
        card = Card()
        for widget in (self.title, self.note, self.line):
            card.body.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 16, 24, 16)
        column.addWidget(card)
        column.addStretch(1)
        runs.recipe_started.connect(self._begin)
        for signal in (runs.added, runs.changed):
            signal.connect(lambda _: self._look())
        self.line.ended.connect(lambda _: self._look())

    @property
    def waits(self) -> bool:
        """Whether there is a task to show."""
        return self._task is not None

    def take_up(self) -> bool:
        """Show what was started before this page was there; whether there is something."""
        task = self._runs.awaited
        if task is not None:
            self._begin(task)
        return task is not None

    def leave(self) -> None:
        """The person looks at something else."""
        self._task = None
        self.line.leave()

    def _begin(self, task: Task) -> None:
        self._task = task
        name = task.job.recipe.name if isinstance(task.job, RecipeJob) else task.title
        self.title.show_code("studio.train.awaited_title", name=name)
        self.note.setVisible(True)
        self.line.follow(task)
        self.asked.emit()
        self._look()

    def _look(self) -> None:
        task = self._task
        run = self._runs.run_of(task) if task is not None else None
        if run is not None:
            self.came.emit(run)
        elif task is not None:
            # What went wrong is told by the line, and no run will come.
            self.note.setVisible(not task.ended)
