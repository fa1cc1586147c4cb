"""Minutes of repeated inference: how the latency grows as the phone warms up."""

from __future__ import annotations

import time
from collections.abc import Sequence
from statistics import median

from engine.contract.phones import BenchRow, Sustained, SustainedPoint
from engine.contract.run.events import BenchMoment
from engine.contract.run.job import BenchJob
from engine.contract.text.messages import Argument, Message
from engine.phone.adb import Device
from engine.phone.measurement import Loaded, Teller, Turn, rest
from engine.phone.sensors import fastest_clock, read_sensors_or_none
from engine.phone.tool_run import run_tool
from engine.phone.transcript import parse_perf

POINT_S = 2.0
"""How long one point of the curve takes."""
SLOWER = 1.10
"""A phone throttles when it ends so many times slower than it began."""


def sustain(device: Device, loaded: Loaded, row: BenchRow, job: BenchJob, teller: Teller) -> Sustained:
    """Repeat one measured row without a pause for the job's minutes; raises PhoneFault."""
    turn = Turn(loaded, row.threads)
    need_ms = row.median_ms or 1.0
    repeats = max(1, min(10000, round(1000 * POINT_S / need_ms)))
    limit_s = job.limits.run_s + 5 * repeats * need_ms / 1000
    began, length = time.monotonic(), 60 * job.sustained_min
    points: list[SustainedPoint] = []
    while not points or time.monotonic() - began < length:
        teller.check_cancelled()
        next_s = time.monotonic() + POINT_S
        perf = parse_perf(run_tool(device, turn.request(0, repeats), limit_s=limit_s))
        sensors = read_sensors_or_none(device)
        point = SustainedPoint(
            seconds=round(time.monotonic() - began, 3),
            ms=perf.average,
            temperature_c=sensors.temperature_c if sensors else None,
            clock_mhz=fastest_clock(sensors),
        )
        teller.emit(BenchMoment(**point.model_dump()))
        points.append(point)
        teller.progress(min(round(point.seconds), round(length)), max(1, round(length)), "s")
        # Only a simulated phone is done before its time: its points keep the pace of a real one's.
        if (early := next_s - time.monotonic()) > 0.25 * POINT_S:
            rest(min(early, began + length - time.monotonic()), teller.check_cancelled)
    return judge(row, points)


def judge(row: BenchRow, points: Sequence[SustainedPoint]) -> Sustained:
    """Cold is the first point, warm the median of the first half, hot the median of the last fifth."""
    times = [point.ms for point in points]
    warm, hot = median(times[: max(1, len(times) // 2)]), median(times[-max(1, len(times) // 5) :])
    start = min(times[0], warm)
    throttled = len(times) >= 3 and hot > SLOWER * start
    late = next((p.seconds for p in points if p.ms > SLOWER * start), points[-1].seconds)
    if throttled:
        percent = round(100 * (hot / start - 1))
        args: dict[str, Argument] = {"percent": percent, "seconds": round(late), "ms": round(hot, 1)}
        finding = Message(code="phone.slows_down", args=args)
    else:
        finding = Message(code="phone.steady", args={"seconds": round(points[-1].seconds), "ms": round(hot, 1)})
    return Sustained(
        precision=row.precision,
        backend=row.backend,
        threads=row.threads,
        points=tuple(points),
        cold_ms=times[0],
        warm_ms=warm,
        hot_ms=hot,
        throttled=throttled,
        finding=finding,
    )
