"""Applying a recipe to a trained run: everything that is checked before anything trains, and the job of each run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.contract.dataset import Index
from engine.contract.project import DetectorChoice, ProjectFolder
from engine.contract.recipe import PlannedJob
from engine.contract.run.folder import checkpoint_of
from engine.contract.run.job import RecipeJob, RecipePart, TrainJob
from engine.contract.run.lineage import settings_of
from engine.contract.run.settings import TrainSettings, read_settings
from engine.contract.text.messages import UserError
from engine.detector.base.header import read_info
from engine.recipe.plan import check_teacher, ordered, plan, with_epochs
from engine.recipe.recovery import BaseTraining, base_training, recovery_settings
from engine.recipe.registry import make
from engine.recipe.stack import stack_of_run


@dataclass(frozen=True)
class Application:
    """A recipe that can be applied: its runs in order, and what all of them have in common."""

    choice: DetectorChoice
    planned: tuple[PlannedJob, ...]
    index: Path
    teacher: Path
    settings: TrainSettings
    limit: int
    watched: tuple[str, ...] = ()
    base: BaseTraining | None = None
    fixed: frozenset[str] = frozenset()

    def training(self, number: int, start: Path, task: str) -> TrainJob:
        """The job of the run `number`, from 1, of the recipe whose folder is called `task`, from the run `start`."""
        planned = self.planned[number - 1]
        settings = self.settings
        if planned.recovers:
            settings = recovery_settings(settings, planned, self.base, self._pictures(), self.fixed)
        rate = settings.learning_rate * planned.rate_factor
        averages = max((make(step).averages for step in planned.steps), default=0.0)
        ema = settings.ema if settings.ema or "ema" in self.fixed else averages
        given = {"epochs": planned.epochs, "learning_rate": rate, "stop_after": 0, "ema": ema}
        return TrainJob(
            choice=self.choice,
            index=str(self.index),
            start=str(start),
            teacher=str(self.teacher),
            steps=planned.steps,
            alongside=planned.alongside,
            settings=read_settings([], settings.model_dump() | given),
            limit=self.limit,
            part=RecipePart(task=task, number=number),
            watched=self.watched,
        )

    def _pictures(self) -> int:
        with Index.open(self.index) as index:
            count = index.picture_count("train")
        return min(count, self.limit) if self.limit else count


def application(job: RecipeJob, start: Path) -> Application:
    """How `job` is applied to the run `start`; raises UserError for the first thing that keeps it from being applied.

    Also for a step that names what the network has not, which else would show after others have trained for hours.
    """
    folder = ProjectFolder(Path(job.project))
    stack = stack_of_run(start)
    choice, begun = stack.choice, stack.techniques
    ours = folder.load().detector
    if ours.classes != choice.classes:
        raise UserError("train.other_detector", path=str(start), theirs=choice.key, ours=ours.key)
    base = base_training(start)
    planned = with_epochs(plan(job.recipe, choice, begun, base.epochs if base else None), job.epochs)
    stack.under(*(technique for _, technique in ordered(job.recipe))).figures()
    teacher = Path(job.teacher) if job.teacher else start
    check_teacher(planned, choice, read_info(checkpoint_of(teacher)).choice)
    settings = job.settings or settings_of(start)
    given = TrainSettings.model_fields if job.settings is not None and job.fixed is None else job.fixed or ()
    return Application(
        choice, tuple(planned), folder.index, teacher, settings, job.limit, job.watched, base, frozenset(given)
    )
