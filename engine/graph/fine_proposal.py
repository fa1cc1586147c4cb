"""Proposes how many channels of each group stay, from what each single channel is worth: a few at a time, aligned."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from itertools import accumulate
from statistics import median

from engine.graph.change import keep
from engine.graph.count import conv_macs
from engine.graph.graph import Graph
from engine.graph.groups import channel_groups
from engine.graph.proposal import Budget, OutOfReach, ShareOf

DEEPEST = 0.875
"""The largest share of a group that is proposed to go."""
STEPS = 32
"""A group is cut in so many steps, or fewer where fewer channels than `align` would go in one."""
_FURTHER = (1, 2, 4)
"""Steps taken together where one alone saves nothing, as with times that go in stairs."""


def propose_finely(
    graph: Graph, worth: Mapping[str, Sequence[float]], budget: Budget, share_of: ShareOf, align: int = 8
) -> dict[str, float]:
    """Ratio by group that keeps within the budget and goes without the least worth for what is saved.

    `worth` has a number for each channel of the groups that may be cut; those of least worth are taken to go, and what
    is left of a group is a multiple of `align`. Raises OutOfReach when the deepest cuts are not enough. {} when nothing
    need go.
    """
    return _Search(graph, worth, budget, share_of, align).run()


def ratio_of(channels: int, kept: int) -> float:
    """The ratio that leaves so many of the channels: rounded, but not so far that it leaves another number."""
    return round((channels - kept) / channels, 4)


class _Search:
    """Greedy, by a heap of what was last known of each group's next step: it is looked at again before it is taken.

    Worth of steps grows and what they save shrinks as more goes, so that what is out of date is never too high.
    """

    def __init__(
        self, graph: Graph, worth: Mapping[str, Sequence[float]], budget: Budget, share_of: ShareOf, align: int
    ) -> None:
        groups = channel_groups(graph).groups
        self.graph, self.budget, self.share_of = graph, budget, share_of
        self.channels = {name: groups[name].channels for name in worth if name in groups and groups[name].prunable}
        self.levels = {name: levels_of(channels, align) for name, channels in self.channels.items()}
        least = least_worth(worth)
        self.gone = {name: [0.0, *accumulate(value + least for value in sorted(worth[name]))] for name in self.channels}
        self.macs = conv_macs(graph)
        self.at = dict.fromkeys(self.channels, 0)
        self.shares = self._shares(self.at)

    def run(self) -> dict[str, float]:
        """Cut step by step, then give back what was not needed; raises OutOfReach."""
        waiting = [found for name in self.channels if (found := self._next(name)) is not None]
        heapq.heapify(waiting)
        while any(self._over(self.shares)):
            if not waiting:
                raise OutOfReach(self._ratios(), spent=False)
            _, name, _ = heapq.heappop(waiting)
            now = self._next(name)
            if now is None:
                continue
            if waiting and now > waiting[0]:
                heapq.heappush(waiting, now)
                continue
            self.at[name] = now[2]
            self.shares = self._shares(self.at)
            if (after := self._next(name)) is not None:
                heapq.heappush(waiting, after)
        self._give_back()
        return self._ratios()

    def _next(self, name: str) -> tuple[float, str, int] | None:
        """What a group's next step loses for each share of what is too much that it saves, and the level it leads to.

        None where it saves nothing, or nothing is left to go.
        """
        over = self._over(self.shares)
        weights = [share / (share + 0.05) for share in over]
        for further in _FURTHER:
            level = self.at[name] + further
            if level >= len(self.levels[name]):
                return None
            after = self._shares({**self.at, name: level})
            gain = sum(w * (a - b) for w, a, b in zip(weights, self.shares, after, strict=True))
            if gain > 0:
                return (self._lost(name, level) - self._lost(name, self.at[name])) / gain, name, level
        return None

    def _give_back(self) -> None:
        """Undo every step that the budget does not need, the dearest first."""
        cut = [name for name, level in self.at.items() if level]
        for name in sorted(cut, key=lambda name: self._lost(name, self.at[name] - 1) - self._lost(name, self.at[name])):
            wanted = {**self.at, name: self.at[name] - 1}
            if not any(self._over(self._shares(wanted))):
                self.at = wanted

    def _lost(self, name: str, level: int) -> float:
        return self.gone[name][self.channels[name] - self.levels[name][level]]

    def _over(self, shares: tuple[float, float]) -> tuple[float, float]:
        """By how much of the whole MACs and size are above the budget."""
        return max(0.0, shares[0] - (self.budget.macs or 1.0)), max(0.0, shares[1] - (self.budget.size or 1.0))

    def _shares(self, at: Mapping[str, int]) -> tuple[float, float]:
        cut = keep(self.graph, {name: self.levels[name][level] for name, level in at.items() if level})
        size = 1.0 if self.budget.size is None else self.share_of(cut)
        return conv_macs(cut) / self.macs, size

    def _ratios(self) -> dict[str, float]:
        return {
            name: ratio_of(self.channels[name], self.levels[name][level]) for name, level in self.at.items() if level
        }


def least_worth(worth: Mapping[str, Sequence[float]]) -> float:
    """What any channel is taken to be worth beyond what was found: as much as the median channel.

    One that a few pictures make no use of is not worth nothing, and whole groups of such would go to the last for next
    to nothing that they save; docs/sensitivity.md has what this brings.
    """
    every = [value for values in worth.values() for value in values]
    # Where most are worth nothing, a little, so that what saves more goes first.
    return (median(every) or 1e-6 * sum(every) or 1.0) if every else 1.0


def levels_of(channels: int, align: int) -> list[int]:
    """How many channels stay after each step: all, then multiples of `align`, not fewer than the deepest cut leaves."""
    step = align * max(1, round(channels / STEPS / align))
    fewest = max(align, channels - int(DEEPEST * channels))
    first = (channels - 1 - step + align) // align * align
    return [channels, *range(first, fewest - 1, -step)]
