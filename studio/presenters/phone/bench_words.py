"""Phones and benches in words: lines of a card, and a bench as text that can be pasted anywhere."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

from engine.contract.phones import BenchResult, BenchRow, ParityRow, Phone, Sensors
from studio.i18n import text_of, tr
from studio.presenters.numbers import bare_ms, show_value

_FAR = 0.1
"""As a share of the input's side: where today's rule takes two boxes for two (engine/lite/agreement.py)."""


def phone_title(phone: Phone) -> str:
    """What a person calls it: brand and model, or the serial number while it tells no more."""
    brand = phone.brand if not (phone.model or "").lower().startswith((phone.brand or "").lower()) else None
    named = " ".join(part for part in (brand, phone.model) if part)
    return named or phone.serial


def phone_facts(phone: Phone) -> str:
    """Chip, Android, battery, temperature and free space, as far as they are known."""
    parts = [phone.soc or "", f"Android {phone.android}" if phone.android else ""]
    sensors = phone.sensors
    if sensors is not None and sensors.battery_percent is not None:
        parts.append(tr("studio.bench.battery", percent=sensors.battery_percent))
    if sensors is not None and sensors.temperature_c is not None:
        parts.append(degrees(sensors.temperature_c))
    if phone.free_bytes is not None:
        parts.append(tr("studio.bench.free", size=f"{phone.free_bytes / 1e9:.1f} GB"))
    # A line breaks after the dot between two facts, not within one.
    return "\u00a0· ".join(part.replace(" ", "\u00a0") for part in parts if part)


def degrees(value: float) -> str:
    """A temperature."""
    return f"{value:.0f} °C"


def heat(before: Sensors | None, after: Sensors | None) -> str:
    """Temperature and fastest core's clock, before and after, as far as the phone told them."""
    told = [sensors for sensors in (before, after) if sensors is not None]
    warm = [
        degrees(sensors.temperature_c).replace(" ", "\u00a0") for sensors in told if sensors.temperature_c is not None
    ]
    clocks = [f"{max(sensors.clocks_mhz) / 1000:.2f}\u00a0GHz" for sensors in told if sensors.clocks_mhz]
    return "\u00a0· ".join("\u00a0→ ".join(dict.fromkeys(values)) for values in (warm, clocks) if values)


def precision_name(row: BenchRow) -> str:
    """The column of a row: precision, with the graphics processor where it ran there."""
    return row.precision if row.backend == "arm" else f"{row.precision} OpenCL"


def bench_name(bench: BenchResult) -> str:
    """A bench in a list: when, and on which phone."""
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(bench.time))
    parts = [when, phone_title(bench.phone), *([bench.phone.soc] if bench.phone.soc else [])]
    return " · ".join([*parts, *([tr("studio.bench.simulated")] if bench.simulated else [])])


def row_name(row: BenchRow) -> str:
    """A row in words: precision, where it ran, and on how many threads."""
    return f"{precision_name(row)}, {tr('studio.bench.n_threads', count=row.threads)}"


def best_row(bench: BenchResult) -> BenchRow | None:
    """The fastest row; None where none could be measured."""
    timed = [row for row in bench.rows if row.median_ms is not None]
    return min(timed, key=lambda row: row.median_ms or 0.0, default=None)


def outcome(bench: BenchResult) -> str:
    """What came of a bench, in short: its fastest row, on which phone."""
    best = best_row(bench)
    if best is None or best.median_ms is None:
        return tr("studio.bench.nothing_measured")
    mark = [tr("studio.bench.simulated")] if bench.simulated else []
    return " · ".join([show_value(best.median_ms, "ms"), row_name(best), phone_title(bench.phone), *mark])


def is_loose(row: ParityRow, bench: BenchResult) -> bool:
    """Whether an older version said that both agree though boxes lie far apart; today's rule tells a median too."""
    side = bench.input.partition("x")[0]
    size = int(side) if side.isdigit() else 0
    return row.agrees and row.median_px is None and (row.box_px or 0.0) > _FAR * size > 0


def row_title(bench: BenchResult, row: BenchRow) -> str:
    """All that tells a row from every other: run, precision, where, threads, phone and time."""
    backend = "OpenCL" if row.backend == "opencl" else "ARM"
    threads = tr("studio.bench.n_threads", count=row.threads)
    return " · ".join([bench.run, row.precision, backend, threads, bench_name(bench)])


def range_text(row: BenchRow) -> str:
    """The spread of a row and its 90th percentile."""
    parts = []
    if row.low_ms is not None and row.high_ms is not None:
        parts.append(f"{bare_ms(row.low_ms)} – {bare_ms(row.high_ms)}")
    if row.p90_ms is not None:
        parts.append(f"p90 {bare_ms(row.p90_ms)}")
    return " · ".join(parts)


def as_text(bench: BenchResult) -> str:
    """A bench as lines of text, columns separated by tabs."""
    return "\n".join(_lines(bench)) + "\n"


def _lines(bench: BenchResult) -> Iterator[str]:
    yield f"{bench.run}\t{bench_name(bench)}"
    runtime = [bench.runtime] if bench.runtime else []
    yield "\t".join([phone_facts(bench.phone), bench.input, *runtime])
    yield from (text_of(verdict) for verdict in bench.verdicts)
    mark = [tr("studio.bench.simulated")] if bench.simulated else []
    names = ("column_precision", "column_threads", "column_median", "column_range", "column_memory")
    yield "\t".join(tr(code) for code in map(_code, names))
    for row in bench.rows:
        cells = [precision_name(row), str(row.threads)]
        if row.median_ms is None:
            yield "\t".join([*cells, text_of(row.problem) if row.problem else "-"])
            continue
        memory = f"{row.memory_mb:.0f} MB" if row.memory_mb is not None else "-"
        yield "\t".join([*cells, show_value(row.median_ms, "ms"), range_text(row), memory, *mark])
    yield from _parity(bench)
    if bench.sustained is not None:
        yield text_of(bench.sustained.finding)


def _parity(bench: BenchResult) -> Iterable[str]:
    for row in bench.parity:
        yield "\t".join([tr("studio.bench.parity"), row.precision, text_of(row.finding)])
        if row.worst is not None:
            yield "\t".join([tr("studio.bench.parity"), row.precision, text_of(row.worst)])


def _code(name: str) -> str:
    return f"studio.bench.{name}"
