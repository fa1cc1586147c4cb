"""A fit comes to its target on a machine whose times it does not know, and killed anywhere to the same winner.

The graph is a real detector's; what trainings and measurements come to is made up here, so that it takes no time.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.contract.figures import Conditions, Figure, FigureName
from engine.contract.fit.front import FrontPoint, Guarantee, read_front
from engine.contract.fit.job import FitJob
from engine.contract.project import ProjectFolder
from engine.contract.run.events import Artifact, Event
from engine.contract.run.job import TrainJob
from engine.contract.sensitivity import ChannelSaliency
from engine.contract.text.messages import UserError
from engine.fit.choice import on_target
from engine.fit.measuring import Measured, Workshop
from engine.fit.session import Session
from engine.graph.change import keep
from engine.graph.count import conv_macs, op_macs
from engine.graph.graph import Graph
from engine.graph.groups import channel_groups
from engine.recipe.stack import stack_of_run
from engine.run.context import JobContext
from tests.engine.model.test_prediction import make_run

BASE_MS = 40.0


class Killed(BaseException):
    """What ends a sitting in the middle."""


class Machine(Workshop):
    """Its times hang on what it writes and on depthwise layers more than is predicted, and tremble by a percent."""

    def __init__(self, job: FitJob, context: JobContext, *, dies_at: int = 0, worse: float = 30.0) -> None:
        super().__init__(job, context)
        self.calls, self.dies_at, self.worse = 0, dies_at, worse
        self.together: list[int] = []
        self.graph = stack_of_run(self.start).graph
        groups = channel_groups(self.graph).groups
        self.groups = {name: group.channels for name, group in groups.items() if group.prunable}
        chance = np.random.default_rng(3)
        worth = {name: tuple(map(float, chance.exponential(1.0, count))) for name, count in self.groups.items()}
        self.found = ChannelSaliency(pictures=8, groups=worth)

    def saliency(self) -> ChannelSaliency:
        return self.found

    def host_base(self) -> tuple[Figure, Figure]:
        return self.figure("host_ms_total", BASE_MS), self.figure("host_ms_network", BASE_MS - 2)

    def trained(self, points: Sequence[FrontPoint]) -> None:
        self.together.append(len(points))

    def tried(self, point: FrontPoint) -> Measured:
        return self.measured(point, point.number or 0, bonus=0.0)

    def won(self, point: FrontPoint, epochs: int) -> Measured:
        return self.measured(point, 99, bonus=2.0)

    def exported(self, measured: Measured) -> Path | None:
        return Path("model.nb")

    @property
    def guarantee(self) -> Guarantee:
        return "host"

    def measured(self, point: FrontPoint, number: int, bonus: float) -> Measured:
        self.calls += 1
        if self.calls == self.dies_at:
            raise Killed
        kept = {name: self.groups[name] - round(self.groups[name] * ratio) for name, ratio in point.ratios.items()}
        tremble = 1 + 0.01 * np.sin(7.0 * number)
        ms = self.true_ms(keep(self.graph, kept)) * tremble
        score = 60 - self.worse * self.found.share_without(kept) + bonus
        found = Figure(name="map", value=score, unit="points", source="measured", low=score - 2, high=score + 2)
        base = Figure(name="map", value=60, unit="points", source="measured", low=58, high=62)
        return Measured(f"{number:04d}-run", self.figure("host_ms_total", ms), ms, found, base, 60.0)

    def true_ms(self, graph: Graph) -> float:
        def work(of: Graph) -> float:
            written = sum(prod(of.tensors[op.outputs[0]]) for op in of.ops)
            depthwise = sum(op_macs(of, op) for op in of.ops if op.kind == "depthwise_conv2d")
            return conv_macs(of) / 1e6 + 40 * written / 1e6 + 10 * depthwise / 1e6

        return 4.0 + (BASE_MS - 4.0) * work(graph) / work(self.graph)

    def figure(self, name: FigureName, ms: float) -> Figure:
        held = Conditions(device="machine")
        return Figure(name=name, value=ms, unit="ms", source="measured", low=ms * 0.98, high=ms * 1.02, conditions=held)


@pytest.fixture
def start(project: ProjectFolder, train_job: TrainJob) -> Path:
    return make_run(project, train_job)


def asked(project: ProjectFolder, start: Path, **more: Any) -> FitJob:
    return FitJob.model_validate(
        {"project": str(project.root), "start": str(start), "phone": "host", "ms": 20.0} | more
    )


def sitting(job: FitJob, task: Path, **more: Any) -> tuple[Session, list[Event]]:
    told: list[Event] = []
    context = JobContext(task, told.append)
    return Session(job, context, Machine(job, context, **more)), told


@pytest.mark.parametrize(("ms", "at_once"), [(24.0, 1), (14.0, 1), (14.0, 3)])
def test_that_targets_are_met_by_measurement_with_few_trials(
    project: ProjectFolder, start: Path, ms: float, at_once: int
) -> None:
    task = project.new_task("fit")
    session, told = sitting(asked(project, start, ms=ms, at_once=at_once), task)
    front = session.run()
    assert front == read_front(task) and front.verdict is not None and front.verdict.met, front.verdict
    winner, trials = front.winner, front.trials
    assert winner is not None and winner.ms is not None and len(trials) <= 8
    assert winner.ms <= 1.02 * ms and any(trial.ms is not None and on_target(trial.ms, ms) for trial in trials)
    assert front.base is not None and (front.base.ms, front.base.map) == (BASE_MS, 60)
    assert isinstance(session.shop, Machine) and bool(session.shop.together) == (at_once > 1)
    between = [point for point in front.hollow if point.map_low is not None]
    assert between and all(point.map is None and point.ms_source == "estimated" for point in front.hollow)
    assert any(isinstance(event, Artifact) and event.kind == "front" for event in told)
    hollow = sorted(front.hollow, key=lambda point: point.predicted_ms or 0)
    assert [point.saliency for point in hollow] == sorted((point.saliency for point in hollow), reverse=True)


@pytest.mark.parametrize("at_once", [1, 2])
def test_that_one_killed_anywhere_comes_to_the_same_winner(project: ProjectFolder, start: Path, at_once: int) -> None:
    job = asked(project, start, at_once=at_once)
    whole = sitting(job, project.new_task("fit"))[0].run()
    task = project.new_task("fit")
    for _ in range(len(whole.trials) + 1):
        session, _ = sitting(job, task, dies_at=2)
        try:
            session.run()
        except Killed:
            continue
        break
    assert read_front(task) == whole


def test_that_a_finished_one_decides_nothing_anew(project: ProjectFolder, start: Path) -> None:
    job, task = asked(project, start), project.new_task("fit")
    front = sitting(job, task)[0].run()
    session, _ = sitting(job, task, dies_at=1)
    assert session.run() == front


def test_that_points_which_no_recovery_gives_back_end_it_with_what_is_nearest(
    project: ProjectFolder, start: Path
) -> None:
    session, _ = sitting(asked(project, start, points=1.0), project.new_task("fit"), worse=60.0)
    front = session.run()
    assert front.verdict is not None and not front.verdict.met and front.winner is None
    assert front.verdict.message.code.startswith("fit.needs_points"), front.verdict
    assert "more than 1 point" in front.verdict.message.text() and len(front.trials) >= 2


IMPOSSIBLE: list[tuple[dict[str, Any], str]] = [
    ({"ms": None}, "fit.phone_without_ms"),
    ({"ms": None, "phone": None}, "fit.no_target"),
    ({"phone": None}, "fit.ms_without_phone"),
    ({"threads": 4}, "fit.host_threads"),
    ({"precision": "fp16"}, "fit.host_fp16"),
    ({"device": "x"}, "fit.device_without_phone"),
    ({"points": 0}, "fit.no_points"),
    ({"ms": 50.0}, "fit.nothing_to_do"),
    ({"ms": 0.5}, "fit.out_of_reach"),
    ({"macs": 0.001}, "fit.out_of_reach"),
    ({"phone": "SD855", "ms": 0.01}, "fit.out_of_reach"),
    ({"phone": "SD855", "ms": 500.0}, "fit.nothing_to_do"),
    ({"phone": "SD855", "threads": 3}, "latency.threads"),
]


def test_that_what_cannot_be_is_refused_before_any_trial(project: ProjectFolder, start: Path) -> None:
    for more, code in IMPOSSIBLE:
        with pytest.raises(UserError) as refused:
            sitting(asked(project, start, **more), project.new_task("fit"), dies_at=1)[0].run()
        assert refused.value.message.code == code and "{" not in str(refused.value), more
