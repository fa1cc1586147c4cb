"""Makes the runs of the real run: what is finished is skipped, what was interrupted is resumed."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.contract.project import ProjectFolder
from engine.contract.recipe import Recipe, Step, load_recipe
from engine.contract.run.folder import RunFolder
from engine.contract.run.job import TrainJob
from engine.contract.run.lineage import recipe_of, resumable, settings_of
from engine.recipe.recovery import base_training
from engine.recipe.stack import stack_of_run
from tests.benchmarks.real_run.arms import BASE, Arm, Plan, within_budget


class RealRun:
    """All arms with all seeds; each knows by the runs in the project whether it is done."""

    def __init__(self, plan: Plan, args: argparse.Namespace) -> None:
        self.plan, self.args = plan, args
        self.folder = ProjectFolder(args.dir / "project")

    def run(self) -> None:
        """The project, then for each seed the base and all arms."""
        if not self.folder.file.exists():
            data = ["--data", str(self.args.data), "--detector", self.plan.detector, "--size", str(self.args.size)]
            self.espalier("new", str(self.folder.root), *data, *self.plan.new)
        for seed in self.args.seeds:
            self._base(seed)
            for arms in in_turns(self.chosen()) if self.args.fleet else [[arm] for arm in self.chosen()]:
                self._at_once(arms, seed)

    def chosen(self) -> list[Arm]:
        """The arms that are asked for, in order."""
        return self.plan.with_needed(self.args.only)

    def found(self, name: str, seed: int) -> Path | None:
        """The last run of an arm or of the base; None where there is none, or it is not finished."""
        made = self._runs(label(name, seed))
        arm = next((arm for arm in self.plan.arms if arm.name == name), None)
        if arm is not None and not arm.train:
            made = self._runs(f"{label(name, seed)}-{self._jobs(arm, seed)[-1]}") if self._ready(arm, seed) else []
        return made[-1] if made and RunFolder(made[-1]).status() == "finished" else None

    def budget(self, arm: Arm, seed: int) -> int:
        """Epochs of all trainings of an arm: as many as the base had, unless it or the command line says otherwise."""
        if arm.epochs is not None:
            return arm.epochs
        known = base_training(self._made(BASE, seed))
        assert known is not None, "the base was trained"
        return int(self.args.budget or known.epochs)

    def _base(self, seed: int) -> None:
        settings = [word for pair in (*self.plan.settings, f"seed={seed}") for word in ("--set", pair)]
        start = ["--from", str(self.args.weights), *settings, "--set", "stop_after=5"]
        self._train(label("start", seed), *start, "--epochs", str(self.args.epochs))
        before = self._runs(label("start", seed))[-1].name
        self._train(label(BASE, seed), "--from", before, *settings, "--epochs", str(self.args.anneal))

    def _train(self, name: str, *words: str) -> None:
        if not self._resumed(name):
            self.espalier("train", str(self.folder.root), "--name", name, *words)

    def _at_once(self, arms: Sequence[Arm], seed: int) -> None:
        """Arms that do not need each other: those of one start and teacher by one call, which a fleet does at once."""
        new: dict[tuple[str, str], list[str]] = {}
        for arm in arms:
            if arm.train:
                self._control(arm, seed)
            elif not self._arm_resumed(arm, seed):
                file = self.args.dir / f"{label(arm.name, seed)}.json"
                file.write_text(self._recipe(arm, seed).model_dump_json(indent=1), encoding="utf-8")
                ends = self._made(arm.start, seed).name, self._made(arm.teacher, seed).name
                new.setdefault(ends, []).append(str(file))
        fleet = ("--fleet", self.args.fleet) if self.args.fleet else ()
        for (start, teacher), files in new.items():
            self.espalier("compress", str(self.folder.root), *files, "--from", start, "--teacher", teacher, *fleet)

    def _arm_resumed(self, arm: Arm, seed: int) -> bool:
        last = f"{label(arm.name, seed)}-{self._jobs(arm, seed)[-1]}"
        first = f"{label(arm.name, seed)}-{self._jobs(arm, seed)[0]}"
        # The first brings its recipe back, with all that is missing.
        return self._resumed(last) or self._resumed(first)

    def _control(self, arm: Arm, seed: int) -> None:
        """The start trained on: by the settings, the schedule and the epochs that the others recover by."""
        from engine.cli.follow import launch_and_follow

        name = label(arm.name, seed)
        if self._resumed(name):
            return
        start = self._made(arm.start, seed)
        given = {"epochs": self.budget(arm, seed), "stop_after": 0}
        job = TrainJob(
            choice=stack_of_run(start).choice,
            index=str(self.folder.index),
            start=str(start),
            steps=self.plan.steps(arm, {}),
            settings=settings_of(start).model_copy(update=given),
        )
        print(f"$ train {name}", file=sys.stderr, flush=True)
        launch_and_follow(job, self.folder.new_run(name))

    def _recipe(self, arm: Arm, seed: int) -> Recipe:
        return self._planned(arm, seed)[0]

    def _jobs(self, arm: Arm, seed: int) -> list[str]:
        """Labels of the runs that an arm's recipe becomes, as folders are called."""
        return [job.label.replace("_", "-") for job in self._planned(arm, seed)[1]]

    def _planned(self, arm: Arm, seed: int) -> Any:
        start = stack_of_run(self._made(arm.start, seed))
        steps = self.plan.steps(arm, self._asked(arm, seed))
        return within_budget(label(arm.name, seed), steps, self.budget(arm, seed), start.choice, start.techniques)

    def _asked(self, arm: Arm, seed: int) -> dict[str, tuple[Step, ...]]:
        """What `sensitivity` tells of the starts of this arm and of those that it stands upon."""
        found: dict[str, tuple[Step, ...]] = {}
        for each in self._asking(arm):
            file = self._asked_file(each, seed)
            if not file.exists():
                run = self._made(each.start, seed).name
                self.espalier("sensitivity", str(self.folder.root), run, *each.asks, "-o", str(file))
            found[each.name] = load_recipe(file).steps
        return found

    def _asking(self, arm: Arm) -> list[Arm]:
        below = self._asking(self.plan.arm(arm.below)) if arm.below is not None else []
        return [*below, *([arm] if arm.asks else [])]

    def _asked_file(self, arm: Arm, seed: int) -> Path:
        return Path(self.args.dir / f"asked-{label(arm.name, seed)}.json")

    def _ready(self, arm: Arm, seed: int) -> bool:
        """Whether what an arm needs to be planned is there."""
        try:
            self._made(arm.start, seed)
        except LookupError:
            return False
        return all(self._asked_file(each, seed).exists() for each in self._asking(arm))

    def _made(self, name: str, seed: int) -> Path:
        """The finished run of an arm or of the base; raises LookupError where it is not there."""
        run = self.found(name, seed)
        if run is None:
            raise LookupError(f"{label(name, seed)} is not finished; it is needed for what follows")
        return run

    def _runs(self, name: str) -> list[Path]:
        return sorted(self.folder.runs.glob(f"[0-9][0-9][0-9][0-9]-{name}")) if self.folder.runs.is_dir() else []

    def _resumed(self, name: str) -> bool:
        """Whether a run of that name is finished, after resuming it, or the recipe that made it, if it is not."""
        made = self._runs(name)
        if not made:
            return False
        at_work = [RunFolder(path) for path in (made[-1], recipe_of(made[-1])) if path is not None]
        while any(folder.status() == "running" for folder in at_work):  # a worker outlives a script that was ended
            time.sleep(1)
        if RunFolder(made[-1]).status() != "finished" or resumable(made[-1]) != made[-1]:
            self.espalier("resume", str(self.folder.root), made[-1].name)
        return True

    def kept(self, key: str, verb: str, *words: str) -> list[dict[str, Any]]:
        """The figures that a verb tells, asked for once and kept in report.json under `key`."""
        file = self.args.dir / "report.json"
        document: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
        if key not in document:
            document[key] = json.loads(self.espalier(verb, str(self.folder.root), *words, "--json"))["figures"]
            file.write_text(json.dumps(document, indent=1), encoding="utf-8")
        figures: list[dict[str, Any]] = document[key]
        return figures

    def espalier(self, *words: str) -> str:
        """Run a verb; its stdout. A failure ends the script, and the next start goes on there."""
        print("$ espalier", *words, file=sys.stderr, flush=True)
        done = subprocess.run([sys.executable, "-m", "engine", *words], stdout=subprocess.PIPE, text=True, check=True)
        return done.stdout


def in_turns(arms: Sequence[Arm]) -> list[list[Arm]]:
    """Arms in groups, each of which needs only what the groups before it made."""
    left, turns = list(arms), list[list[Arm]]()
    while left:
        missing = {arm.name for arm in left}
        turns.append([arm for arm in left if not {arm.start, arm.teacher} & missing])
        left = [arm for arm in left if arm not in turns[-1]]
    return turns


def label(name: str, seed: int) -> str:
    """What the runs of an arm are called; those of the first seed plainly."""
    return name if seed == 0 else f"{name}-seed{seed}"
