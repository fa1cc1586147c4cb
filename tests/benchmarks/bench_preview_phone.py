"""How long a preview with phone latency takes once the detector's graph is in memory: what the studio waits for."""

from __future__ import annotations

import statistics
import time

ROUNDS = 60
DETECTORS = {"yolov3_mobilenet_v1": 320, "ssdlite_mobilenet_v3_large": 320, "picodet_s": 320}


def run() -> list[str]:
    """Median and 95th percentile of answers while a slider moves: another ratio each time."""
    from engine.contract.latency import PhoneChoice
    from engine.contract.previews.figures import FiguresRequest
    from engine.contract.project import DetectorChoice
    from engine.contract.recipe import Recipe, Step
    from engine.recipe.live_preview import answer

    phone = PhoneChoice(soc="SD855", threads=4)
    lines = [f"preview with phone latency after the first, {ROUNDS} answers, goal under 100 ms:"]
    for key, size in DETECTORS.items():
        choice = DetectorChoice(key=key, size=size, classes=tuple(f"c{number}" for number in range(20)))
        times = []
        for number in range(ROUNDS + 1):
            step = Step(technique="filter_prune", params={"ratio": 0.1 + 0.8 * number / (ROUNDS + 1)})
            request = FiguresRequest(detector=choice, recipe=Recipe(name="r", steps=(step,)), phone=phone)
            began = time.perf_counter()
            answer(request)
            if number:
                times.append(1e3 * (time.perf_counter() - began))
        middle, late = statistics.median(times), statistics.quantiles(times, n=20)[-1]
        lines.append(f"  {key}, {size} px: median {middle:.1f} ms, 95 % within {late:.1f} ms")
    return lines
