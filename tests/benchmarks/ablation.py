"""The ablation: what each part of the 2020 recipe adds here, one thing at a time, in one resumable command.

    .venv/bin/python -m tests.benchmarks.ablation DATA WORK --weights BACKBONE.pdparams [--only ssdlite] [--minutes 60]

The arms stand in ablation.json. Skips runs that are finished, goes on with those that were cut; begins no run after
`--minutes`. Writes WORK/report.json and WORK/report.md; an arm that did not run is said to be missing.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from engine.contract.project import ProjectFolder
from engine.contract.recipe import Step
from engine.contract.run.folder import RunFolder
from engine.contract.run.job import TrainJob
from engine.contract.run.settings import TrainSettings
from tests.benchmarks.ablation_report import Measured, markdown, rows

PLAN = Path(__file__).with_suffix(".json")


class Ablation:
    """The arms of one detector with one seed after the other, each known by its run's name."""

    def __init__(self, name: str, plan: dict[str, Any], args: argparse.Namespace) -> None:
        self.plan, self.args = plan, args
        self.folder = ProjectFolder(args.work / name)
        self.arms: dict[str, dict[str, Any]] = {arm["name"]: arm for arm in plan["arms"]}

    def run(self, deadline: float) -> None:
        """All arms of all seeds, as far as the time reaches; one whose start is missing cannot run."""
        for seed in range(self.args.seeds):
            for arm in self.arms.values():
                start = arm.get("start")
                ready = start is None or self.finished(start, seed) is not None
                if ready and time.monotonic() < deadline:
                    self.train(arm, seed)

    def train(self, arm: dict[str, Any], seed: int) -> None:
        """That run: made, resumed, or found finished."""
        from engine.cli.follow import launch_and_follow, start_and_follow

        found = self.found(arm["name"], seed)
        if found is None:
            self.prepare()
            job = self.job(arm, seed)
            launch_and_follow(job, self.folder.new_run(_label(arm["name"], seed)))
            return
        while RunFolder(found).status() == "running":  # a worker outlives a script that was ended
            time.sleep(1)
        if RunFolder(found).status() != "finished":
            start_and_follow(found)

    def prepare(self) -> None:
        """The project of this detector, made once."""
        if self.folder.file.exists():
            return
        words = ["new", str(self.folder.root), "--data", str(self.args.data), "--detector", self.plan["detector"]]
        words += ["--size", str(self.plan["size"])] + (["--fit-anchors"] if self.plan.get("fit_anchors") else [])
        subprocess.run([sys.executable, "-m", "engine", *words], check=True, stdout=sys.stderr)

    def job(self, arm: dict[str, Any], seed: int) -> TrainJob:
        """What the worker is asked; evaluated once, at the end, so that no arm picks its best epoch on val."""
        settings = dict(self.plan["settings"], epochs=arm["epochs"], seed=seed, evaluate_every=arm["epochs"])
        settings["learning_rate"] *= arm.get("rate", 1.0)
        before = None if arm.get("start") is None else str(self.finished(arm["start"], seed))
        return TrainJob(
            choice=self.folder.load().detector,
            index=str(self.folder.index),
            start=before or self.weights(),
            teacher=before,
            steps=self.steps(arm),
            settings=TrainSettings.model_validate(settings),
            limit=self.args.limit,
        )

    def steps(self, arm: dict[str, Any]) -> tuple[Step, ...]:
        """The arm's steps in the engine's order, after those of the arm that it is stacked on."""
        from engine.contract.recipe import Recipe
        from engine.recipe.plan import ordered

        below = self.steps(self.arms[arm["with"]]) if "with" in arm else ()
        own = tuple(Step.model_validate(step) for step in arm["steps"])
        if not below + own:
            return ()
        return tuple(step for step, _ in ordered(Recipe(name=arm["name"], steps=below + own)))

    def weights(self) -> str | None:
        """A weights file with what fits of the backbone's, for a backbone may be narrower at its end; None for none."""
        if self.args.weights is None or self.plan.get("from_scratch"):
            return None
        file: Path = self.folder.root / "start.safetensors"
        if not file.is_file():
            from safetensors.numpy import save_file

            from engine.model.assembly import assemble
            from engine.weights.arrays import read_weights

            state = assemble(self.folder.load().detector).network.state_dict()
            own = {name: tuple(value.shape) for name, value in state.items()}
            given = {f"backbone.{name}": value for name, value in read_weights(self.args.weights).items()}
            fit = {name: value for name, value in given.items() if own.get(name) == value.shape}
            print(f"{len(fit)} of {len(given)} tensors fit {self.plan['detector']}", file=sys.stderr, flush=True)
            save_file(fit, str(file))
        return str(file)

    def found(self, name: str, seed: int) -> Path | None:
        """The folder of that arm's run, finished or not."""
        runs = sorted(self.folder.runs.glob(f"[0-9]*-{_label(name, seed)}"))
        return runs[-1] if runs else None

    def finished(self, name: str, seed: int) -> Path | None:
        """The folder of that arm's run if it is finished."""
        run = self.found(name, seed)
        return run if run is not None and RunFolder(run).status() == "finished" else None

    def measured(self) -> list[Measured]:
        """What the finished runs say of val."""
        told = []
        for seed in range(self.args.seeds):
            for name in self.arms:
                run = self.finished(name, seed)
                if run is not None:
                    result = json.loads(RunFolder(run).result.read_text(encoding="utf-8"))
                    values = {figure["name"]: figure["value"] for figure in result["figures"]}
                    told.append(Measured(name, seed, values["map"], values["map50"]))
        return told


def _label(name: str, seed: int) -> str:
    return f"{name}-seed{seed}"


def report(plans: dict[str, Any], args: argparse.Namespace) -> None:
    """Write WORK/report.json and WORK/report.md of every arm, run or not."""
    table = [row for name, plan in plans.items() for row in rows(plan, Ablation(name, plan, args).measured())]
    (args.work / "report.json").write_text(json.dumps(table, indent=1), encoding="utf-8")
    (args.work / "report.md").write_text(markdown(table), encoding="utf-8")
    print(markdown(table))


def main(words: list[str] | None = None) -> None:
    """Read the arguments and go."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else "")
    parser.add_argument("data", type=Path, help="folder of the data set")
    parser.add_argument("work", type=Path, help="working folder")
    parser.add_argument("--weights", type=Path, help="backbone weights to start from; random ones if not given")
    parser.add_argument("--plan", type=Path, default=PLAN, help="file of the arms")
    parser.add_argument(
        "--only", default="", help="detectors of the plan to run, separated by commas; all if not given"
    )
    parser.add_argument("--seeds", type=int, default=1, help="how many seeds")
    parser.add_argument("--minutes", type=float, default=600.0, help="begin no run after so many minutes")
    parser.add_argument("--limit", type=int, default=0, help="use only so many pictures of each split")
    args = parser.parse_args(words)
    args.work = args.work.resolve()
    args.work.mkdir(parents=True, exist_ok=True)
    plans: dict[str, Any] = json.loads(args.plan.read_text(encoding="utf-8"))
    deadline = time.monotonic() + 60 * args.minutes
    for name in [name for name in plans if not args.only or name in args.only.split(",")]:
        Ablation(name, plans[name], args).run(deadline)
        report(plans, args)


if __name__ == "__main__":
    main()
