"""What a chip takes of which nothing was published: as one that times were published of, scaled by cores and clocks.

The rule: threads run on the cores that Paddle Lite counts as fast, and the slowest of them decides, since work is
dealt out in equal parts. A core's speed is that of its kind at one clock (`resources/latency/cores.json`) times its
clock. The chip is lent the figures of the one whose core is nearest in kind, of those that times with as many threads
were published of, and all of its time is taken to scale alike: between the chips that times were published of, kinds
of work differ far less than the chips themselves. Instructions for int8 matrices (i8mm) are not counted: Paddle Lite
is built without them unless WITH_ARM8_SVE2 is set, and the published times are of ordinary builds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from math import log

from pydantic import BaseModel, ConfigDict

from engine.contract.socs import Cores, Soc, find_soc, published_socs
from engine.contract.text.resources import RESOURCES
from engine.latency.coefficients import Coefficients
from engine.latency.effects import THREADS, Setting

FILE = RESOURCES / "latency" / "cores.json"


class CoreKind(BaseModel):
    """`speed` at one clock, Cortex-A76 being 1; it is taken to be right `within` a factor; `source` tells whence."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    speed: float
    within: float
    source: str


class _CoreKinds(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    about: str
    cores: dict[str, CoreKind]


@dataclass(frozen=True)
class Loan:
    """The setting whose figures are lent, how many times as long the borrower takes, and within which factor."""

    setting: Setting
    slower: float
    within: float

    @property
    def lender(self) -> str:
        """The key of the chip that lends."""
        return self.setting.soc


@cache
def core_kinds() -> dict[str, CoreKind]:
    """What is known of each kind of core, by its name."""
    return _CoreKinds.model_validate_json(FILE.read_text(encoding="utf-8")).cores


def kind_of(core: Cores) -> str:
    """The name of a core's kind: "Cortex-A77" of "Kryo 585 Prime (Cortex-A77)"; "" for one that is not known."""
    found = re.search(r"Cortex-[AX]\d+|Oryon", core.kind)
    return found[0] if found and found[0] in core_kinds() else ""


def loan(setting: Setting, fitted: Coefficients) -> Loan | None:
    """What is lent to a chip without published figures; None for one that has some, or that nothing is known of."""
    return None if fitted.knows(setting.soc) else borrowed(setting, fitted)


def borrowed(setting: Setting, fitted: Coefficients) -> Loan | None:
    """What another chip would lend to this one, whether or not there are figures of it; None where none can."""
    soc = find_soc(setting.soc)
    threads = used_threads(soc, setting.threads)
    slowest = _slowest(soc, threads)
    lenders = {
        other.key: core
        for other in published_socs().values()
        if other.key != soc.key and fitted.knows(other.key) and _computes_alike(other, soc, setting.precision)
        if kind_of(core := _slowest(other, threads)) == kind_of(other.cores[0])
    }
    if not kind_of(slowest) or not lenders:
        return None

    def distance(key: str) -> tuple[bool, float, int, str]:
        unlike = abs(log(_kind(lenders[key]).speed / _kind(slowest).speed))
        return not _figures(key, fitted, threads), unlike, -_figures(key, fitted), key

    lender = min(lenders, key=distance)
    lent = replace(setting, soc=lender, threads=threads)
    return Loan(lent, _speed(lenders[lender]) / _speed(slowest), _kind(slowest).within)


def used_threads(soc: Soc, threads: int) -> int:
    """How many threads Paddle Lite really starts: no more than it counts fast cores of a chip that it does not list.

    Fast are those with at least the middle of the highest and the lowest clock (`lite/core/device_info.cc`).
    """
    if soc.key in published_socs():
        return threads
    clocks = [core.mhz for core in soc.cores]
    fast = sum(core.count for core in soc.cores if core.mhz >= (max(clocks) + min(clocks)) // 2)
    return max(known for known in THREADS if known <= min(threads, fast))


def _computes_alike(one: Soc, other: Soc, precision: str) -> bool:
    if precision == "fp16":
        return one.fp16 == other.fp16
    return precision != "int8" or one.dot_product == other.dot_product


def _slowest(soc: Soc, threads: int) -> Cores:
    """The slowest of the cores that so many threads run on."""
    each = [core for core in soc.cores for _ in range(core.count)]
    return each[min(threads, len(each)) - 1]


def _kind(core: Cores) -> CoreKind:
    return core_kinds()[kind_of(core)]


def _speed(core: Cores) -> float:
    return _kind(core).speed * core.mhz


def _figures(soc: str, fitted: Coefficients, threads: int | None = None) -> int:
    """How many times were published of a chip, with so many threads or with any."""
    start = f"{soc}/" if threads is None else f"{soc}/{threads}/"
    return sum(count for name, count in fitted.seen.items() if name.startswith(start))
