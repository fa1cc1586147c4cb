"""From a whole network down to its deepest cut, always by what loses least for the time that it saves: a whole front.

A step's worth over what it saves is the multiplier of a knapsack at which that step is just taken, so that going down
sweeps the multiplier, and every stop on the way is the answer for the time that it takes.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import log

from engine.graph.fine_proposal import least_worth, levels_of, ratio_of

Cost = Callable[[Mapping[str, int]], float]
"""What a network costs of which so many channels of each group named are kept."""
_FURTHER = (1, 2, 4)
"""Steps taken together where one alone saves nothing, as with times that go in stairs."""


@dataclass(frozen=True)
class Stop:
    """A cut: how many channels stay of the groups that lose some, its cost, and the worth that goes."""

    kept: Mapping[str, int]
    cost: float
    lost: float


class Descent:
    """Groups by the worth of each channel; what is left of a group is a multiple of `align`, or the whole.

    Those of least worth go first. `least` is what any channel is taken to be worth beyond that, in medians: the more,
    the more evenly cuts are spread. `check` is called before every step and may raise.
    """

    def __init__(
        self,
        worth: Mapping[str, Sequence[float]],
        cost: Cost,
        align: int = 8,
        least: float = 1.0,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        self._levels = {name: levels_of(len(values), align) for name, values in worth.items()}
        least *= least_worth(worth)
        self._gone = {name: [0.0, *accumulate(each + least for each in sorted(found))] for name, found in worth.items()}
        self.channels = {name: len(values) for name, values in worth.items()}
        self._cost, self._check = cost, check

    def stops(self, enough: float = 0.0) -> list[Stop]:
        """From the whole on, each cheaper than the one before, to the first that costs no more than `enough`.

        The last is the deepest cut where none does.
        """
        at = dict.fromkeys(self._levels, 0)
        found = [self._stop(at)]
        waiting = [step for name in at if (step := self._next(at, found[-1].cost, name)) is not None]
        heapq.heapify(waiting)
        while waiting and found[-1].cost > enough:
            self._check()
            _, name, _ = heapq.heappop(waiting)
            # What a step saves hangs on what went since it was looked at.
            now = self._next(at, found[-1].cost, name)
            if now is None:
                continue
            if waiting and now > waiting[0]:
                heapq.heappush(waiting, now)
                continue
            at[name] = now[2]
            found.append(self._stop(at))
            if (after := self._next(at, found[-1].cost, name)) is not None:
                heapq.heappush(waiting, after)
        return found

    def deepest(self) -> Stop:
        """With every group at its lowest."""
        return self._stop({name: len(levels) - 1 for name, levels in self._levels.items()})

    def spared(self, stop: Stop, limit: float) -> Stop:
        """The stop without the steps that `limit` does not need, the dearest undone first."""
        at = {name: levels.index(stop.kept.get(name, levels[0])) for name, levels in self._levels.items()}
        cut = [name for name, level in at.items() if level]
        for name in sorted(cut, key=lambda name: self._lost(name, at[name] - 1) - self._lost(name, at[name])):
            self._check()
            wanted = self._stop({**at, name: at[name] - 1})
            if wanted.cost <= limit:
                at, stop = {**at, name: at[name] - 1}, wanted
        return stop

    def ratios(self, stop: Stop) -> dict[str, float]:
        """The same as shares of each group's channels that go."""
        return {name: ratio_of(self.channels[name], kept) for name, kept in stop.kept.items()}

    def _next(self, at: Mapping[str, int], cost: float, name: str) -> tuple[float, str, int] | None:
        for further in _FURTHER:
            level = at[name] + further
            if level >= len(self._levels[name]):
                return None
            saved = cost - self._cost(self._kept({**at, name: level}))
            if saved > 1e-9 * cost:
                return (self._lost(name, level) - self._lost(name, at[name])) / saved, name, level
        return None

    def _lost(self, name: str, level: int) -> float:
        return self._gone[name][self.channels[name] - self._levels[name][level]]

    def _kept(self, at: Mapping[str, int]) -> dict[str, int]:
        return {name: self._levels[name][level] for name, level in at.items() if level}

    def _stop(self, at: Mapping[str, int]) -> Stop:
        kept = self._kept(at)
        return Stop(kept, self._cost(kept), sum(self._lost(name, level) for name, level in at.items()))


def thinned(stops: Sequence[Stop], count: int) -> list[Stop]:
    """About so many of the stops, first and last among them, in equal steps of the logarithm of what they cost."""
    if len(stops) <= count:
        return list(stops)
    high, low = log(stops[0].cost), log(stops[-1].cost)
    marks = [high + (low - high) * place / (count - 1) for place in range(count)]
    chosen = {min(range(len(stops)), key=lambda at: abs(log(stops[at].cost) - mark)) for mark in marks}
    return [stops[at] for at in sorted(chosen)]
