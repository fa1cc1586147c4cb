"""How fast this machine was: steps per second and what comes before and after them, told by runs' own events.

Only the ends of a stream are read: one of a long training has megabytes, and a verb waits for the answer.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.contract.run.folder import RunFolder, read_job
from engine.contract.run.job import TrainJob
from engine.contract.run.lock import read_record
from engine.contract.text.messages import UserError

_BLOCK = 64 * 1024
_MOST_BLOCKS = 16
_STEP, _LAST_WORD = '"unit":"step"', '"type":"finished"'
_LOOKED_AT = 12
"""So many runs are looked at, the newest first."""


@dataclass(frozen=True)
class Speed:
    """Of one training: seconds for a step, evaluations between them included, and for all before and after them."""

    run: str
    job: TrainJob
    step_s: float
    around_s: float


@dataclass(frozen=True)
class Told:
    """How far a stage is, as its run told it last."""

    unit: str
    share: float
    eta_s: float | None


def speeds(runs: Path) -> list[Speed]:
    """Of the newest trainings in a project's folder of runs; those that tell nothing are left out."""
    newest = sorted(runs.glob("[0-9]*"), reverse=True)[:_LOOKED_AT]
    return [speed for each in newest if (speed := _speed(RunFolder(each))) is not None]


def steps_done(folder: RunFolder) -> int:
    """Optimiser steps that a training has told of so far."""
    told = _last(folder.events, _STEP)
    return 0 if told is None else int(told["done"])


def last_progress(folder: RunFolder) -> Told | None:
    """What a run told last of its progress; None if nothing since its stage."""
    for line in _backwards(folder.events, _BLOCK):
        if '"type":"progress"' in line:
            told = _parsed(line)
            return None if told is None else Told(told["unit"], told["done"] / max(1, told["total"]), told.get("eta_s"))
        if '"type":"stage"' in line or '"type":"hello"' in line:
            break
    return None


def last_stage(folder: RunFolder) -> str:
    """The code of the stage that a run is in; "" where its end does not tell."""
    for line in _backwards(folder.events, _BLOCK):
        if '"type":"stage"' in line:
            told = _parsed(line)
            return str(told["message"]["code"]) if told is not None else ""
        if '"type":"hello"' in line:
            break
    return ""


def whole_s(folder: RunFolder) -> float | None:
    """Seconds from the hello to the end of a job that finished in one sitting; None of others."""
    record = read_record(folder.lock)
    if record is None or record.offset:
        return None
    first, last = next(_forwards(folder.events, 0), None), _last(folder.events, _LAST_WORD)
    hello = _parsed(first) if first is not None else None
    took = None if hello is None or last is None else float(last["time"]) - float(hello["time"])
    return took if took is not None and took > 0 else None  # the clock was set back meanwhile


def _speed(folder: RunFolder) -> Speed | None:
    record = read_record(folder.lock)
    try:
        job = read_job(folder)
    except UserError:
        return None
    if record is None or not isinstance(job, TrainJob):
        return None
    # Between two sittings nobody worked: only the last one tells.
    lines = _forwards(folder.events, record.offset)
    hello = next(lines, None)
    begun, first = (_parsed(line) if line else None for line in (hello, next((x for x in lines if _STEP in x), None)))
    last, end = _last(folder.events, _STEP), _last(folder.events, _LAST_WORD)
    if begun is None or first is None or last is None or last["done"] <= first["done"]:
        return None
    step_s = (last["time"] - first["time"]) / (last["done"] - first["done"])
    if step_s <= 0:
        return None  # the clock was set back meanwhile
    after = max(0.0, end["time"] - last["time"]) if end is not None else 0.0
    return Speed(folder.root.name, job, step_s, max(0.0, first["time"] - begun["time"] + after))


def _last(path: Path, mark: str) -> dict[str, Any] | None:
    line = next((line for line in _backwards(path, _BLOCK * _MOST_BLOCKS) if mark in line), None)
    return _parsed(line) if line is not None else None


def _parsed(line: str) -> dict[str, Any] | None:
    try:
        told = json.loads(line)
    except ValueError:
        return None
    return told if isinstance(told, dict) else None


def _forwards(path: Path, offset: int) -> Iterator[str]:
    """The lines from a byte on, as many as stand in some blocks."""
    try:
        with path.open("rb") as stream:
            stream.seek(offset)
            rest = b""
            for _ in range(_MOST_BLOCKS):
                block = stream.read(_BLOCK)
                *lines, rest = (rest + block).split(b"\n")
                yield from (line.decode("utf-8", "replace") for line in lines)
                if not block:
                    return
    except OSError:
        return


def _backwards(path: Path, most: int) -> Iterator[str]:
    """The whole lines at the end of a file, the last first."""
    try:
        with path.open("rb") as stream:
            here, rest = stream.seek(0, os.SEEK_END), b""
            end = max(0, here - most)
            while here > end:
                block = min(_BLOCK, here - end)
                here -= block
                stream.seek(here)
                first, *lines = (stream.read(block) + rest).split(b"\n")
                yield from (line.decode("utf-8", "replace") for line in reversed(lines) if line)
                rest = first
            if here == 0 and rest:
                yield rest.decode("utf-8", "replace")
    except OSError:
        return
