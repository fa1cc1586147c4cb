"""How many channels of each convolution a step takes away."""

from __future__ import annotations

from engine.contract.previews.drawings import ChannelsAnswer, LayerChannels
from engine.graph.groups import channel_groups
from engine.graph.roles import convolutions
from engine.recipe.drawings.subject import Subject


def draw(subject: Subject) -> ChannelsAnswer:
    """Every convolution whose channels are a group's, before and after; raises UserError as the step's estimate does.

    A depthwise convolution makes the channels of the one before it and is left out.
    """
    before = subject.below.graph
    after = subject.technique.estimate(before)
    analysis = channel_groups(before)
    found: dict[str, LayerChannels] = {}
    for op in convolutions(before):
        names = set(analysis.tensors.get(op.outputs[0], ())) - {""}
        if op.kind == "depthwise_conv2d" or op.layer in found or len(names) != 1:
            continue
        group = analysis.groups[names.pop()]
        weight = op.parameters["weight"]
        found[op.layer] = LayerChannels(
            layer=op.layer,
            channels=before.parameters[weight][0],
            kept=after.parameters[weight][0],
            group=group.id,
            locked=group.locked,
        )
    return ChannelsAnswer(layers=tuple(found.values()))
