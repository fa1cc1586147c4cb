"""What a simulated phone is: its properties, processor, temperature, clocks and battery."""

from __future__ import annotations

import math
import random
import threading
import time
from collections.abc import Mapping
from functools import partial

from engine.contract.socs import Soc
from engine.simulated_phone.misbehaviour import Misbehaviour
from engine.simulated_phone.storage import Told

_COOL_C, _HOT_C, _LIMIT_C = 34.0, 78.0, 62.0
_WARMS_S, _COOLS_S = 60.0, 45.0
MEMORY_KB, DISK_KB = 6_000_000, 8_000_000
_FEATURES = "fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics"


class Body:
    """A phone with the chip `soc`; `seed` fixes what is random in its times."""

    def __init__(self, soc: Soc, misbehaviour: Misbehaviour, seed: int = 0) -> None:
        self.soc, self.misbehaviour, self.random = soc, misbehaviour, random.Random(seed)
        self._lock = threading.Lock()
        self._heat, self._seen = 0.0, time.monotonic()
        self._throttled_runs = 0

    def work(self, seconds: float) -> None:
        """The processor was busy so long, by the phone's own clock."""
        with self._lock:
            self._cool()
            self._heat = 1 - (1 - self._heat) * math.exp(-seconds / _WARMS_S)
            self._throttled_runs += self.misbehaviour.has("throttling")

    def _cool(self) -> None:
        now = time.monotonic()
        self._heat *= math.exp(-(now - self._seen) / _COOLS_S)
        self._seen = now

    @property
    def celsius(self) -> float:
        """The processor's temperature; with the fault `throttling` it climbs with each run of the tool."""
        with self._lock:
            self._cool()
            heat = _COOL_C + (_HOT_C - _COOL_C) * self._heat
            return min(heat + self._steps() * 9.0, 92.0)

    def _steps(self) -> int:
        if not self.misbehaviour.has("throttling"):
            self._throttled_runs = 0
        return self._throttled_runs

    @property
    def clock_share(self) -> float:
        """How much of its full clock the processor keeps at this temperature, 1 for all."""
        return max(0.45, 1 - 0.02 * max(0.0, self.celsius - _LIMIT_C))

    @property
    def clocks_khz(self) -> list[int]:
        """Full clocks of the cores as Linux numbers them, the slowest kind first."""
        return [core.mhz * 1000 for core in reversed(self.soc.cores) for _ in range(core.count)]

    def properties(self) -> dict[str, str]:
        """What `getprop` tells."""
        soc = self.soc
        return {
            "ro.espalier.simulated": "1",
            "ro.product.brand": "simulated",
            "ro.product.manufacturer": "simulated",
            "ro.product.device": "simulated",
            "ro.product.name": "simulated",
            "ro.product.model": f"simulated {soc.key}",
            "ro.product.cpu.abi": "arm64-v8a",
            "ro.product.cpu.abilist": "arm64-v8a,armeabi-v7a",
            "ro.build.version.release": "12",
            "ro.build.version.sdk": "31",
            "ro.board.platform": soc.platforms[0] if soc.platforms else "simulated",
            "ro.soc.model": soc.models[0] if soc.models else soc.key,
            "ro.hardware": "simulated",
        }

    def files(self) -> Mapping[str, Told]:
        """Files that tell of the processor, by their path."""
        zone = "/sys/class/thermal/thermal_zone"
        told: dict[str, Told] = {
            "/proc/cpuinfo": self._cpuinfo,
            "/proc/meminfo": lambda: f"MemTotal: {MEMORY_KB} kB\nMemAvailable: {MEMORY_KB // 2} kB\n",
            f"{zone}0/type": lambda: "cpu-simulated\n",
            f"{zone}0/temp": lambda: f"{round(1000 * self.celsius)}\n",
            f"{zone}1/type": lambda: "battery\n",
            f"{zone}1/temp": lambda: f"{round(1000 * self._battery_c)}\n",
        }
        for number, full in enumerate(self.clocks_khz):
            folder = f"/sys/devices/system/cpu/cpu{number}/cpufreq"
            told[f"{folder}/cpuinfo_max_freq"] = partial(_number, full)
            told[f"{folder}/scaling_cur_freq"] = partial(self._clock, full)
        return told

    def _clock(self, full: int) -> str:
        return f"{round(full * self.clock_share)}\n"

    @property
    def _battery_c(self) -> float:
        return 28.0 + (self.celsius - _COOL_C) / 5

    def battery(self) -> str:
        """What `dumpsys battery` tells."""
        tenths = round(10 * self._battery_c)
        return f"Current Battery Service state: (simulated)\n  level: 80\n  scale: 100\n  temperature: {tenths}\n"

    def _cpuinfo(self) -> str:
        more = [*(["fphp", "asimdhp"] if self.soc.fp16 else []), *(["asimddp"] if self.soc.dot_product else [])]
        cores = [
            f"processor\t: {number}\nFeatures\t: {' '.join([_FEATURES, *more])}\nCPU architecture: 8\n"
            for number in range(len(self.clocks_khz))
        ]
        return "\n".join([*cores, f"Hardware\t: {self.soc.name} (simulated)\n"])


def _number(number: int) -> str:
    return f"{number}\n"
