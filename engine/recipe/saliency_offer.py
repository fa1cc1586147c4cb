"""What is offered for a target by saliency: ratios by channel group, aligned, and the step that applies them."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from engine.contract.recipe import Step
from engine.contract.sensitivity import ChannelSaliency
from engine.contract.text.messages import UserError
from engine.graph.count import conv_macs
from engine.graph.fine_proposal import propose_finely
from engine.graph.groups import channel_groups
from engine.graph.proposal import Budget, OutOfReach
from engine.recipe.latency_target import LatencyOfCuts, LatencyTarget
from engine.recipe.offer import Offer, asked_for, graph_of_run, held_against, told_left
from engine.recipe.preview import graph_figures
from engine.recipe.registry import make

ALIGN = 8
"""What mobile kernels take at once: other numbers of channels cost as much as the next multiple."""


def offer_by_saliency(
    run: Path,
    found: ChannelSaliency,
    budget: Budget,
    criterion: str,
    latency: LatencyTarget | None = None,
    *,
    align: int = ALIGN,
    groups: Collection[str] = (),
) -> Offer:
    """What to cut of a run to keep within the budget and the latency: what has the least saliency for what it costs.

    The step names each ratio, so that what is counted here is what is built. Which channels of a group go is the
    criterion's choice. `groups` are those that may be cut, all if none is named. Raises UserError that says why the
    budget is not reached, and the remedy.
    """
    graph, size_of = graph_of_run(run)
    time = LatencyOfCuts(run, latency.phone) if latency is not None else None
    channels = {name: group.channels for name, group in channel_groups(graph).groups.items() if group.prunable}
    worth = {name: values for name, values in found.groups.items() if len(values) == channels.get(name)}

    def left(ratios: dict[str, float]) -> dict[str, float]:
        cut = make(_step(ratios, criterion, align)).estimate(graph)
        kept = {name: channels[name] - round(channels[name] * ratio) for name, ratio in ratios.items()}
        lost = found.share_without(kept)
        shares = {"macs": conv_macs(cut) / conv_macs(graph), "size": size_of(cut), "saliency": lost}
        return shares if time is None else {**shares, "ms": time.ms(cut)}

    held, share_of = held_against(budget, size_of, latency, time)
    mine = {name: values for name, values in worth.items() if name in groups or not groups}
    try:
        ratios = propose_finely(graph, mine, held, share_of, align)
    except OutOfReach as error:
        far, asked = told_left(left(error.ratios)), asked_for(budget, latency)
        raise UserError("saliency.out_of_reach", asked=asked, align=align, left=far) from None
    wanted = _step(ratios, criterion, align)
    figures = graph_figures(make(wanted).estimate(graph))
    notes = time.notes if time else ()
    return Offer(ratios, wanted, left(ratios), len(channels) - len(worth), figures, notes=notes)


def _step(ratios: dict[str, float], criterion: str, align: int) -> Step:
    """Without a preset, which would come before the ratio of the groups that stay whole."""
    params = {"criterion": criterion, "preset": "none", "ratio": 0, "ratios": ratios, "align": align}
    return Step(technique="filter_prune", params=params)
