"""Rows of broken inputs, each by a child process; one that crashes or hangs is told and the row goes on behind it."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.contract.text.resources import ROOT
from tests.trial.fuzz.child import keep
from tests.trial.fuzz.readers import readers
from tests.trial.ground import Ground
from tests.trial.record import Outcome

NAME = "fuzz"
WANTED = 10_000
ROW = 200
HANG_S = 5.0
"""An input may keep its reader busy so long, in seconds of the processor."""
PATIENCE_S = 60.0
"""And so long by the clock, on a machine that others keep busy."""


def tries(seed: int, first: int, ground: Ground) -> Iterator[list[Outcome]]:
    """For each row one outcome of what was right, and one for each input that found something."""
    names = list(readers())
    row = first // ROW + (first % ROW > 0)
    while True:
        yield tried(names[row % len(names)], seed, row * ROW, ROW, ground)
        row += 1


def tried(reader: str, seed: int, first: int, count: int, ground: Ground) -> list[Outcome]:
    """The outcomes of one row."""
    began, found, place = time.monotonic(), [], ground.place()
    at, end = first, first + count
    slowest = 0.0
    while at < end:
        sitting = _sit(reader, seed, at, end - at, place, ground)
        slowest = max(slowest, sitting.slowest)
        found += [_outcome(reader, answer) for answer in sitting.answers if answer["verdict"] != "right"]
        at = sitting.reached
        if at >= end or sitting.fault is None:
            break
        kept = keep(place / "input", ground.kept / f"{reader}-{seed}-{at}")
        found.append(_outcome(reader, {"number": at, "kept": kept, **sitting.fault}))
        at += 1
    shutil.rmtree(place, ignore_errors=True)
    right = Outcome(
        part=NAME, number=end - 1, what=reader, count=count - len(found), detail=f"slowest {slowest:.2f} s",
        seconds=round(time.monotonic() - began, 1),
    )  # fmt: skip
    return [right, *found]


def _outcome(reader: str, answer: dict[str, Any]) -> Outcome:
    told = {key: answer[key] for key in ("number", "verdict", "detail", "kept", "seconds") if key in answer}
    return Outcome(part=NAME, what=reader, **told)


@dataclass
class _Sitting:
    """What one child did: its answers, the number that it came to, and why it did not come further."""

    answers: list[dict[str, Any]] = field(default_factory=list)
    reached: int = 0
    slowest: float = 0.0
    fault: dict[str, Any] | None = None


def _sit(reader: str, seed: int, first: int, count: int, place: Path, ground: Ground) -> _Sitting:
    spec = {
        "reader": reader, "seed": seed, "first": first, "count": count, "folder": str(place),
        "project": str(ground.base / "project"), "kept": str(ground.kept),
    }  # fmt: skip
    sitting = _Sitting(reached=first)
    words = [sys.executable, "-m", "tests.trial.fuzz.child", json.dumps(spec)]
    with (place / "errors").open("wb") as errors:
        child = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, bufsize=0)
    try:
        sitting.fault = _listen(child, sitting, first + count)
    finally:
        child.kill()
        child.wait()
    if sitting.fault is not None and sitting.fault["verdict"] == "traceback":
        told = (place / "errors").read_text(errors="replace")[-1500:]
        sitting.fault["detail"] += f"\n{told}"
    return sitting


def _listen(child: subprocess.Popen[bytes], sitting: _Sitting, end: int) -> dict[str, Any] | None:
    """Take the answers in; what went wrong with the child itself, None if nothing did."""
    assert child.stdout is not None
    pending, begun, clock = b"", None, (time.monotonic(), _busy_s(child.pid))
    while sitting.reached < end:
        if select.select([child.stdout], [], [], 0.5)[0]:
            more = os.read(child.stdout.fileno(), 1 << 16)
            if not more:
                status = child.wait()
                if begun is None:
                    raise RuntimeError(f"nothing could be tried: the process ended with {status}")
                return {"verdict": "traceback", "detail": f"the process ended with {status}"}
            *lines, pending = (pending + more).split(b"\n")
            for line in lines:
                answer = json.loads(line)
                if answer.get("valid", "right") != "right":
                    raise RuntimeError(f"what is valid is not read: {answer}")
                if "number" not in answer:
                    continue
                begun, clock = answer["number"], (time.monotonic(), _busy_s(child.pid))
                if "verdict" in answer:
                    sitting.answers.append(answer)
                    sitting.slowest = max(sitting.slowest, answer["seconds"])
                    sitting.reached = answer["number"] + 1
            continue
        waited, worked = time.monotonic() - clock[0], _busy_s(child.pid) - clock[1]
        if begun == sitting.reached and (worked > HANG_S or waited > PATIENCE_S):
            return {"verdict": "hung", "detail": f"busy for {worked:.1f} s of {waited:.1f}"}
        if waited > 4 * PATIENCE_S:
            return {"verdict": "hung", "detail": "the process does not begin"}
    return None


def _busy_s(pid: int) -> float:
    """Seconds of the processor that a process has used."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
