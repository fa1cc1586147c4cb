"""The tables of the real run: what each arm gave against the arm that it is compared with, and what it costs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.contract.figures import FigureName, pick
from engine.contract.recipe import Step
from engine.contract.run.findings.resamples import read_resamples
from engine.contract.run.folder import RunFolder
from engine.contract.run.job import Split, TrainJob
from engine.contract.run.lineage import training_of
from engine.contract.run.state import fold
from engine.contract.run.tail import EventTail
from engine.recipe.stack import stack_of_run
from tests.benchmarks.real_run.arms import BASE, Arm
from tests.benchmarks.real_run.differences import Scored, difference
from tests.benchmarks.real_run.run import RealRun, label

SCORES: tuple[FigureName, ...] = ("map", "map50")
NETWORK = "host_ms_network"


class Report:
    """What the finished runs tell; test is looked at for the arms that the plan names, once each."""

    def __init__(self, real: RealRun) -> None:
        self.real = real
        self.seeds = real.args.seeds
        self.arms = [arm for arm in real.chosen() if all(real.found(arm.name, seed) for seed in self.seeds)]

    def markdown(self) -> str:
        """All of it."""
        tested = [arm for arm in self.arms if arm.test]
        parts = [
            "## On val, where everything is chosen",
            self._scores(self.arms, "val"),
            "## On test, looked at once",
            self._scores(tested, "test"),
            "## What they cost",
            self._costs(tested),
            "## Fair?",
            self._budgets(),
        ]
        missing = [arm.name for arm in self.real.chosen() if arm not in self.arms]
        return "\n\n".join([*parts, *([f"Not finished: {', '.join(missing)}."] if missing else [])])

    def _scores(self, arms: Sequence[Arm], split: Split) -> str:
        rows = [[BASE, "-", *(f"{_mean(self._scored(BASE, split, score)):.1f}" for score in SCORES), "-", "-", "-"]]
        for arm in arms:
            sides = {score: self._scored(arm.name, split, score) for score in SCORES}
            told = [difference(sides[score], self._scored(arm.against, split, score), score) for score in SCORES]
            values = [f"{_mean(sides[score]):.1f}" for score in SCORES]
            named = (f"{arm.name}: {arm.says}", self._before(arm))
            rows.append([*named, *values, arm.against, *(each.text() for each in told)])
        after_cut = "after the cut, val"
        heads = ("arm", after_cut, f"mAP {split}", f"mAP50 {split}", "against", "mAP, 95 %", "mAP50, 95 %")
        of = f"pictures of {split}" + (" and of the seeds" if len(self.seeds) > 1 else "")
        count = next((each.pictures for each in self._draws(BASE, split) if each is not None), "?")
        said = f"Differences are paired: the same draws of the {count} {of} for both arms, 95 of 100 lie between."
        return f"{_table(heads, rows)}\n\n{said}"

    def _before(self, arm: Arm) -> str:
        """Mean mAP and mAP50 on val right after the cut and before any recovery, of an arm that cuts once."""
        jobs = [job for seed in self.seeds for job in self._jobs(arm, seed)]
        if arm.train or len(jobs) > len(self.seeds):
            return "-"
        runs = [RunFolder(self._run(arm.name, seed)) for seed in self.seeds]
        told = [fold(EventTail(run.events).read()).figures.get("transformed", ()) for run in runs]
        values = [[pick(figures, score) for figures in told] for score in SCORES]
        return " / ".join(f"{sum(one.value for one in each if one) / len(each):.1f}" for each in values)

    def _draws(self, name: str, split: Split) -> list[Any]:
        return [read_resamples(self._run(name, seed), split) for seed in self.seeds]

    def _scored(self, name: str, split: Split, score: str) -> list[Scored]:
        return [
            Scored(self._figure(name, seed, split, score), read_resamples(self._run(name, seed), split))
            for seed in self.seeds
        ]

    def _figure(self, name: str, seed: int, split: Split, score: str) -> float:
        if split == "test":
            words = (self._run(name, seed).name, "--split", "test")
            return _of(self.real.kept(f"test {label(name, seed)}", "evaluate", *words), score)
        result = json.loads(RunFolder(self._run(name, seed)).result.read_text(encoding="utf-8"))
        return _of(result["figures"], score)

    def _run(self, name: str, seed: int) -> Path:
        run = self.real.found(name, seed)
        assert run is not None, "only finished arms are told"
        return run

    def _costs(self, arms: Sequence[Arm]) -> str:
        """Of the first seed: a cut has the same counts with each, a time its own noise."""
        seed = self.seeds[0]
        names = [BASE, *(arm.name for arm in arms)]
        runs = {name: self._run(name, seed) for name in names}
        host = self.real.kept("host " + " ".join(names), "host-bench", *(run.name for run in runs.values()))
        times = {f["conditions"].get("subject"): f["value"] for f in host if f["name"] == NETWORK}
        whole: list[float] = []
        rows = []
        for name, run in runs.items():
            precision = "int8" if stack_of_run(run).quantised else "fp32"
            told = self.real.kept(f"test {label(name, seed)}", "evaluate", run.name, "--split", "test")
            out = str(self.real.args.dir / "phone" / run.name)
            words = (run.name, "--target", "arm", "--precision", precision, "-o", out)
            size = _of(self.real.kept(f"phone {label(name, seed)}", "export", *words), "nb_bytes")
            values = [_of(told, "conv_macs") / 1e9, _of(told, "params") / 1e6, size / 1e6, times[run.name]]
            whole = whole or values
            shares = [
                f"{value:.3g} ({100 * (value / base - 1):+.1f} %)" for value, base in zip(values, whole, strict=True)
            ]
            rows.append([name, precision, *shares[:3], f"{values[3]:.1f} ({whole[3] / values[3]:.2f} x)"])
        return _table(("arm", "precision", "conv G MACs", "M parameters", ".nb MB, arm", "host ms network"), rows)

    def _budgets(self) -> str:
        """What every arm was trained by after the base: epochs, highest rate, schedule and loss."""
        rows = [[arm.name, *self._trained(arm)] for arm in self.arms]
        heads = ("arm", "epochs after the base, by run", "together", "highest rate", "averaged", "schedule", "loss")
        return _table(heads, rows)

    def _trained(self, arm: Arm) -> list[str]:
        jobs = self._jobs(arm, self.seeds[0])
        epochs = [job.settings.epochs for job in jobs if job.settings.epochs]
        longest = max(jobs, key=lambda job: job.settings.epochs)
        steps = {step.technique: step for job in jobs for step in (*job.alongside, *job.steps)}
        schedule = steps.get("lr_schedule")
        loss = [_words(steps[key]) for key in ("iou_loss", "distill") if key in steps]
        return [
            " + ".join(map(str, epochs)),
            str(sum(epochs)),
            f"{longest.settings.learning_rate:g}",
            f"{longest.settings.ema:g}",
            _words(schedule) if schedule is not None else "-",
            ", ".join(["the detector's own", *loss]),
        ]

    def _jobs(self, arm: Arm, seed: int) -> list[TrainJob]:
        """Every training between the base and an arm, the first first."""
        jobs: list[TrainJob] = []
        here, base = self._run(arm.name, seed), self._run(BASE, seed)
        while here.name != base.name:
            job = training_of(here)
            if job is None or job.start is None:
                break
            jobs.insert(0, job)
            here = here.parent / Path(job.start).name
        return jobs


def _of(figures: Sequence[dict[str, Any]], name: str) -> float:
    """The figure of that name."""
    return float(next(figure["value"] for figure in figures if figure["name"] == name))


def _mean(told: Sequence[Scored]) -> float:
    return sum(one.points for one in told) / len(told)


def _words(step: Step) -> str:
    return " ".join([step.technique, *(f"{key} {value}" for key, value in step.params.items() if key != "recovery")])


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
