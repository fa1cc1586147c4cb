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

    skip_first: bool = parameter(
        True,
        ("First convolution in float", "首个卷积保持浮点"),
        ("Keep the first convolution in float", "第一个卷积保持浮点"),
    )
    skip_se: bool = parameter(
        True,
        ("SE blocks in float", "SE 模块保持浮点"),
        ("Keep squeeze-and-excitation blocks in float", "压缩激励 (SE) 模块保持浮点"),
    )
    skip_depthwise: bool = parameter(
        False,
        ("Depthwise in float", "深度卷积保持浮点"),
        (
            "Keep depthwise convolutions in float: few weights and MACs, but often most of what int8 loses",
            "深度卷积保持浮点：权重和 MACs 很少，却常是 int8 精度损失的主要来源",
        ),
        simple=True,
    )
    keep_float: list[str] = parameter(
        [],
        ("Keep in float", "保持浮点"),
        (
            "Further convolutions kept in float, by name, such as backbone.conv2.linear_conv.conv",
            "另外保持浮点的卷积层名称，例如 backbone.conv2.linear_conv.conv",
        ),
        max_length=500,
        measure="int8",
    )

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
