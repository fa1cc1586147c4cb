"""Milliseconds of a network on a phone, from its graph alone: no Paddle, and a few milliseconds of work."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from math import exp, hypot, log, sqrt
from pathlib import Path

from engine.contract.socs import Soc, find_soc
from engine.contract.text.messages import UserError
from engine.graph.count import roi_count
from engine.graph.graph import Graph
from engine.graph.roles import convolutions
from engine.latency.borrowing import Loan, loan
from engine.latency.coefficients import Coefficients, coefficients
from engine.latency.effects import ERAS, THREADS, Setting, rate
from engine.latency.features import KINDS, PARTS, Kind, LayerWork, Part, layer_works

PRECISIONS = ("fp32", "fp16", "int8")
_FEW = 4
_UNSEEN, _SELDOM, _TWO_STAGE = 1.6, 1.3, 1.6
"""How many times as wide an interval is where no figure, or few, was published of a setting, and for two-stage
detectors, of which there was none: what happens to proposals and regions is priced by its loops alone."""


@dataclass(frozen=True)
class Estimate:
    """Milliseconds, their likely bounds, the time of each part and of each layer with weights; what it rests on.

    `borrowed` is what another chip lent where nothing was published of this one.
    """

    ms: float
    low: float
    high: float
    parts: dict[Part, float]
    layers: dict[str, float]
    seen: int
    borrowed: Loan | None = None


def estimate(
    graph: Graph,
    soc_key: str,
    threads: int,
    precision: str,
    *,
    int8: Collection[str] | None = None,
    tail: bool = True,
    era: str = ERAS[-1],
    fitted: Coefficients | None = None,
) -> Estimate:
    """The time of one picture on the processor of a phone; raises UserError, in words, for what cannot be told.

    `int8` names the convolutions in int8 where `precision` is int8; all if None. `tail`: with the making of boxes.
    """
    setting = admitted(soc_key, threads, precision, era)
    fitted = fitted or coefficients()
    lent = loan(setting, fitted)
    if lent is None and not fitted.knows(setting.soc):
        raise UserError("latency.no_figures", soc=setting.soc)
    if precision != "int8":
        int8 = ()
    elif int8 is None:
        int8 = {op.layer for op in convolutions(graph)}
    works = layer_works(graph, lent.setting.threads if lent else threads, int8, tail)
    times = _times(works, prices(setting, fitted))
    parts: dict[Part, float] = dict.fromkeys(PARTS, 0.0)
    layers: dict[str, float] = {}
    for work, ms in zip(works, times, strict=True):
        parts[work.part] += ms
        if work.layer:
            layers[work.layer] = layers.get(work.layer, 0.0) + ms
    total = sum(times)
    seen = fitted.count(setting)
    known = fitted.count(lent.setting) if lent else seen
    factor = _factor(fitted.spread[precision], known, roi_count(graph) is not None, lent.within if lent else 1.0)
    return Estimate(total, total / factor, total * factor, parts, layers, seen, lent)


def milliseconds(graph: Graph, soc_key: str, threads: int, precision: str, backend: str = "arm") -> float:
    """The estimated time of one picture in milliseconds, boxes made. Raises UserError for what cannot be told."""
    if backend != "arm":
        raise UserError("latency.backend", backend=backend)
    return estimate(graph, soc_key, threads, precision).ms


def reading(file: Path) -> Graph:
    """The graph that `Graph.to_json` wrote to a file. Raises OSError, and what `Graph.from_json` does."""
    return Graph.from_json(file.read_text(encoding="utf-8"))


def admitted(soc_key: str, threads: int, precision: str, era: str = ERAS[-1]) -> Setting:
    """The setting, after it was looked at; raises UserError for a chip that is unknown or cannot do that."""
    soc: Soc = find_soc(soc_key)
    if threads not in THREADS:
        raise UserError("latency.threads", threads=threads, known=", ".join(map(str, THREADS)))
    if precision not in PRECISIONS:
        raise UserError("latency.precision", precision=precision, known=", ".join(PRECISIONS))
    if precision == "fp16" and not soc.fp16:
        raise UserError("latency.no_fp16", soc=soc.name)
    return Setting(soc.key, threads, precision, era, soc.dot_product)


def prices(setting: Setting, fitted: Coefficients) -> dict[bool, dict[Kind, float]]:
    """Milliseconds for one of each kind of work, of what is in float (False) and of what is in int8 (True)."""
    lent = loan(setting, fitted)
    of, slower = (lent.setting, lent.slower) if lent else (setting, 1.0)
    return {
        int8: {kind: slower * rate(kind, of if int8 else of.in_float(), fitted.effects) for kind in KINDS}
        for int8 in (False, True)
    }


def _times(works: list[LayerWork], rates: dict[bool, dict[Kind, float]]) -> list[float]:
    return [sum(amount * rates[work.int8][kind] for kind, amount in work.work.items()) for work in works]


def _factor(spread: float, seen: int, two_stage: bool, within: float) -> float:
    """The interval as a factor; what widens it acts on the logarithm. A loan's adds to it as errors do."""
    widths = [_UNSEEN if not seen else _SELDOM if seen < _FEW else 1.0, _TWO_STAGE if two_stage else 1.0]
    own = log(spread) * sqrt(sum(width**2 for width in widths) - 1)
    return exp(hypot(own, log(within)))
