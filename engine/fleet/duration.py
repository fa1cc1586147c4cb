"""How long a fleet takes for all that it is given, by how long each piece takes."""

from __future__ import annotations

from collections.abc import Sequence

from engine.fleet.piece import Demand, Node


def until_done(works: Sequence[tuple[Demand, float]], nodes: Sequence[Node], at_once: int = 0) -> float | None:
    """Seconds until the last has ended, where each begins in its turn as soon as a node has room for it.

    Of as many `at_once` if that is given. None where no node ever has room, or nobody knows the nodes.
    """
    now, last = 0.0, 0.0
    busy: list[tuple[float, int, Demand]] = []
    for demand, seconds in works:
        while (place := _room(demand, nodes, busy, at_once)) is None:
            if not busy:
                return None
            first = min(busy, key=lambda each: each[0])
            busy.remove(first)
            now = first[0]
        busy.append((now + seconds, place, demand))
        last = max(last, now + seconds)
    return last


def _room(demand: Demand, nodes: Sequence[Node], busy: Sequence[tuple[float, int, Demand]], at_once: int) -> int | None:
    if at_once and len(busy) >= at_once:
        return None
    places = enumerate(node.without(each for _, at, each in busy if at == number) for number, node in enumerate(nodes))
    return next((place for place, left in places if left.holds(demand)), None)
