"""What `espalier fit` is worth: its winners beside one ratio for all and random ratios that take the same time here.

    .venv/bin/python -m tests.benchmarks.fit_targets PROJECT RUN WORK [--faster 2 4 6] [--epochs 20] [--random 1]

For each target PROJECT's RUN is fitted to its time on this machine divided by that. Rivals cut every group by one
ratio, or by random ratios, so that they take as long as the winner by measurement, and are trained as the winner is:
same steps, same epochs. At last all are measured side by side. Resumable; says what it came to in WORK/report.md.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from bisect import bisect_left
from collections.abc import Callable, Mapping
from functools import cached_property
from math import exp, log
from pathlib import Path
from typing import Any

import numpy as np

from engine.contract.figures import Figure, pick
from engine.contract.fit.front import ALIGN, Front, FrontPoint, read_front
from engine.contract.fit.job import HOST, FitJob
from engine.contract.project import ProjectFolder
from engine.contract.recipe import Recipe
from engine.contract.run.folder import RunFolder
from engine.contract.run.lineage import resumable
from engine.contract.run.state import fold
from engine.contract.run.tail import EventTail
from engine.fit.steps import steps_of
from engine.fit.targets import Measure
from engine.fit.times import CountedTimes
from engine.graph.change import left_of
from engine.recipe.stack import stack_of_run

CLOSE = 0.03
"""A rival takes at most this share less or more than the winner."""
SCALES = [step / 200 for step in range(1, 190)]


class Comparison:
    """All targets of one run; what was made is found again by its name."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.args = args
        self.folder = ProjectFolder(args.project.resolve())
        self.start = next(self.folder.runs.glob(args.run))
        self.file = args.work / "state.json"
        self.state: dict[str, Any] = json.loads(self.file.read_text()) if self.file.is_file() else {}

    def run(self) -> str:
        """Fits and rivals, then one table of all."""
        lines: list[tuple[str, str]] = []
        for faster in self.args.faster:
            front = self.fitted(faster)
            if front.winner is None or front.winner.run is None:
                continue
            lines.append((f"{faster:g}x: fit, {len(front.trials)} trials", self.winner(front).name))
            lines += [(f"{faster:g}x: {kind}", self.rival(kind, faster, front).name) for kind in self.kinds(faster)]
        return self.table(lines)

    def kinds(self, faster: float) -> list[str]:
        """Random ratios stand beside the first targets only, as many as asked for."""
        return ["one ratio", *(["random"] if faster in self.args.faster[: self.args.random] else [])]

    @cached_property
    def base_ms(self) -> float:
        """What the run takes here, with boxes; measured once, when nothing else should be at work."""
        return float(self.kept("base_ms", lambda: self.times(self.start)[self.start.name][1]))

    def fitted(self, faster: float) -> Front:
        """The front of the fit to that target, to its verdict."""
        key = f"fit-{faster:g}"
        if key not in self.state:
            before = {path.name for path in self.folder.tasks.glob("fit-*")}
            words = ("--phone", HOST, "--ms", f"{self.base_ms / faster:.3f}", "--at-once", str(self.args.at_once))
            self.espalier("fit", self.start.name, *words, "--epochs", str(self.args.epochs), ends=(0, 1))
            made = {path.name for path in self.folder.tasks.glob("fit-*")} - before
            self.kept(key, lambda: made.pop())
        task = self.folder.tasks / str(self.state[key])
        if RunFolder(task).status() != "finished":
            self.espalier("resume", task.name, ends=(0, 1))
        front = read_front(task)
        assert front is not None, f"{task.name} keeps its front"
        return front

    def winner(self, front: Front) -> Path:
        """The run of the winner; its cut trained anew where the fit trained it for other epochs than are compared."""
        point = front.winner
        assert point is not None and point.run is not None
        if point.epochs == self.args.epochs:
            return self.folder.runs / point.run
        return self.compressed(f"as-{point.run}-{self.args.epochs}", point.ratios, self.args.epochs)

    def rival(self, kind: str, faster: float, front: Front) -> Path:
        """The run of a rival of the winner, trained as that was."""
        name = kind.replace(" ", "-")
        winner = front.winner
        assert winner is not None
        scale = float(self.kept(f"{name}-{faster:g}x-scale", lambda: self.matched(name, kind, front, winner)))
        name = f"{name}-{1000 * scale:.0f}-{self.args.epochs}"
        return self.compressed(name, self.ratios(kind, scale), self.args.epochs)

    def matched(self, name: str, kind: str, front: Front, winner: FrontPoint) -> float:
        """The scale at which a rival takes as long as the winner: predicted by the fit's trials, then measured."""
        assert winner.run is not None
        work = {scale: self.work(self.ratios(kind, scale)) for scale in SCALES}
        points = [p for p in front.points if p.kind in ("base", "trial", "winner") and p.ms]
        seen = sorted((self.work(p.ratios), float(p.ms or 0)) for p in points)
        aim = float(winner.ms or 0)
        scale = 0.5
        for _ in range(3):
            wanted = exp(np.interp(log(aim), [log(ms) for _, ms in seen], [log(w) for w, _ in seen]))
            scale = SCALES[max(0, bisect_left([-work[each] for each in SCALES], -wanted) - 1)]
            run = self.compressed(f"{name}-{1000 * scale:.0f}-untrained", self.ratios(kind, scale), 0)
            told = self.times(self.folder.runs / winner.run, run)
            share = told[run.name][0] / told[winner.run][0]  # the network alone: boxes are fewer before training
            if abs(share - 1) <= CLOSE:
                break
            aim /= share
        return scale

    def ratios(self, kind: str, scale: float) -> dict[str, float]:
        """The share of each group that goes."""
        names = sorted(self.measure.channels)
        if kind == "one ratio":
            return dict.fromkeys(names, scale)
        drawn = np.random.default_rng(self.args.seed).uniform(0, 2, len(names))
        return {name: float(min(0.9, scale * each)) for name, each in zip(names, drawn, strict=True)}

    def work(self, ratios: Mapping[str, float]) -> float:
        """The share of the run's work that remains."""
        channels = self.measure.channels
        kept = {name: left_of(channels[name], ratio, ALIGN) for name, ratio in ratios.items() if ratio}
        return self.measure.times.ms(self.measure.cut(kept))

    @cached_property
    def measure(self) -> Measure:
        """Counts what remains of the run."""
        return Measure(self.job, CountedTimes(stack_of_run(self.start).graph))

    @cached_property
    def job(self) -> FitJob:
        """What the steps of a recipe are made by."""
        return FitJob(project=str(self.folder.root), start=str(self.start), macs=1.0)

    def compressed(self, name: str, ratios: Mapping[str, float], epochs: int) -> Path:
        """The finished run of a cut by these ratios, trained for so many epochs."""
        made = sorted(self.folder.runs.glob(f"[0-9][0-9][0-9][0-9]-{name}-compress"))
        if made and RunFolder(made[-1]).status() != "finished":
            self.espalier("resume", resumable(made[-1]).name)
        elif not made:
            file = self.args.work / f"{name}.json"
            key = stack_of_run(self.start).choice.key
            steps = steps_of(self.job, ratios, key, epochs, long=bool(epochs))
            file.write_text(Recipe(name=name, steps=steps).model_dump_json(indent=1), encoding="utf-8")
            self.espalier("compress", str(file), "--from", self.start.name)
            made = sorted(self.folder.runs.glob(f"[0-9][0-9][0-9][0-9]-{name}-compress"))
        return made[-1]

    def table(self, lines: list[tuple[str, str]]) -> str:
        """All of them measured side by side, with the mAP that each told last."""
        runs = [self.start, *(self.folder.runs / run for _, run in lines)]
        told = self.times(*runs)
        base = told[self.start.name][1]
        rows = ["| | run | mAP val | ms network | ms with boxes | faster | MACs |", "|---|---|---|---|---|---|---|"]
        for label, run in [("base", self.start.name), *lines]:
            figures = fold(EventTail(RunFolder(self.folder.runs / run).events).read()).figures["final"]
            score, macs = pick(figures, "map", split="val"), pick(figures, "macs")
            network, total = told[run]
            shown = f"{score.value:.1f}" if score else "?", f"{macs.value / 1e6:.1f} M" if macs else "?"
            rows.append(
                f"| {label} | {run} | {shown[0]} | {network:.2f} | {total:.2f} | {base / total:.2f} | {shown[1]} |"
            )
        return "\n".join(rows)

    def times(self, *runs: Path) -> dict[str, tuple[float, float]]:
        """Milliseconds of the network alone and with boxes, in turns on this machine."""
        document = json.loads(self.espalier("host-bench", *(run.name for run in runs), "--json"))
        figures = [Figure.model_validate(told) for told in document["figures"]]
        found = {}
        for run in runs:
            network, total = (pick(figures, name, subject=run.name) for name in ("host_ms_network", "host_ms_total"))
            assert network is not None and total is not None
            found[run.name] = (network.value, total.value)
        return found

    def kept(self, key: str, ask: Callable[[], Any]) -> Any:
        """What was found out once."""
        if key not in self.state:
            self.state[key] = ask()
            self.file.write_text(json.dumps(self.state, indent=1), encoding="utf-8")
        return self.state[key]

    def espalier(self, verb: str, *words: str, ends: tuple[int, ...] = (0,)) -> str:
        """Run a verb on the project; its stdout."""
        print("$ espalier", verb, *words, file=sys.stderr, flush=True)
        call = [sys.executable, "-m", "engine", verb, str(self.folder.root), *words]
        done = subprocess.run(call, stdout=subprocess.PIPE, text=True)
        if done.returncode not in ends:
            raise SystemExit(f"{verb} ended with {done.returncode}\n{done.stdout}")
        return done.stdout


def main(words: list[str] | None = None) -> None:
    """Read the arguments and go."""
    parser = argparse.ArgumentParser(prog="fit_targets", description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("project", type=Path)
    parser.add_argument("run", help="name of a run's folder")
    parser.add_argument("work", type=Path, help="working folder")
    parser.add_argument("--faster", type=float, nargs="+", default=[2.0, 4.0, 6.0], help="so many times, each a target")
    parser.add_argument("--epochs", type=int, default=20, help="of winners and rivals")
    parser.add_argument("--random", type=int, default=1, help="of so many targets random ratios are tried as well")
    parser.add_argument("--at-once", type=int, default=1, help="trials trained side by side")
    parser.add_argument("--seed", type=int, default=0, help="of the random ratios")
    args = parser.parse_args(words)
    args.work.mkdir(parents=True, exist_ok=True)
    text = Comparison(args).run()
    (args.work / "report.md").write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
