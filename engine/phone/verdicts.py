"""What the rows of a bench mean, in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from engine.contract.phones import Against, BenchResult, BenchRow, Phone
from engine.contract.text.messages import Argument, Message

CLEARLY = 1.02
"""Two times differ where their spreads lie farther apart than this: a few processes may tell hardly any spread."""


def measured(rows: Iterable[BenchRow]) -> list[BenchRow]:
    """The rows that have times."""
    return [row for row in rows if row.median_ms is not None]


def fastest(rows: Iterable[BenchRow]) -> BenchRow | None:
    """The row with the lowest median."""
    return min(measured(rows), key=lambda row: row.median_ms or 0.0, default=None)


def verdicts(rows: Sequence[BenchRow], against: Sequence[Against], phone: Phone) -> tuple[Message, ...]:
    """The fastest here, whether int8 pays on this phone, what changed against the base run, and what to distrust."""
    found: list[Message] = []
    best = fastest(rows)
    if phone.simulated:
        found.append(Message(code="phone.verdict_simulated"))
    if best is not None:
        found.append(Message(code="phone.fastest", args={**_row(best), "ms": _round(best.median_ms)}))
    found += _int8(rows)
    found += [_change(one) for one in against]
    slow = [row for row in measured(rows) if row.throttled]
    if slow:
        found.append(Message(code="phone.throttled", args={"rows": len(slow), "total": len(measured(rows))}))
    return tuple(found)


def _int8(rows: Sequence[BenchRow]) -> list[Message]:
    """Whether int8 is faster than the best float precision of the same backend and threads, and clearly so."""
    found = []
    for threads in sorted({row.threads for row in rows}):
        same = {row.precision: row for row in measured(rows) if row.threads == threads and row.backend == "arm"}
        small, other = same.get("int8"), same.get("fp16") or same.get("fp32")
        if small is None or other is None:
            continue
        args: dict[str, Argument] = {
            "other": other.precision,
            "threads": threads,
            "int8_ms": _round(small.median_ms),
            "other_ms": _round(other.median_ms),
        }
        if (small.low_ms or 0) > CLEARLY * (other.high_ms or 0):
            found.append(Message(code="phone.int8_slower", args=args))
        elif CLEARLY * (small.high_ms or 0) < (other.low_ms or 0):
            found.append(Message(code="phone.int8_faster", args=args))
        else:
            found.append(Message(code="phone.int8_same", args=args))
    return found


def compare(rows: Sequence[BenchRow], base: BenchResult) -> tuple[Against, ...]:
    """The rows that the base run's bench has too, side by side."""
    earlier = {(row.precision, row.backend, row.threads): row for row in measured(base.rows)}
    found = []
    for row in measured(rows):
        other = earlier.get((row.precision, row.backend, row.threads))
        if other is not None:
            found.append(
                Against(
                    run=base.run,
                    precision=row.precision,
                    backend=row.backend,
                    threads=row.threads,
                    base_ms=other.median_ms or 0.0,
                    base_low_ms=other.low_ms or 0.0,
                    base_high_ms=other.high_ms or 0.0,
                    ms=row.median_ms or 0.0,
                    low_ms=row.low_ms or 0.0,
                    high_ms=row.high_ms or 0.0,
                )
            )
    return tuple(found)


def same_phone(one: Phone, other: Phone) -> bool:
    """Whether two benches may be compared: the same model of phone, and both real or both simulated."""
    return (one.model, one.soc_key, one.simulated) == (other.model, other.soc_key, other.simulated)


def _change(one: Against) -> Message:
    """How many times the base's time this is, from the best to the worst that both spreads allow."""
    args: dict[str, Argument] = {
        "run": one.run,
        "precision": one.precision,
        "backend": one.backend,
        "threads": one.threads,
        "ms": _round(one.ms),
        "base_ms": _round(one.base_ms),
        "percent": _percent(one.ms, one.base_ms),
        "low": _percent(one.low_ms, one.base_high_ms),
        "high": _percent(one.high_ms, one.base_low_ms),
    }
    if one.high_ms < one.base_low_ms:
        return Message(code="phone.against_faster", args=args)
    if one.low_ms > one.base_high_ms:
        return Message(code="phone.against_slower", args=args)
    return Message(code="phone.against_same", args=args)


def _percent(ms: float, base_ms: float) -> str:
    return f"{100 * (ms / base_ms - 1):+.0f}" if base_ms else "0"


def _round(value: float | None) -> float:
    return round(value or 0.0, 1 if (value or 0.0) >= 10 else 2)


def _row(row: BenchRow) -> dict[str, Argument]:
    return {"precision": row.precision, "backend": row.backend, "threads": row.threads}
