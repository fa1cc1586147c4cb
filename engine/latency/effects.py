"""How a coefficient is put together: a sum of named effects, each of which says what it depends on.

The logarithm of the milliseconds that a unit of work takes is the sum of the effects that `names` lists. SD855 on one
thread in fp32 with the newest Paddle Lite is where all but `base/...` are absent. What a phone has no figures of is 0,
which is how it borrows from the others.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import exp, log

from engine.latency.features import ON_ONE_CORE, Kind

ANCHOR = "SD855"
ERAS = ("2.3", "2.6", "2.8-2.10", "2.11-2.13")
"""Versions of Paddle Lite between which its kernels changed; the last is the one that Espalier exports for."""
THREADS = (1, 2, 4)
COMPUTE: tuple[Kind, ...] = ("pointwise", "winograd", "dense", "depthwise", "depthwise5")


@dataclass(frozen=True)
class Setting:
    """Under what a time holds. `dot` tells whether the cores have the dot product instruction, `table` whether it is
    of the table of single convolutions, whose level is its own."""

    soc: str = ANCHOR
    threads: int = 1
    precision: str = "fp32"
    era: str = ERAS[-1]
    dot: bool = True
    table: bool = False

    def in_float(self) -> Setting:
        """The setting of a layer that is left in float where the others are int8."""
        return replace(self, precision="fp32") if self.precision == "int8" else self


def names(kind: Kind, setting: Setting) -> Iterator[str]:
    """The effects on one kind of work under a setting, from the most general on."""
    yield f"base/{kind}"
    if setting.table:
        yield f"table/{kind}"
    if setting.soc != ANCHOR:
        yield f"soc/{setting.soc}"
        yield f"soc/{setting.soc}/{kind}"
    if setting.threads > 1 and kind not in ON_ONE_CORE:
        yield f"threads/{setting.threads}/{kind}"
        yield f"soc-threads/{setting.soc}/{setting.threads}"
        if kind in COMPUTE:
            yield f"soc-threads/{setting.soc}/{setting.threads}/compute"
    if setting.precision != "fp32" and kind not in ON_ONE_CORE:
        number = numbers(setting)
        yield f"precision/{number}/{kind}"
        yield f"soc-precision/{setting.soc}/{number}"
        if setting.threads > 1:
            yield f"precision-threads/{number}/{setting.threads}"
    if setting.era != ERAS[-1]:
        yield f"era/{setting.era}"
        yield f"era/{setting.era}/{kind}"
        if setting.precision != "fp32" and kind not in ON_ONE_CORE:
            yield f"era-precision/{setting.era}/{numbers(setting)}/{kind}"


def numbers(setting: Setting) -> str:
    """The precision as it matters to the cores: int8 with the dot product instruction is another thing."""
    return "int8-dot" if setting.precision == "int8" and setting.dot else setting.precision


_BASE = {
    "pointwise": 45.0,
    "winograd": 45.0,
    "dense": 60.0,
    "depthwise": 100.0,
    "depthwise5": 100.0,
    "transform": 0.8,
    "traffic": 0.3,
    "memory": 0.4,
    "activation": 0.8,
    "weights": 0.3,
    "launch": 0.01,
    "calib": 0.3,
    "tap": 0.5,
    "look": 4.0,
    "exponent": 10.0,
    "decode": 0.2,
    "candidate": 0.7,
}
_BASE_SPREAD: dict[str, float] = {"winograd": 0.1, **dict.fromkeys(ON_ONE_CORE, 0.3), "candidate": 0.7}
"""Winograd's products are computed by the matrix kernel of 1x1 convolutions, so that their price is known; what host
kernels do is plain loops, whose price is known to some extent, and no published time tells them from the rest."""
_SPREAD = {
    "table": 1.5,
    "era": 0.1,
    "era-precision": 0.4,
    "precision": 0.3,
    "precision-threads": 0.1,
    "soc-precision": 0.15,
    "soc-threads": 0.12,
    "threads": 0.2,
}
_ERA_SPREAD = {"activation": 0.25, "depthwise5": 0.25, "launch": 0.2, "decode": 0.3, "candidate": 0.3}
"""Activations were not merged into convolutions at first, and 5x5 depthwise kernels were written anew after 2.6. How
many boxes were above the threshold in the picture timed, no source says."""
_SPEED_UP = {2: (1.75, 1.25), 4: (2.9, 1.5)}


def prior(name: str) -> tuple[float, float]:
    """What an effect is taken to be before any figure is seen: its middle and its spread."""
    what, *rest = name.split("/")
    if what == "base":
        return log(_BASE[rest[0]]), _BASE_SPREAD.get(rest[0], 0.7)
    if what == "soc":
        return (0.0, 1.0) if len(rest) == 1 else (0.0, 0.1)
    if what == "threads":
        compute, moving = _SPEED_UP[int(rest[0])]
        if rest[1] in COMPUTE:
            return -log(compute), 0.15
        return (0.0, 0.15) if rest[1] == "launch" else (-log(moving), 0.2)
    if what == "precision":
        return _precision(*rest)
    if what == "era":
        return 0.0, 0.06 if len(rest) == 1 else _ERA_SPREAD.get(rest[1], 0.07)
    return 0.0, _SPREAD[what]


def _precision(number: str, kind: str) -> tuple[float, float]:
    if number == "fp16":
        return (-log(2), 0.15) if kind != "launch" else (-0.1, 0.15)
    if kind in ("traffic", "weights"):
        return -log(2), 0.3
    return (-1.0 if number == "int8-dot" else -0.3), 0.4


def rate(kind: Kind, setting: Setting, effects: dict[str, float]) -> float:
    """Milliseconds that one unit of a kind of work takes."""
    return exp(sum(effects.get(name, 0.0) for name in names(kind, setting)))
