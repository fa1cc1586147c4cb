"""The time of one network on a phone under many cuts of its channels, such as a search for a target tries."""

from __future__ import annotations

from collections.abc import Collection

from engine.graph.graph import Graph
from engine.latency.borrowing import loan
from engine.latency.coefficients import coefficients
from engine.latency.effects import ERAS
from engine.latency.estimate import admitted, prices
from engine.latency.features import placed_works

_Shapes = tuple[object, ...]


class CutTimes:
    """Works out anew only the operations whose shapes a cut changes; of the others it knows the time.

    What is merged into what hangs on how operations are connected, which no cut of channels changes.
    """

    def __init__(self, soc: str, threads: int, precision: str, int8: Collection[str]) -> None:
        setting, fitted = admitted(soc, threads, precision, ERAS[-1]), coefficients()
        lent = loan(setting, fitted)
        self._threads, self._int8 = (
            lent.setting.threads if lent else threads,
            frozenset(int8 if precision == "int8" else ()),
        )
        self._prices = prices(setting, fitted)
        self._known: dict[_Shapes, float] = {}

    def ms(self, graph: Graph) -> float:
        """Milliseconds of one picture, boxes made: as `estimate` tells, to the last digits."""
        shapes = [_shapes(graph, place) for place in range(len(graph.ops))]
        outputs: _Shapes = tuple(graph.tensors[name] for name in graph.outputs)
        try:
            return sum(map(self._known.__getitem__, shapes)) + self._known[outputs]
        except KeyError:
            self._work_out(graph, shapes, outputs)
        return sum(map(self._known.__getitem__, shapes)) + self._known[outputs]

    def _work_out(self, graph: Graph, shapes: list[_Shapes], outputs: _Shapes) -> None:
        self._known.update(dict.fromkeys((*shapes, outputs), 0.0))
        for place, work in placed_works(graph, self._threads, self._int8):
            price = self._prices[work.int8]
            cost = sum(amount * price[kind] for kind, amount in work.work.items())
            self._known[outputs if place is None else shapes[place]] += cost


def _shapes(graph: Graph, place: int) -> _Shapes:
    """All that the time of an operation hangs on while the network stays connected as it is."""
    op = graph.ops[place]
    tensors = [graph.tensors[name] for name in (*op.inputs, *op.outputs)]
    return (place, *tensors, *(graph.parameters[name] for name in op.parameters.values()))
