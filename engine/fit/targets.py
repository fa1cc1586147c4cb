"""What a fit is held against, and what is refused before anything runs: one sentence each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.contract.fit.front import ALIGN
from engine.contract.fit.job import FitJob
from engine.contract.latency import PhoneChoice
from engine.contract.run.folder import RunFolder
from engine.contract.run.state import fold
from engine.contract.run.tail import EventTail
from engine.contract.text.messages import Message, UserError
from engine.contract.text.numbers import show_value
from engine.fit.times import CountedTimes, PhoneTimes, Times, quantised
from engine.graph.change import keep
from engine.graph.count import conv_macs
from engine.graph.fine_proposal import levels_of
from engine.graph.graph import Graph
from engine.graph.groups import channel_groups
from engine.graph.size import nb_size
from engine.latency.estimate import admitted
from engine.recipe.recovery import base_training
from engine.recipe.stack import stack_of_run

UNSURE = 0.5
"""A time on this machine that was predicted from the base alone may be this much lower; more is out of reach."""


@dataclass(frozen=True)
class Left:
    """What remains of a network: the share of the convolutions' MACs, the largest likely file in MB, and its time."""

    macs: float
    mb: float
    ms: float


class Measure:
    """Tells what is left of a run's network when channels go."""

    def __init__(self, job: FitJob, times: Times) -> None:
        stack = stack_of_run(Path(job.start))
        self.graph, self.times = stack.graph, times
        self._macs = conv_macs(self.graph)
        int8 = job.precision == "int8"
        self._int8 = quantised(stack).int8_layers() if int8 else set[str]()
        self._limits, self._sized = job, job.mb is not None
        groups = channel_groups(self.graph).groups
        self.channels = {name: group.channels for name, group in groups.items() if group.prunable}

    def cut(self, kept: Mapping[str, int]) -> Graph:
        """The graph with so many channels kept."""
        return keep(self.graph, kept) if kept else self.graph

    def left(self, kept: Mapping[str, int]) -> Left:
        """All that is told of it."""
        graph = self.cut(kept)
        size = nb_size(graph, self._int8).high / 1e6
        return Left(conv_macs(graph) / self._macs, size, self.times.ms(graph))

    def cost(self, kept: Mapping[str, int]) -> float:
        """Its time, with as much of the whole's on top as other targets are missed by."""
        graph = self.cut(kept)
        missed = 0.0
        if self._limits.macs is not None:
            missed += max(0.0, conv_macs(graph) / self._macs / self._limits.macs - 1)
        if self._limits.mb is not None:
            missed += max(0.0, nb_size(graph, self._int8).high / 1e6 / self._limits.mb - 1)
        return self.times.ms(graph) + missed * self.times.whole

    def fits(self, left: Left) -> bool:
        """Whether targets other than the time are met."""
        limits = self._limits
        return (limits.macs is None or left.macs <= limits.macs) and (limits.mb is None or left.mb <= limits.mb)

    def deepest(self) -> dict[str, int]:
        """How many channels stay where every group is cut as deep as it may be."""
        found = {name: levels_of(channels, ALIGN)[-1] for name, channels in self.channels.items()}
        return {name: kept for name, kept in found.items() if kept < self.channels[name]}


def phone_of(job: FitJob) -> PhoneChoice | None:
    """The phone that is estimated for; None for this machine and where no time is asked for."""
    if job.phone is None or job.on_host:
        return None
    setting = admitted(job.phone, job.threads, job.precision)
    return PhoneChoice(soc=setting.soc, threads=setting.threads, precision=job.precision)


def predicted(job: FitJob, phone: PhoneChoice) -> PhoneTimes:
    """What cuts take on the phone; where it is there, as estimated alone, for what is measured corrects that."""
    return PhoneTimes(Path(job.start), phone, None if job.device else Path(job.project))


def refuse(job: FitJob) -> None:
    """Raises UserError for targets that say nothing, contradict each other or cannot be reached; runs nothing."""
    _refuse_words(job)
    stack = stack_of_run(Path(job.start))
    if stack.quantised:
        raise UserError("sensitivity.quantised", run=Path(job.start).name)
    _refuse_hours(job)
    phone = phone_of(job)
    times = CountedTimes(stack.graph) if phone is None else predicted(job, phone)
    # What is measured is not known yet.
    known = job if phone is not None and job.device is None else job.model_copy(update={"ms": None})
    refuse_unreachable(known, Measure(job, times))


def refuse_unreachable(job: FitJob, measure: Measure, sure: float = 1.0) -> None:
    """Raises UserError where the whole is within the targets, or the deepest cut is not.

    A time counts as out of reach where `sure` of what is predicted is.
    """
    whole, deepest = measure.left({}), measure.left(measure.deepest())
    limits = {"ms": job.ms, "mb": job.mb, "macs": job.macs}
    asked = {name: limit for name, limit in limits.items() if limit is not None}
    missed = [name for name, limit in asked.items() if _held(deepest, name, sure) > limit]
    if missed:
        name = missed[0]
        least = Message(code=f"fit.left_{name}", args={"value": _shown(name, getattr(deepest, name))})
        raise UserError("fit.out_of_reach", target=_target(name, asked[name]), least=least)
    if asked and all(getattr(whole, name) <= limit for name, limit in asked.items()):
        name, limit = next(iter(asked.items()))
        value = _shown(name, getattr(whole, name))
        raise UserError("fit.nothing_to_do", target=_target(name, limit), value=value, run=Path(job.start).name)


def _refuse_words(job: FitJob) -> None:
    if job.ms is not None and job.phone is None:
        raise UserError("fit.ms_without_phone")
    if job.ms is None and job.phone is not None:
        raise UserError("fit.phone_without_ms")
    if job.ms is None and job.mb is None and job.macs is None:
        raise UserError("fit.no_target")
    if job.device is not None and (job.on_host or job.ms is None):
        raise UserError("fit.device_without_phone")
    if job.on_host and job.threads != 1:
        raise UserError("fit.host_threads", threads=job.threads)
    if job.on_host and job.precision == "fp16":
        raise UserError("fit.host_fp16")
    if job.points == 0:
        raise UserError("fit.no_points", target=asked_for(job))


def _refuse_hours(job: FitJob) -> None:
    """Raises UserError where the last training alone, as long as the base's was, takes longer than all that is allowed.

    A pruned network trains faster; half of the base's time is what it takes at least.
    """
    start = RunFolder(Path(job.start))
    base = base_training(start.root)
    if job.hours is None or base is None or not start.events.is_file() or job.epochs == 0:
        return
    share = 1.0 if job.epochs is None else job.epochs / base.epochs
    least = fold(EventTail(start.events).read()).elapsed_s / 3600 * share / 2
    if least > job.hours:
        raise UserError("fit.hours", hours=f"{job.hours:g}", least=f"{least:.1f}", run=start.root.name)


def asked_for(job: FitJob) -> str:
    """The targets in their units, which are the same in the studio, on the command line and in every language."""
    named = {"ms": job.ms, "mb": job.mb, "macs": job.macs}
    return ", ".join(_target(name, value) for name, value in named.items() if value is not None)


def _held(left: Left, name: str, sure: float) -> float:
    value = float(getattr(left, name))
    return value * sure if name == "ms" else value


def _target(name: str, limit: float) -> str:
    return {"ms": f"{limit:g} ms", "mb": f"{limit:g} MB", "macs": f"{100 * limit:g} % MACs"}[name]


def _shown(name: str, value: float) -> str:
    return {"ms": show_value(value, "ms"), "mb": f"{value:.2f} MB", "macs": f"{100 * value:.1f} %"}[name]
