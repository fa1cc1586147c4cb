"""One look at the queue, beside the GUI thread: what has room is started, and what became of what ended is told."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from pydantic import ValidationError

from engine.contract.queue.entries import Entry, entries
from engine.contract.queue.pump import pump
from engine.contract.queue.tickets import QueueSettings, read_settings
from engine.contract.run.events import Progress, parse_event
from engine.contract.run.folder import RunFolder, Status
from engine.contract.run.lock import read_record
from engine.contract.run.tail import StreamError

_TAIL = 32 * 1024


@dataclass(frozen=True)
class QueueLook:
    """What was seen: by number of entry the progress of what is at work, and in how many seconds what waits begins.

    `workers` are the ids of the processes of what is at work.
    """

    entries: tuple[Entry, ...] = ()
    settings: QueueSettings = QueueSettings()
    progress: dict[int, Progress] = field(default_factory=dict)
    starts: dict[int, float] = field(default_factory=dict)
    workers: tuple[int, ...] = ()


@dataclass(frozen=True)
class News:
    """An entry that was at work and is not any more: how it ended, and how many seconds it took this time."""

    entry: Entry
    status: Status
    seconds: float


def look_at(before: QueueLook) -> Callable[[], tuple[QueueLook, tuple[News, ...]]]:
    """The work of one look after an earlier one. It blocks, and raises OSError."""

    def work() -> tuple[QueueLook, tuple[News, ...]]:
        pump()
        found = tuple(entries())
        at_work = [entry for entry in found if entry.state in ("running", "stopping")]
        progress = {entry.number: told for entry in at_work if (told := last_progress(entry)) is not None}
        records = [read_record(RunFolder(entry.run).lock) for entry in at_work]
        workers = tuple(record.pid for record in records if record is not None and record.pid is not None)
        settings = read_settings()
        look = QueueLook(found, settings, progress, starts(found, settings.at_once), workers)
        return look, tuple(_news(before, found))

    return work


def starts(found: Sequence[Entry], at_once: int) -> dict[int, float]:
    """In how many seconds each that waits will begin, by its number; none for those behind one that nobody can guess.

    In each lane as many go on side by side as do now: how cores and memory come out later is not known.
    """
    told: dict[int, float] = {}
    for lane in ("long", "short"):
        busy = [_seconds(entry) for entry in found if entry.lane == lane and entry.state in ("running", "stopping")]
        side_by_side = max(1, len(busy), at_once)
        free: list[float | None] = [*busy, *([0.0] * (side_by_side - len(busy)))]
        for entry in found:
            if entry.lane != lane or entry.state != "waiting":
                continue
            known = [each for each in free if each is not None]
            if not known:
                break
            begins = min(known)
            told[entry.number] = begins
            takes = _seconds(entry)
            free[free.index(begins)] = None if takes is None else begins + takes
    return told


def last_progress(entry: Entry) -> Progress | None:
    """The last progress that a run told; None where it is further back than a glance at the end of its stream."""
    try:
        with RunFolder(entry.run).events.open("rb") as stream:
            stream.seek(max(0, stream.seek(0, os.SEEK_END) - _TAIL))
            lines = stream.read().split(b"\n")[1:-1]
    except OSError:
        return None
    for line in reversed(lines):
        if b'"progress"' in line:
            try:
                event = parse_event(line.decode())
            except (ValidationError, UnicodeDecodeError):
                return None
            if isinstance(event, Progress):
                return event
    return None


def _seconds(entry: Entry) -> float | None:
    return entry.left.seconds if entry.left is not None else None


def _news(before: QueueLook, found: Sequence[Entry]) -> Iterator[News]:
    # One that was stopped from outside stays, paused until somebody has it go on, and is broken off all the same.
    left = {entry.number for entry in found if not (entry.state == "paused" and entry.interrupted)}
    for entry in before.entries:
        if entry.state != "running" or entry.number in left:
            continue
        try:
            status = RunFolder(entry.run).status()
        except StreamError:
            status = "failed"
        yield News(entry, status, time.time() - (entry.started_at or time.time()))
