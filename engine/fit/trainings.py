"""The trainings of a fit: trials and the winner as runs of the project, several at once where they need not wait."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from engine.contract.fit.front import FrontPoint
from engine.contract.fit.job import RAY, FitJob
from engine.contract.project import ProjectFolder
from engine.contract.queue.needs import gpus_of
from engine.contract.recipe import Recipe
from engine.contract.run.events import Notice, Progress, Stage
from engine.contract.run.folder import RunFolder
from engine.contract.run.job import RecipeJob, RecipePart
from engine.contract.run.lineage import runs_of, settings_of
from engine.contract.run.settings import TrainSettings
from engine.contract.run.stopping import stop
from engine.contract.system.cores import core_count
from engine.contract.text.messages import Message
from engine.fit.choice import epochs_within
from engine.fit.steps import steps_of
from engine.fleet.following import Told
from engine.fleet.following import have_done as done_by
from engine.fleet.opening import opened
from engine.recipe.application import Application, application
from engine.recipe.recovery import base_training
from engine.recipe.stack import stack_of_run
from engine.run.context import JobContext
from engine.run.parts import begin, have_done

EPOCHS = 20
"""Of the last training where it is not known how long the base's was."""
WINNER = 1000
"""The runs of a trial are numbered from ten times its number, those of the winner from here."""


@dataclass(frozen=True)
class _Plan:
    """A recipe of a fit: what its runs are called, what the first is numbered, and what is said meanwhile."""

    label: str
    recipe: Recipe
    first: int
    stage: str


class Trainings:
    """Begins them or takes them up where an earlier sitting left them."""

    def __init__(self, job: FitJob, context: JobContext) -> None:
        self.job, self.context = job, context
        self.folder, self.start = ProjectFolder(Path(job.project)), Path(job.start)
        self._planned: dict[str, Application] = {}

    def trials(self, points: Sequence[FrontPoint]) -> list[list[Path]]:
        """Cuts trained for a short while, side by side, but not on one GPU: the runs that each becomes, to the last."""
        plans = [self._trial(point, int(point.number or 0)) for point in points]
        if self.job.fleet is not None:
            return self._by_fleet(plans)
        with self._stopped_together(plans):
            if len(plans) > 1 and not gpus_of(self.job):
                for each in plans:
                    begin(RunFolder(self._run(each, 1, self.start)), self.context)
            return [self._runs(each) for each in plans]

    def winner(self, point: FrontPoint, epochs: int) -> list[Path]:
        """A cut trained for so many epochs, from the start anew."""
        steps = steps_of(self.job, point.ratios, self._detector, epochs, long=True)
        plan = _Plan("winner", Recipe(name="fit", steps=steps), WINNER, "fit.winner")
        return self._runs(plan) if self.job.fleet is None else self._by_fleet([plan])[0]

    def epochs(self, trials: Sequence[FrontPoint], left_s: float) -> int:
        """How long the last training is: as asked, or as the base's was, if the time left allows."""
        each = [point.seconds for point in trials if point.seconds is not None]
        per_epoch = sum(each) / len(each) / max(1, self.job.trial_epochs) if each else 0.0
        return epochs_within(left_s, per_epoch, self._wanted, self.job.trial_epochs)

    def recovery_s(self, seconds: Sequence[float]) -> float:
        """About how long the last training takes, by what trials took."""
        return sum(seconds) / len(seconds) / max(1, self.job.trial_epochs) * self._wanted

    @property
    def _wanted(self) -> int:
        if self.job.epochs is not None:
            return self.job.epochs
        base = base_training(self.start)
        return base.epochs if base is not None else EPOCHS

    @cached_property
    def _detector(self) -> str:
        return stack_of_run(self.start).choice.key

    @property
    def _settings(self) -> TrainSettings | None:
        """The start's, with the cores shared between trials that may be trained at once."""
        if self.job.at_once == 1:
            return None
        return settings_of(self.start).model_copy(update={"threads": max(1, core_count() // self.job.at_once)})

    def _trial(self, point: FrontPoint, number: int) -> _Plan:
        steps = steps_of(self.job, point.ratios, self._detector, self.job.trial_epochs)
        return _Plan(f"trial-{number}", Recipe(name="fit", steps=steps), 10 * number, "fit.trial")

    def _runs(self, plan: _Plan) -> list[Path]:
        """The runs that a plan becomes, each from the one before, done to the last."""
        done: list[Path] = []
        latest = self.start
        for number in range(1, len(self._asked(plan).planned) + 1):
            self.context.check_cancelled()
            latest = self._run(plan, number, latest)
            self._done(RunFolder(latest), plan.stage)
            done.append(latest)
        return done

    def _by_fleet(self, plans: Sequence[_Plan]) -> list[list[Path]]:
        """The same by a fleet, which is there only meanwhile: the times that follow are taken on a quiet machine."""
        done: dict[str, list[Path]] = {plan.label: [] for plan in plans}
        begun = {run.name: plan for plan in plans if (run := self._next(plan, done[plan.label])) is not None}

        def then(run: Path) -> Path | None:
            plan = begun[run.name]
            following = self._next(plan, done[plan.label])
            if following is not None:
                begun[following.name] = plan
            return following

        if begun:
            runs = [self.folder.runs / name for name in begun]
            with (
                opened(self.job.fleet or RAY, self.folder) as fleet,
                closing(done_by(fleet, runs, self.context.check_cancelled, then)) as telling,
            ):
                for told in telling:
                    self._tell(told, begun[told.run.name].stage, alone=len(plans) == 1)
        return list(done.values())

    def _next(self, plan: _Plan, done: list[Path]) -> Path | None:
        """The run of a plan that is not finished yet, made if it is not there; those before it are added to `done`."""
        for number in range(len(done) + 1, len(self._asked(plan).planned) + 1):
            run = self._run(plan, number, done[-1] if done else self.start)
            if RunFolder(run).status() != "finished":
                return run
            done.append(run)
        return None

    def _tell(self, told: Told, code: str, *, alone: bool) -> None:
        """What a run tells; of several at once no bar. Raises what another end than the last word means."""
        for event in told.events:
            if isinstance(event, Stage):
                self.context.stage(code, run=told.run.name, what=event.message)
            elif isinstance(event, Notice) or (alone and isinstance(event, Progress)):
                self.context.emit(event)
        if told.ended is not None:
            told.result()

    def _run(self, plan: _Plan, number: int, latest: Path) -> Path:
        """The run of that number of a plan, from 1, made if it is not there."""
        own, made = plan.first + number, runs_of(self.context.run_dir)
        if own in made:
            return made[own]
        asked = self._asked(plan)
        part = RecipePart(task=self.context.run_dir.name, number=own)
        training = asked.training(number, latest, part.task).model_copy(update={"part": part})
        words = ("fit", plan.label, *([asked.planned[number - 1].label] if number > 1 else []))
        return self.folder.new_run(*words, job=training.model_dump_json(indent=2))

    def _asked(self, plan: _Plan) -> Application:
        if plan.label not in self._planned:
            self._planned[plan.label] = self._application(plan)
        return self._planned[plan.label]

    def _application(self, plan: _Plan) -> Application:
        settings = self._settings if plan.first != WINNER else None
        fixed = None if settings is None else ("threads",)
        asked = RecipeJob(
            project=self.job.project,
            recipe=plan.recipe,
            start=self.job.start,
            settings=settings,
            fixed=fixed,
            limit=self.job.limit,
        )
        return application(asked, self.start)

    def _done(self, run: RunFolder, code: str) -> None:
        def stage(what: Message) -> None:
            self.context.stage(code, run=run.root.name, what=what)

        have_done(run, self.context, stage)

    @contextmanager
    def _stopped_together(self, plans: Sequence[_Plan]) -> Iterator[None]:
        """Whatever ends one of them ends all; what they have done is kept for the next sitting."""
        try:
            yield
        except Exception:
            made = runs_of(self.context.run_dir)
            for run in (made[number] for plan in plans for number in made if 0 < number - plan.first < 10):
                if RunFolder(run).status() == "running":
                    stop(run)
            raise
