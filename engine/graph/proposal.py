"""Proposes how much to cut of each channel group, from what cutting it alone was measured to lose."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from engine.graph.change import keep
from engine.graph.count import conv_macs
from engine.graph.graph import Graph
from engine.graph.groups import channel_groups

STEP = 0.125
"""Ratios are proposed in multiples of this."""
_LEAST = 0.01
"""Points that any cut is taken to lose: measured on few pictures, a loss of nothing is luck."""

Losses = Mapping[float, float]
"""Points of mAP lost by ratio of channels removed."""
ShareOf = Callable[[Graph], float]
"""The size of a graph's file as a share of what the budget compares it with."""


@dataclass(frozen=True)
class Budget:
    """What may remain, as shares of the whole: of convolutions' MACs, of the file; None for as much as there is.

    The losses, taken to add up, stay within `points`. With those alone, cutting goes on as long as they do.
    """

    macs: float | None = None
    size: float | None = None
    points: float | None = None


class OutOfReach(ValueError):
    """What may remain was not reached with `ratios`: the deepest measured, or all that the points allow if `spent`."""

    def __init__(self, ratios: Mapping[str, float], spent: bool) -> None:
        self.ratios, self.spent = dict(ratios), spent
        super().__init__("the points are spent" if spent else "the deepest cuts are not enough")


def propose(
    graph: Graph,
    table: Mapping[str, Losses],
    budget: Budget,
    share_of: ShareOf,
    costs: Mapping[str, Losses] | None = None,
) -> dict[str, float]:
    """Ratio by group that keeps within the budget and loses least, by greedy steps; {} when nothing need go.

    `costs` are what decides between cuts where that is not the losses of the table themselves, which may be chance.
    Groups that the table lacks stay whole. Raises OutOfReach when the deepest measured cuts, or those that the points
    allow, are not enough.
    """
    return _Search(graph, table, budget, share_of, costs or table).run()


def loss_at(losses: Losses, ratio: float) -> float:
    """Points lost at a ratio, in a straight line between those measured; never falling as more goes."""
    points = [(0.0, 0.0)]
    for measured, loss in sorted(losses.items()):
        points.append((measured, max(loss, points[-1][1])))
    for (left, low), (right, high) in pairwise(points):
        if ratio <= right:
            return low + (high - low) * (ratio - left) / (right - left)
    return float("inf")


class _Search:
    def __init__(
        self,
        graph: Graph,
        table: Mapping[str, Losses],
        budget: Budget,
        share_of: ShareOf,
        costs: Mapping[str, Losses],
    ) -> None:
        groups = channel_groups(graph).groups
        self.graph, self.budget, self.share_of = graph, budget, share_of
        self.channels = {name: groups[name].channels for name in table if name in groups and groups[name].prunable}
        self.table, self.costs = table, costs
        self.macs = conv_macs(graph)
        self.ratios: dict[str, float] = {}
        self.refused = 0  # how many cuts the points forbade when the last one was looked for

    def run(self) -> dict[str, float]:
        """Cut step by step, then give back what was not needed; raises OutOfReach."""
        over = self._over(self.ratios)
        to_the_last = self.budget.macs is None and self.budget.size is None and self.budget.points is not None
        while any(over) or to_the_last:
            best = self._best(over)
            if best is None:
                if any(over):
                    raise OutOfReach(self.ratios, spent=self.refused > 0)
                break
            self.ratios = best
            over = self._over(best)
        return self.ratios if to_the_last else self._given_back()

    def _best(self, over: tuple[float, float]) -> dict[str, float] | None:
        """The next cut that the points allow: the one that loses least for each share of what is still too much."""
        found: list[tuple[float, dict[str, float]]] = []
        self.refused = 0
        before = self._shares(self.ratios)
        for name in self.channels:
            for steps in (1, 2):
                ratio = self.ratios.get(name, 0.0) + steps * STEP
                lost = self._cost(name, ratio) - self._cost(name, self.ratios.get(name, 0.0))
                if lost == float("inf"):
                    continue
                wanted = {**self.ratios, name: ratio}
                if self._spent(wanted):
                    self.refused += 1
                    continue
                after = self._shares(wanted)
                weights = [share / (share + 0.05) for share in over] if any(over) else [1.0, 0.0]
                gain = sum(w * (a - b) for w, a, b in zip(weights, before, after, strict=True))
                if gain > 0:
                    found.append(((lost + _LEAST) / gain, wanted))
        return min(found, key=lambda pair: pair[0])[1] if found else None

    def _given_back(self) -> dict[str, float]:
        """The same with every step undone that the budget does not need, the dearest first."""
        dearest = sorted(self.ratios, key=lambda name: self._cost(name, self.ratios[name] - STEP) - self._last(name))
        for name in dearest:
            wanted = {**self.ratios, name: self.ratios[name] - STEP}
            if not any(self._over(wanted)):
                self.ratios = wanted
        return {name: ratio for name, ratio in self.ratios.items() if ratio > 0}

    def _last(self, name: str) -> float:
        return self._cost(name, self.ratios[name])

    def _cost(self, name: str, ratio: float) -> float:
        return loss_at(self.costs[name], ratio)

    def _loss(self, name: str, ratio: float) -> float:
        return loss_at(self.table[name], ratio)

    def _spent(self, ratios: Mapping[str, float]) -> bool:
        points = self.budget.points
        return points is not None and sum(self._loss(name, ratio) for name, ratio in ratios.items()) > points

    def _over(self, ratios: Mapping[str, float]) -> tuple[float, float]:
        """By how much of the whole MACs and size are above the budget."""
        macs, size = self._shares(ratios)
        return max(0.0, macs - (self.budget.macs or 1.0)), max(0.0, size - (self.budget.size or 1.0))

    def _shares(self, ratios: Mapping[str, float]) -> tuple[float, float]:
        counts = {name: max(1, round(self.channels[name] * (1 - ratio))) for name, ratio in ratios.items()}
        cut = keep(self.graph, counts)
        # The size is slow to tell, and asked for thousands of times.
        size = 1.0 if self.budget.size is None else self.share_of(cut)
        return conv_macs(cut) / self.macs, size
