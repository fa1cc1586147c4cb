"""What `sensitivity` offers for a target: ratios by channel group, the recipe that applies them, and what is left."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.cli.language import said
from engine.cli.projects import made_by
from engine.contract.sensitivity import GroupLosses
from engine.contract.system.files import write_atomically
from engine.contract.text.messages import Message, UserError

if TYPE_CHECKING:
    from engine.contract.figures import Figure
    from engine.graph.graph import Graph
    from engine.graph.proposal import OutOfReach, ShareOf

TARGETS = ("macs", "size", "points")
"""The options that ask for a proposal."""


@dataclass(frozen=True)
class Offer:
    """Ratios by group, the step that applies them, and what is left: shares of the whole, and points that go.

    `left["size"]` is that of an int8 file against the fp32 file of the whole. `unmeasured` counts the groups that stay
    whole because nothing is known of them.
    """

    ratios: dict[str, float]
    params: dict[str, Any]
    left: dict[str, float]
    unmeasured: int
    figures: list[Figure]

    def text(self) -> str:
        """What is left and what it costs, in a line."""
        points = f"{self.left['points']:.1f}"
        shares = {"macs": f"{100 * self.left['macs']:.1f}", "size": f"{100 * self.left['size']:.1f}"}
        told = [Message(code="sensitivity.leaves", args={"points": points, **shares})]
        if self.unmeasured:
            told.append(Message(code="sensitivity.unmeasured", args={"count": self.unmeasured}))
        return " ".join(map(said, told))


def offer(args: argparse.Namespace, target: Path, found: Mapping[str, GroupLosses]) -> Offer:
    """What keeps within the target that was named; written as a recipe if wished."""
    from engine.contract.recipe import Step
    from engine.graph.count import conv_macs
    from engine.graph.groups import channel_groups
    from engine.graph.proposal import Budget, OutOfReach, loss_at, propose
    from engine.recipe.preview import preview
    from engine.recipe.registry import make

    graph, share_of = _graph_of(target)
    groups = channel_groups(graph).groups.items()
    unmeasured = sum(group.prunable and group.channels > 1 and name not in found for name, group in groups)
    budget = Budget(macs=args.macs, size=args.size, points=args.points)

    def step(ratios: dict[str, float]) -> Step:
        # Without a preset, which would come before the ratio of the groups that stay whole.
        params = {"criterion": args.criterion, "preset": "none", "ratio": 0, "ratios": ratios}
        return Step(technique="filter_prune", params=params)

    def left(ratios: dict[str, float]) -> dict[str, float]:
        cut = make(step(ratios)).estimate(graph)
        lost = sum(loss_at(found[name].losses, ratio) for name, ratio in ratios.items())
        return {"macs": conv_macs(cut) / conv_macs(graph), "size": share_of(cut), "points": lost}

    try:
        ratios = propose(graph, {name: losses.losses for name, losses in found.items()}, budget, share_of)
    except OutOfReach as error:
        raise _refusal(args, error, left(error.ratios), unmeasured) from None
    wanted = step(ratios)
    if args.out is not None:
        recipe = {"name": args.out.stem, "steps": [wanted.model_dump()]}
        write_atomically(args.out, json.dumps(recipe, indent=2))
    return Offer(ratios, wanted.params, left(ratios), unmeasured, preview(graph, [make(wanted)]))


def _refusal(args: argparse.Namespace, error: OutOfReach, left: Mapping[str, float], unmeasured: int) -> UserError:
    """Why the target is not reached, what is, and the remedy."""
    named = {name: value for name in ("macs", "size") if (value := getattr(args, name)) is not None}
    asked = " ".join(f"--{name} {value:g}" for name, value in named.items())
    shares = {"macs": f"{100 * left['macs']:.1f}", "size": f"{100 * left['size']:.1f}"}
    if error.spent:
        allowed, points = f"{args.points:g}", f"{left['points']:.2f}"
        if unmeasured:
            code = "sensitivity.points_spent_of_some"
            return UserError(code, asked=asked, allowed=allowed, points=points, unmeasured=unmeasured, **shares)
        return UserError("sensitivity.points_spent", asked=asked, allowed=allowed, points=points, **shares)
    if unmeasured:
        return UserError("sensitivity.out_of_reach_of_some", asked=asked, unmeasured=unmeasured, **shares)
    return UserError("sensitivity.out_of_reach", asked=asked, **shares)


def _graph_of(target: Path) -> tuple[Graph, ShareOf]:
    """The graph of a run's network, and how large an int8 file of a part of it is against the whole fp32 one."""
    from engine.contract.recipe import Step
    from engine.graph.size import nb_size
    from engine.recipe.preview import changed_graph
    from engine.recipe.registry import make

    whole = changed_graph(*made_by(target))
    quantising = make(Step(technique="quant_aware"))
    fp32 = nb_size(whole).value

    def share_of(graph: Graph) -> float:
        return nb_size(graph, quantising.int8_layers(graph)).value / fp32

    return whole, share_of
