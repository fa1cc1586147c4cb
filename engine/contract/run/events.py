"""What a run tells: a closed union of typed events, one JSON line each in `events.jsonl` (docs/architecture.md)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from engine.contract.figures import Figure
from engine.contract.run.job import Backend, Precision
from engine.contract.text.messages import Message

PROTOCOL = 1


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    seq: int = 0
    time: float = 0.0


class Hello(_Event):
    """Always first in a sitting of a worker: who speaks. A resumed run has one per sitting."""

    type: Literal["hello"] = "hello"
    protocol: int = PROTOCOL
    pid: int
    versions: dict[str, str]
    device: str


class DeviceUsed(_Event):
    """Where this sitting computes: `cpu` or `gpu:N`, that one's `name` and driver, and the wheel of Paddle.

    `why` tells why it is the processor where a GPU might have been taken; `amp` is whether precision is mixed.
    `ranks` is how many processes train together, on all machines.
    """

    type: Literal["device"] = "device"
    device: str
    name: str = ""
    wheel: str
    driver: str = ""
    amp: bool = False
    ranks: int = 1
    why: Message | None = None


class Stage(_Event):
    """A new part of the job begins."""

    type: Literal["stage"] = "stage"
    message: Message
    text: str


class Progress(_Event):
    """How far the current stage is; `eta_s` in seconds, None while unknown."""

    type: Literal["progress"] = "progress"
    done: int
    total: int
    unit: str
    eta_s: float | None = None


class Metric(_Event):
    """One point of a curve: `step` counts optimiser steps since the run began."""

    type: Literal["metric"] = "metric"
    name: str
    step: int
    value: float


class BenchSample(_Event):
    """One short process of a bench on a phone: the average of its inferences, in milliseconds."""

    type: Literal["bench_sample"] = "bench_sample"
    precision: Precision
    backend: Backend
    threads: int
    ms: float


class BenchMoment(_Event):
    """One moment of a sustained bench: `seconds` since it began, latency, and what the sensors told."""

    type: Literal["bench_moment"] = "bench_moment"
    seconds: float
    ms: float
    temperature_c: float | None = None
    clock_mhz: int | None = None


class Figures(_Event):
    """Figures of the model at `moment`: start, transformed (before recovery), or final."""

    type: Literal["figures"] = "figures"
    moment: Literal["start", "transformed", "final"]
    figures: tuple[Figure, ...]


class Picture(_Event):
    """A picture was written, relative to the run folder."""

    type: Literal["image"] = "image"
    path: str
    role: str


class Artifact(_Event):
    """A file was written, relative to the run folder."""

    type: Literal["artifact"] = "artifact"
    kind: str
    path: str
    bytes: int


class Notice(_Event):
    """Something that a person should know; it does not end the run."""

    type: Literal["notice"] = "notice"
    level: Literal["info", "warning"]
    message: Message
    text: str


class Finished(_Event):
    """Terminal: the job is done and `result.json` stands."""

    type: Literal["finished"] = "finished"


class CancelledEvent(_Event):
    """Terminal: the run was asked to stop; its last checkpoint stands."""

    type: Literal["cancelled"] = "cancelled"


class Failed(_Event):
    """Terminal: the job could not be done; `usage` tells bad input (exit status 2) from failure (1)."""

    type: Literal["failed"] = "failed"
    message: Message
    text: str
    usage: bool = False


Event = Annotated[
    Hello
    | DeviceUsed
    | Stage
    | Progress
    | Metric
    | BenchSample
    | BenchMoment
    | Figures
    | Picture
    | Artifact
    | Notice
    | Finished
    | CancelledEvent
    | Failed,
    Field(discriminator="type"),
]
TERMINAL = (Finished, CancelledEvent, Failed)

_adapter: TypeAdapter[Event] = TypeAdapter(Event)


def parse_event(line: str) -> Event:
    """One line of `events.jsonl` as an event; raises pydantic.ValidationError on anything else."""
    return _adapter.validate_json(line)
