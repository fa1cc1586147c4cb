"""Phones and what was measured on them: a phone as adb tells of it, and the result of one bench.

A bench is a task whose `result.json` holds `{"schema": 1, "figures": [...], "bench": BenchResult}`. When it is finished
its result is also kept with the run that it speaks of, in `RUN/benches/TIME-SERIAL.json` (`keep`, `benches`), so that
it stays when the task's folder goes. While it runs, it tells each short process (event `bench_sample`) and each moment
of a sustained run (event `bench_moment`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine.contract.figures import Figure
from engine.contract.run.job import Backend, Precision
from engine.contract.system.files import folder_in, write_atomically
from engine.contract.text.messages import Message

PhoneState = Literal["ready", "unauthorized", "offline", "no_permissions", "connecting", "silent", "unknown"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Sensors(_Frozen):
    """What a phone's sensors told at one moment; what it does not tell is None.

    `seconds` since 1970, `temperature_c` of the processor or, where that is not readable, of the battery; `clocks_mhz`
    of each core that is awake, in the order of the cores.
    """

    seconds: float
    temperature_c: float | None = None
    battery_percent: int | None = None
    clocks_mhz: tuple[int, ...] = ()


class Phone(_Frozen):
    """A phone that adb knows. All but `serial` and `state` is None until the phone is ready and tells it.

    `soc` is what is shown of its chip: the name in `resources/phones` where `soc_key` is known, else the phone's own
    word. `problem` says why it cannot be used, with the remedy; `notes` what else a person should know.
    """

    serial: str
    state: PhoneState
    brand: str | None = None
    model: str | None = None
    soc: str | None = None
    soc_key: str | None = None
    abi: str | None = None
    android: str | None = None
    api: int | None = None
    cores: int | None = None
    fp16: bool | None = Field(default=None, description="Whether its processor computes in fp16 (ARMv8.2)")
    sensors: Sensors | None = None
    free_bytes: int | None = None
    simulated: bool = False
    problem: Message | None = None
    notes: tuple[Message, ...] = ()

    @property
    def name(self) -> str:
        """What a person calls it: model and chip, and that it is simulated."""
        parts = [self.model or self.serial, *([f"({self.soc})"] if self.soc else [])]
        told = "simulated" in (self.model or "")
        return " ".join([*parts, *(["simulated"] if self.simulated and not told else [])])


class PhoneList(_Frozen):
    """All phones that adb knows; `problem` when adb itself is missing or in trouble; `notes` hold for every phone."""

    phones: tuple[Phone, ...] = ()
    problem: Message | None = None
    notes: tuple[Message, ...] = ()


class BenchRow(_Frozen):
    """One precision with so many threads on one backend; times in milliseconds, `memory_mb` the peak.

    `samples` has the average of each short process, in order; `median_ms`, `low_ms` and `high_ms` (10th and 90th
    percentile) are of those, `min_ms` and `max_ms` the extremes of any single inference. A row with a `problem` was
    refused or failed, and has no times. `quantised_here`: int8 by post-training quantisation of a float run, made for
    this bench only. `throttled`: the phone slowed down while it was measured.
    """

    precision: Precision
    backend: Backend
    threads: int
    median_ms: float | None = None
    p90_ms: float | None = None
    low_ms: float | None = None
    high_ms: float | None = None
    min_ms: float | None = None
    max_ms: float | None = None
    first_ms: float | None = None
    init_ms: float | None = None
    memory_mb: float | None = None
    samples: tuple[float, ...] = ()
    before: Sensors | None = None
    after: Sensors | None = None
    throttled: bool = False
    quantised_here: bool = False
    problem: Message | None = None


class ParityRow(_Frozen):
    """Whether the phone finds what this machine finds with the same model, on `pictures` pictures.

    Counted are boxes of both sides that are sure enough to matter. `box_px`, in pixels of the input, and `score` are
    the largest differences of partners, half of which lie within `median_px`; `unmatched` boxes have no partner that
    lies as they do. `strays` are confident boxes without one, and `worst` tells the first to look at. Of an older
    version all boxes are counted, and the last three are not known. `map_phone` and `map_host` in points, on
    `map_pictures` pictures of val, when that was asked for. `agrees` is False for what should be shown red; `finding`
    says it in words. What agrees but for `strays` is neither red nor simply right.
    """

    precision: Precision
    backend: Backend
    pictures: int
    boxes: int = 0
    unmatched: int = 0
    box_px: float | None = None
    score: float | None = None
    median_px: float | None = None
    strays: int = 0
    worst: Message | None = None
    map_pictures: int = 0
    map_phone: float | None = None
    map_host: float | None = None
    agrees: bool
    finding: Message


class SustainedPoint(_Frozen):
    """One moment of a sustained run: seconds since its start, latency, and what the sensors told."""

    seconds: float
    ms: float
    temperature_c: float | None = None
    clock_mhz: int | None = None


class Sustained(_Frozen):
    """Minutes of repeated inference: latency cold (the first), warm (the median), hot (the median of the last fifth).

    `throttled` when hot is clearly slower than the start; `finding` says it in words.
    """

    precision: Precision
    backend: Backend
    threads: int
    points: tuple[SustainedPoint, ...]
    cold_ms: float
    warm_ms: float
    hot_ms: float
    throttled: bool
    finding: Message


class Against(_Frozen):
    """The same rows measured for the base run on the same phone: its median with its spread, in milliseconds."""

    run: str
    precision: Precision
    backend: Backend
    threads: int
    base_ms: float
    base_low_ms: float
    base_high_ms: float
    ms: float
    low_ms: float
    high_ms: float


class BenchResult(_Frozen):
    """All that one bench found. `run` is the name of the run, `time` seconds since 1970 when it began.

    `verdicts` say in words what the rows mean. `pushed` names the files that had to be sent to the phone, none when
    nothing changed since the last bench. `runtime` is what the tool calls its version.
    """

    format: int = 1
    run: str
    time: float
    phone: Phone
    input: str
    runtime: str | None = None
    rows: tuple[BenchRow, ...] = ()
    parity: tuple[ParityRow, ...] = ()
    sustained: Sustained | None = None
    against: tuple[Against, ...] = ()
    verdicts: tuple[Message, ...] = ()
    pushed: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()

    @property
    def simulated(self) -> bool:
        """Whether the phone was a simulated one: then no time in it was measured on a phone."""
        return self.phone.simulated


FOLDER = "benches"


def keep(run: Path, result: BenchResult) -> Path:
    """Keep a bench with the run that it speaks of; returns its file. Raises OSError if the disk refuses it."""
    name = re.sub(r"[^A-Za-z0-9]+", "-", result.phone.serial).strip("-") or "phone"
    path = folder_in(run, FOLDER) / f"{int(result.time * 1000)}-{name}.json"
    write_atomically(path, result.model_dump_json(indent=1, exclude_none=True))
    return path


def benches(run: Path) -> Iterator[BenchResult]:
    """The benches that were kept with a run, oldest first; a file that cannot be read is passed over."""
    for path in sorted((run / FOLDER).glob("*.json")):
        try:
            yield BenchResult.model_validate_json(path.read_bytes())
        except (OSError, ValidationError):
            continue


def real_benches(runs: Path) -> Iterator[tuple[Path, BenchResult]]:
    """Every bench on a real phone of the runs in a project's `runs` folder: what may correct an estimate."""
    for run in sorted(runs.glob("[0-9]*")):
        yield from ((run, bench) for bench in benches(run) if not bench.simulated)
