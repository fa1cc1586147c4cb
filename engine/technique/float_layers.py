"""Which convolutions a quantised network keeps in float: parameters of every technique that quantises."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from engine.contract.parameters import parameter
from engine.contract.text.messages import Argument, Message, UserError
from engine.graph.roles import convolutions, depthwise_convolutions, first_convolution, squeeze_convolutions
from engine.graph.size import unpacked
from engine.technique.base import Context, Record, Technique

if TYPE_CHECKING:
    from paddle import nn

    from engine.graph.graph import Graph

PICTURES = 16
"""So many training pictures tell what int8 does to each convolution."""
WORST = "worst"
"""Where a record tells which convolutions were found and kept: a list of {"layer", "error", "bytes"}, worst first."""
_NAMED = 4


class FloatLayers(Technique.Params):
    """Kinds of convolutions, single ones by name, and those that are found to be the worst, that stay float."""

    skip_first: bool = parameter("float_layers.skip_first", True)
    skip_se: bool = parameter("float_layers.skip_se", True)
    skip_depthwise: bool = parameter("float_layers.skip_depthwise", False, simple=True)
    keep_float: list[str] = parameter("float_layers.keep_float", [], max_length=500, measure="int8")
    keep_worst: float = parameter("float_layers.keep_worst", 0.02, ge=0, le=1, simple=True)
    keep_share: float = parameter("float_layers.keep_share", 0.05, ge=0, le=1)

    def kept(self, graph: Graph) -> set[str]:
        """Names of the convolutions of `graph` that stay float whatever is found; names that it lacks are left out.

        Pure.
        """
        kept = {op.layer for op in convolutions(graph)}.intersection(self.keep_float)
        if self.skip_first:
            kept.add(first_convolution(graph))
        if self.skip_se:
            kept |= squeeze_convolutions(graph)
        if self.skip_depthwise:
            kept |= depthwise_convolutions(graph)
        return kept

    def check_names(self, graph: Graph, technique: str) -> None:
        """Raise UserError for a name in `keep_float` that is no convolution of the graph."""
        names = [op.layer for op in convolutions(graph)]
        for layer in self.keep_float:
            if layer not in names:
                near = ", ".join(difflib.get_close_matches(layer, names, n=3, cutoff=0.3)) or names[0]
                raise UserError("keep_float.no_layer", technique=technique, layer=layer, near=near)


class Quantising(Technique):
    """A technique that makes convolutions int8, less those that its parameters, FloatLayers, keep in float.

    Which are the worst is measured of the weights, each convolution alone in int8 (the sensitivity analysis of
    Krishnamoorthi, arXiv 1806.08342, and of Wu et al., arXiv 2004.09602, section 5.1), and recorded.
    """

    def float_layers(self, graph: Graph) -> set[str]:
        """Names of the convolutions that stay float whatever is found. Pure."""
        kept: set[str] = self.params.kept(graph)
        return kept

    def estimate(self, graph: Graph) -> Graph:
        """The graph as it is; raises UserError for a convolution to keep in float that it has not."""
        self.params.check_names(graph, self.key)
        return graph

    def int8_layers(self, graph: Graph) -> set[str]:
        """All convolutions but those kept in float; those that are yet to be found are among them."""
        return self._candidates(graph) - {each["layer"] for each in self.worst}

    @property
    def worst(self) -> list[dict[str, Any]]:
        """The convolutions that were found and kept in float, the worst first; empty before that."""
        found: list[dict[str, Any]] = (self.record or {}).get(WORST, [])
        return found

    def spare_bytes(self, graph: Graph) -> int:
        """What the worst convolutions may take at most, before they are found."""
        if self.record is not None or not self.params.keep_worst:
            return 0
        return int(self.params.keep_share * sum(_sizes(graph, self._candidates(graph)).values()))

    def foreseen(self, graph: Graph, errors: Mapping[str, float]) -> Record | None:
        """The convolutions that will be found; of errors of other layers nothing can be foreseen."""
        if not self._candidates(graph) <= errors.keys():
            return None
        return {WORST: self.choose(graph, errors)}

    def choose(self, graph: Graph, errors: Mapping[str, float]) -> list[dict[str, Any]]:
        """What is recorded of the convolutions to keep in float: the worst first, while their bytes allow. Pure."""
        sizes = _sizes(graph, self._candidates(graph))
        allowed, found = self.params.keep_share * sum(sizes.values()), []
        if self.params.keep_worst:
            for layer in sorted(sizes, key=lambda layer: -errors[layer]):
                if errors[layer] > self.params.keep_worst and sizes[layer] <= allowed:
                    allowed -= sizes[layer]
                    found.append({"layer": layer, "error": errors[layer], "bytes": sizes[layer]})
        return found

    def find_worst(self, network: nn.Layer, graph: Graph, context: Context) -> list[dict[str, Any]]:
        """Measure each convolution of a float network and choose; nothing without pictures.

        Raises what `context.check` and `context.told` raise.
        """
        from engine.detector.change.int8_errors import int8_errors

        if not self.params.keep_worst or context.calibration is None or context.calibration.noise:
            return []

        def told(done: int, total: int) -> None:
            context.check()
            context.told(done, total)

        images = [picture["image"] for picture in islice(context.calibration.batches(), PICTURES)]
        candidates = self._candidates(graph)
        return self.choose(graph, int8_errors(network, images, told, only=candidates)) if images else []

    def findings(self) -> list[Message]:
        """Which convolutions were found and what they cost at most; or that none was."""
        if self.record is None or WORST not in self.record or not self.params.keep_worst:
            return []
        limit = f"{100 * self.params.keep_worst:g}"
        if not self.worst:
            return [Message(code="keep_worst.none", args={"technique": self.key, "limit": limit})]
        named = [f"{each['layer']} ({100 * each['error']:.1f} %)" for each in self.worst]
        args: dict[str, Argument | Message] = {
            "technique": self.key,
            "limit": limit,
            "kept": len(named),
            "layers": ", ".join(named[:_NAMED]) + (" ..." if len(named) > _NAMED else ""),
            "size": f"{sum(each['bytes'] for each in self.worst) / 1e6:.3f}",
        }
        return [Message(code="keep_worst.kept", args=args)]

    def _candidates(self, graph: Graph) -> set[str]:
        return {op.layer for op in convolutions(graph)} - self.float_layers(graph)


def _sizes(graph: Graph, layers: set[str]) -> dict[str, int]:
    """The bytes that each of the convolutions takes more in float, in order of execution."""
    found = (op for op in convolutions(graph) if op.layer in layers)
    return {op.layer: unpacked(graph.parameters[op.parameters["weight"]]) for op in found}
