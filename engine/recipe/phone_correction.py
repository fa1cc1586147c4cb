"""What was measured on real phones in a project corrects what is estimated there."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from engine.contract.figures import LITE
from engine.contract.latency import PhoneEstimate
from engine.contract.phones import FOLDER, BenchResult, BenchRow, real_benches
from engine.contract.run.folder import checkpoint_of
from engine.contract.text.messages import JobFailed, Message, UserError
from engine.latency.correction import Observation, corrected
from engine.latency.estimate import estimate
from engine.recipe.stack import stack_of

_VERSION = re.compile(r"\d+\.\d+")


def correct(told: PhoneEstimate, project: Path | None) -> PhoneEstimate:
    """The estimate as the project's benches on phones with that chip correct it; as it is where there are none.

    Simulated phones are never believed, nor is a row that was throttled or that the phone refused.
    """
    if project is None:
        return told
    seen = observations(project / "runs", told.figure.conditions.device or "")
    figure = corrected(told.figure, seen)
    if figure == told.figure:
        return told
    factor = figure.value / told.figure.value
    shares = tuple(share.model_copy(update={"ms": share.ms * factor}) for share in told.shares)
    note = Message(code="latency.corrected", args={"factor": round(factor, 2)})
    return told.model_copy(update={"figure": figure, "shares": shares, "notes": (*told.notes, note)})


def observations(runs: Path, soc: str) -> tuple[Observation, ...]:
    """Everything that was measured on a phone with that chip in the folder `runs`, beside what is estimated of it."""
    files = sorted(runs.glob(f"[0-9]*/{FOLDER}/*.json"))
    return _observations(runs, soc, tuple((file, file.stat().st_mtime_ns) for file in files))


@lru_cache(maxsize=64)
def _observations(runs: Path, soc: str, _benches: tuple[tuple[Path, int], ...]) -> tuple[Observation, ...]:
    # Kept until a bench comes or goes: a preview asks for it after every step.
    found: list[Observation] = []
    for run, bench in real_benches(runs):
        if bench.phone.soc_key == soc:
            found += [seen for row in bench.rows if (seen := _observation(run, bench, row, soc)) is not None]
    return tuple(found)


def _observation(run: Path, bench: BenchResult, row: BenchRow, soc: str) -> Observation | None:
    # int8 that was made for the bench alone is of other layers than the run's steps say.
    if row.backend != "arm" or row.median_ms is None or row.problem or row.throttled or row.quantised_here:
        return None
    try:
        stack = stack_of(checkpoint_of(run))
        told = estimate(stack.graph, soc, row.threads, row.precision, int8=stack.int8_layers())
    except (UserError, JobFailed, OSError):  # a run that is gone, or what cannot be estimated, corrects nothing
        return None
    return Observation(soc, _runtime(bench.runtime), row.threads, row.precision, row.median_ms, told.ms)


def _runtime(told: str | None) -> str:
    """The runtime as estimates name it where it is of the same version, else as the tool called it."""
    versions = [_VERSION.search(name or "") for name in (told, LITE)]
    same = all(versions) and len({found[0] for found in versions if found}) == 1
    return LITE if same else told or ""
