"""Applying a recipe to a trained run: everything that is checked before anything trains, and the job of each run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.contract.project import DetectorChoice, ProjectFolder
from engine.contract.recipe import PlannedJob
from engine.contract.run.folder import checkpoint_of
from engine.contract.run.job import RecipeJob, RecipePart, TrainJob
from engine.contract.run.lineage import settings_of
from engine.contract.run.settings import TrainSettings, read_settings
from engine.contract.text.messages import UserError
from engine.detector.base.header import read_info
from engine.recipe.plan import check_teacher, ordered, plan, with_epochs
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

    def training(self, number: int, start: Path, task: str) -> TrainJob:
        """The job of the run `number`, from 1, of the recipe whose folder is called `task`, from the run `start`."""
        planned = self.planned[number - 1]
        rate = self.settings.learning_rate * planned.rate_factor
        averages = max((make(step).averages for step in planned.steps), default=0.0)
        ema = self.settings.ema or averages
        given = {"epochs": planned.epochs, "learning_rate": rate, "stop_after": 0, "ema": ema}
        return TrainJob(
            choice=self.choice,
            index=str(self.index),
            start=str(start),
            teacher=str(self.teacher),
            steps=planned.steps,
            alongside=planned.alongside,
            settings=read_settings([], self.settings.model_dump() | given),
            limit=self.limit,
            part=RecipePart(task=task, number=number),
            watched=self.watched,
        )


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
    planned = with_epochs(plan(job.recipe, choice, begun), job.epochs)
    stack.under(*(technique for _, technique in ordered(job.recipe))).figures()
    teacher = Path(job.teacher) if job.teacher else start
    check_teacher(planned, choice, read_info(checkpoint_of(teacher)).choice)
    settings = job.settings or settings_of(start)
    return Application(choice, tuple(planned), folder.index, teacher, settings, job.limit, job.watched)
