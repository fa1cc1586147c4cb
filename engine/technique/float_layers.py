"""Which convolutions a quantised network keeps in float: parameters of every technique that quantises."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from engine.contract.parameters import parameter
from engine.contract.text.messages import UserError
from engine.graph.roles import convolutions, depthwise_convolutions, first_convolution, squeeze_convolutions
from engine.technique.base import Technique

if TYPE_CHECKING:
    from engine.graph.graph import Graph


class FloatLayers(Technique.Params):
    """Kinds of convolutions, and single ones by name, that stay float."""

    skip_first: bool = parameter("float_layers.skip_first", True)
    skip_se: bool = parameter("float_layers.skip_se", True)
    skip_depthwise: bool = parameter("float_layers.skip_depthwise", False, simple=True)
    keep_float: list[str] = parameter("float_layers.keep_float", [], max_length=500, measure="int8")

    def kept(self, graph: Graph) -> set[str]:
        """Names of the convolutions of `graph` that stay float; names that it lacks are left out. Pure."""
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
