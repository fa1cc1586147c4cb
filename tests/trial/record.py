"""What was tried and what came of it: lines of JSON that are only ever added to, so that several runs add up."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

Verdict = Literal["right", "skipped", "lost", "hung", "traceback", "alive", "litter", "unsaid"]
BAD: tuple[Verdict, ...] = ("lost", "hung", "traceback", "alive", "litter", "unsaid")
"""lost: something that was there is gone or came out otherwise; hung: no end within its limit; alive: a process that
nobody asked for lives on; litter: half a file is left; unsaid: it failed without a sentence."""


class Outcome(BaseModel):
    """One try. `number` with the seed repeats it, `count` is how many things were tried in it (kills, inputs)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    part: str
    number: int = Field(ge=0)
    what: str
    verdict: Verdict = "right"
    detail: str = ""
    count: int = Field(default=1, ge=0)
    seconds: float = 0.0
    kept: str = ""


class Entry(Outcome):
    """A line of the record: an outcome, and on which code, when and with which seed it came about."""

    seed: int
    code: str
    when: float


class Record:
    """The record of a folder; whoever adds to it owns it meanwhile."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "record.jsonl"
        self.kept = folder / "kept"

    def add(self, outcome: Outcome, *, seed: int, code: str) -> Entry:
        """Add a line and have the disk take it: a trial that is itself killed loses nothing that it told."""
        self.folder.mkdir(parents=True, exist_ok=True)
        entry = Entry(**outcome.model_dump(), seed=seed, code=code, when=round(time.time(), 1))
        whole = not self.file.is_file() or self.file.read_bytes()[-1:] in (b"", b"\n")
        with self.file.open("ab") as stream:
            stream.write((b"" if whole else b"\n") + entry.model_dump_json().encode() + b"\n")
            stream.flush()
            os.fsync(stream.fileno())
        return entry

    def entries(self) -> Iterator[Entry]:
        """Every line; one that was cut off when a trial was killed is passed over."""
        if not self.file.is_file():
            return
        for line in self.file.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                yield Entry.model_validate(json.loads(line))
            except (ValueError, ValidationError):
                continue

    def next_number(self, part: str, seed: int) -> int:
        """Where a part goes on under a seed."""
        return (
            max((entry.number for entry in self.entries() if (entry.part, entry.seed) == (part, seed)), default=-1) + 1
        )


def totals(entries: Iterator[Entry] | list[Entry]) -> dict[str, Counter[str]]:
    """For each part how many were tried, and how many came to each verdict that is not right."""
    found: dict[str, Counter[str]] = {}
    for entry in entries:
        counts = found.setdefault(entry.part, Counter())
        counts["skipped" if entry.verdict == "skipped" else "tried"] += entry.count
        if entry.verdict in BAD:
            counts[entry.verdict] += 1
    return found
