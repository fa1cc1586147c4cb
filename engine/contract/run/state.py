"""What a run has told so far, folded from its events; a live run and a replayed one take the same way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel, ConfigDict

from engine.contract.figures import Figure
from engine.contract.run.events import (
    Artifact,
    BenchMoment,
    BenchSample,
    CancelledEvent,
    DeviceUsed,
    Event,
    Failed,
    Figures,
    Finished,
    Hello,
    Metric,
    Notice,
    Picture,
    Progress,
    Stage,
)
from engine.contract.run.tail import StreamError

Phase = Literal["silent", "speaking", "stopped", "finished"]
Moment = Literal["start", "transformed", "final"]
Terminal = Finished | CancelledEvent | Failed
Told = DeviceUsed | Stage | Progress | Metric | BenchSample | BenchMoment | Figures | Picture | Artifact | Notice
Curve = tuple[tuple[int, float], ...]

# What may come next, and the phase it leads to. A hello in mid-speech resumes a run whose worker was lost.
_TOLD = (
    "device", "stage", "progress", "metric", "bench_sample", "bench_moment", "figures", "image", "artifact", "notice",
)  # fmt: skip
_SPEAKING: dict[str, Phase] = {
    "hello": "speaking",
    **dict.fromkeys(_TOLD, "speaking"),
    "finished": "finished",
    "cancelled": "stopped",
    "failed": "stopped",
}
TRANSITIONS: dict[Phase, dict[str, Phase]] = {
    "silent": {"hello": "speaking"},
    "speaking": _SPEAKING,
    "stopped": {"hello": "speaking"},
    "finished": {},
}


class Sitting(BaseModel):
    """One worker's time on the run: from its hello to `until`, its last event so far (seconds since 1970)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hello: Hello
    until: float
    terminal: Terminal | None = None


class RunState(BaseModel):
    """All that a run has told. Curves are (step, value) with rising steps; paths are as in the events.

    `samples` and `moments` of a bench are those of the latest sitting, for each begins anew; so is the `device`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    phase: Phase = "silent"
    next_seq: int = 0
    sittings: tuple[Sitting, ...] = ()
    device: DeviceUsed | None = None
    stage: Stage | None = None
    progress: Progress | None = None
    metrics: dict[str, Curve] = {}
    samples: tuple[BenchSample, ...] = ()
    moments: tuple[BenchMoment, ...] = ()
    figures: dict[Moment, tuple[Figure, ...]] = {}
    pictures: tuple[Picture, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    notices: tuple[Notice, ...] = ()

    @property
    def terminal(self) -> Terminal | None:
        """The event that ended the latest sitting; None while it lasts, or if its worker was lost."""
        return self.sittings[-1].terminal if self.sittings else None

    @property
    def elapsed_s(self) -> float:
        """Seconds worked, over all sittings, up to the last event."""
        return sum(sitting.until - sitting.hello.time for sitting in self.sittings)

    def apply(self, *events: Event) -> RunState:
        """The state after `events`; StreamError on an impossible order. One call copies the curves once."""
        if not events:
            return self
        draft = _Draft.of(self)
        for event in events:
            draft.add(event)
        return draft.freeze()


def fold(events: Iterable[Event]) -> RunState:
    """The state that a whole stream, or the beginning of one, leads to."""
    return RunState().apply(*events)


@dataclass
class _Draft:
    """A state that can be changed in place, so that a long stream folds in linear time."""

    phase: Phase
    next_seq: int
    sittings: list[Sitting]
    device: DeviceUsed | None
    stage: Stage | None
    progress: Progress | None
    metrics: dict[str, list[tuple[int, float]]]
    samples: list[BenchSample]
    moments: list[BenchMoment]
    figures: dict[Moment, dict[str, Figure]]
    pictures: dict[str, Picture]
    artifacts: dict[str, Artifact]
    notices: list[Notice]
    until: float = field(default=0.0)

    @classmethod
    def of(cls, state: RunState) -> _Draft:
        return cls(
            phase=state.phase,
            next_seq=state.next_seq,
            sittings=list(state.sittings),
            device=state.device,
            stage=state.stage,
            progress=state.progress,
            metrics={name: list(curve) for name, curve in state.metrics.items()},
            samples=list(state.samples),
            moments=list(state.moments),
            figures={moment: {_identity(f): f for f in kept} for moment, kept in state.figures.items()},
            pictures={picture.path: picture for picture in state.pictures},
            artifacts={artifact.path: artifact for artifact in state.artifacts},
            notices=list(state.notices),
        )

    def add(self, event: Event) -> None:
        following = TRANSITIONS[self.phase].get(event.type)
        if following is None or event.seq != self.next_seq:
            raise StreamError("run.impossible_event", type=event.type, seq=event.seq, expected=self.next_seq)
        self.phase = following
        self.next_seq += 1
        if isinstance(event, Hello):
            self._seal()
            self.sittings.append(Sitting(hello=event, until=event.time))
            self.device = self.stage = self.progress = None
            self.samples, self.moments = [], []
        elif isinstance(event, Finished | CancelledEvent | Failed):
            self.sittings[-1] = self.sittings[-1].model_copy(update={"terminal": event})
        else:
            self._tell(event)
        self.until = event.time

    def _tell(self, event: Told) -> None:
        match event:
            case DeviceUsed():
                self.device = event
            case Stage():
                self.stage, self.progress = event, None
            case Progress():
                self.progress = event
            case Metric():
                self._add_point(event)
            case BenchSample():
                self.samples.append(event)
            case BenchMoment():
                self.moments.append(event)
            case Figures():
                kept = self.figures.setdefault(event.moment, {})
                kept.update((_identity(figure), figure) for figure in event.figures)
            case Picture():
                self.pictures[event.path] = event
            case Artifact():
                self.artifacts[event.path] = event
            case Notice():
                self.notices.append(event)

    def _add_point(self, event: Metric) -> None:
        curve = self.metrics.setdefault(event.name, [])
        # A resumed run tells again what lay behind its checkpoint: the later telling holds.
        while curve and curve[-1][0] >= event.step:
            curve.pop()
        curve.append((event.step, event.value))

    def _seal(self) -> None:
        if self.sittings and self.until:
            self.sittings[-1] = self.sittings[-1].model_copy(update={"until": self.until})

    def freeze(self) -> RunState:
        self._seal()
        return RunState.model_construct(
            phase=self.phase,
            next_seq=self.next_seq,
            sittings=tuple(self.sittings),
            device=self.device,
            stage=self.stage,
            progress=self.progress,
            metrics={name: tuple(curve) for name, curve in self.metrics.items()},
            samples=tuple(self.samples),
            moments=tuple(self.moments),
            figures={moment: tuple(kept.values()) for moment, kept in self.figures.items()},
            pictures=tuple(self.pictures.values()),
            artifacts=tuple(self.artifacts.values()),
            notices=tuple(self.notices),
        )


def _identity(figure: Figure) -> str:
    """Two figures of one name, source and conditions are the same figure, measured again."""
    return figure.model_copy(update={"value": 0.0, "low": None, "high": None, "load": None}).model_dump_json()
