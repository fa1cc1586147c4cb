"""Phones and benches with known numbers, as the engine would tell them."""

from __future__ import annotations

from typing import Any

from engine.contract.phones import (
    Against,
    BenchResult,
    BenchRow,
    ParityRow,
    Phone,
    PhoneList,
    Sensors,
    Sustained,
    SustainedPoint,
)
from engine.contract.run.job import Precision
from engine.contract.text.messages import Message

WORDS = Message(code="studio.core.engine_silent")
COLD = Sensors(seconds=0.0, temperature_c=31.0, battery_percent=80, clocks_mhz=(2840, 1780))
HOT = Sensors(seconds=60.0, temperature_c=44.0, battery_percent=79, clocks_mhz=(1900, 1780))
PRECISIONS: tuple[Precision, ...] = ("fp32", "fp16", "int8")
TIMES = {"fp32": (40.0, 22.0, 13.0), "fp16": (21.0, 12.0, 7.5), "int8": (18.0, 11.0, 8.4)}


def phone(serial: str = "R5CT1", **more: Any) -> Phone:
    told: dict[str, Any] = {
        "state": "ready", "brand": "Xiaomi", "model": "Mi 9", "soc": "Snapdragon 855", "soc_key": "SD855",
        "abi": "arm64-v8a", "android": "11", "cores": 8, "fp16": True, "sensors": COLD, "free_bytes": 21_400_000_000,
    }  # fmt: skip
    return Phone(serial=serial, **(told | more))


def line(*phones: Phone, problem: Message | None = None) -> str:
    return PhoneList(phones=phones, problem=problem).model_dump_json(exclude_none=True) + "\n"


def row(precision: Any, threads: int, ms: float, **more: Any) -> BenchRow:
    times = (0.97 * ms, ms, 1.04 * ms)
    told: dict[str, Any] = {
        "median_ms": ms, "p90_ms": 1.05 * ms, "low_ms": times[0], "high_ms": times[2], "min_ms": times[0],
        "max_ms": 1.2 * ms, "memory_mb": 87.0, "samples": times, "before": COLD, "after": COLD,
    }  # fmt: skip
    return BenchRow(precision=precision, backend="arm", threads=threads, **(told | more))


def bench(run: str, time: float = 1_790_000_000.0, simulated: bool = False, **more: Any) -> BenchResult:
    """Three precisions by three numbers of threads; int8 finds other boxes, and one row was throttled."""
    rows = [
        row(name, threads, ms, throttled=name == "fp32" and threads == 4, after=HOT if name == "fp32" else COLD)
        for name, times in TIMES.items()
        for threads, ms in zip((1, 2, 4), times, strict=True)
    ]
    rows[-1] = rows[-1].model_copy(update={"quantised_here": True})
    parity = [
        ParityRow(precision=name, backend="arm", pictures=3, boxes=9, agrees=name != "int8", finding=WORDS,
                  map_pictures=20, map_phone=41.0, map_host=52.3)
        for name in PRECISIONS
    ]  # fmt: skip
    against = Against(
        run="0001-train", precision="fp16", backend="arm", threads=4, base_ms=15.0, base_low_ms=14.5, base_high_ms=15.6,
        ms=7.5, low_ms=7.3, high_ms=7.8,
    )  # fmt: skip
    whole: dict[str, Any] = {
        "run": run, "time": time, "phone": phone(simulated=simulated), "input": "1 x 3 x 96 x 96",
        "runtime": "v2.13-rc", "rows": rows, "parity": parity, "against": (against,),
        "verdicts": (WORDS, WORDS), "sustained": sustained(),
    }  # fmt: skip
    return BenchResult(**(whole | more))


def sustained() -> Sustained:
    points = tuple(
        SustainedPoint(seconds=2.0 * at, ms=7.5 + 0.04 * at, temperature_c=31 + 0.15 * at, clock_mhz=2840 - 8 * at)
        for at in range(90)
    )
    return Sustained(
        precision="fp16", backend="arm", threads=4, points=points, cold_ms=7.5, warm_ms=9.1, hot_ms=10.8,
        throttled=True, finding=WORDS,
    )  # fmt: skip
