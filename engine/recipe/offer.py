"""What is offered for a target: ratios by channel group, the step that applies them, and what is left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.contract.figures import Figure
from engine.contract.recipe import Step
from engine.contract.sensitivity import GroupLosses
from engine.contract.text.messages import Message, UserError
from engine.graph.count import conv_macs
from engine.graph.graph import Graph
from engine.graph.groups import channel_groups
from engine.graph.proposal import Budget, OutOfReach, ShareOf, loss_at, propose
from engine.graph.size import nb_size
from engine.recipe.preview import graph_figures
from engine.recipe.registry import make
from engine.recipe.stack import stack_of_run


@dataclass(frozen=True)
class Offer:
    """Ratios by group, the step that applies them, and what is left: shares of the whole, and points that go.

    `left["size"]` is that of an int8 file against the fp32 file of the whole. `unmeasured` counts the groups that stay
    whole because nothing is known of them.
    """

    ratios: dict[str, float]
    step: Step
    left: dict[str, float]
    unmeasured: int
    figures: list[Figure]

    def messages(self) -> list[Message]:
        """What is left and what it costs."""
        points = f"{self.left['points']:.1f}"
        told = [Message(code="sensitivity.leaves", args={"points": points, **_shares(self.left)})]
        if self.unmeasured:
            told.append(Message(code="sensitivity.unmeasured", args={"count": self.unmeasured}))
        return told


def offer(run: Path, found: Mapping[str, GroupLosses], budget: Budget, criterion: str) -> Offer:
    """What to cut of a run by a criterion to keep within the budget, from the losses that were found.

    Raises UserError that says why the budget is not reached, what is, and the remedy.
    """
    graph, share_of = _graph_of(run)
    groups = channel_groups(graph).groups.items()
    unmeasured = sum(group.prunable and group.channels > 1 and name not in found for name, group in groups)

    def step(ratios: dict[str, float]) -> Step:
        # Without a preset, which would come before the ratio of the groups that stay whole.
        params = {"criterion": criterion, "preset": "none", "ratio": 0, "ratios": ratios}
        return Step(technique="filter_prune", params=params)

    def left(ratios: dict[str, float]) -> dict[str, float]:
        cut = make(step(ratios)).estimate(graph)
        lost = sum(loss_at(found[name].losses, ratio) for name, ratio in ratios.items())
        return {"macs": conv_macs(cut) / conv_macs(graph), "size": share_of(cut), "points": lost}

    try:
        ratios = propose(graph, {name: losses.losses for name, losses in found.items()}, budget, share_of)
    except OutOfReach as error:
        raise _refusal(budget, error, left(error.ratios), unmeasured) from None
    wanted = step(ratios)
    return Offer(ratios, wanted, left(ratios), unmeasured, graph_figures(make(wanted).estimate(graph)))


def _refusal(budget: Budget, error: OutOfReach, left: Mapping[str, float], unmeasured: int) -> UserError:
    named = {"macs": budget.macs, "size": budget.size}
    asked = " ".join(f"--{name} {value:g}" for name, value in named.items() if value is not None)
    shares = _shares(left)
    if error.spent:
        allowed, points = f"{budget.points:g}", f"{left['points']:.2f}"
        if unmeasured:
            code = "sensitivity.points_spent_of_some"
            return UserError(code, asked=asked, allowed=allowed, points=points, unmeasured=unmeasured, **shares)
        return UserError("sensitivity.points_spent", asked=asked, allowed=allowed, points=points, **shares)
    if unmeasured:
        return UserError("sensitivity.out_of_reach_of_some", asked=asked, unmeasured=unmeasured, **shares)
    return UserError("sensitivity.out_of_reach", asked=asked, **shares)


def _shares(left: Mapping[str, float]) -> dict[str, str]:
    return {name: f"{100 * left[name]:.1f}" for name in ("macs", "size")}


def _graph_of(run: Path) -> tuple[Graph, ShareOf]:
    """The graph of a run's network, and how large an int8 file of a part of it is against the whole fp32 one."""
    whole = stack_of_run(run).graph
    quantising = make(Step(technique="quant_aware"))
    fp32 = nb_size(whole).value

    def share_of(graph: Graph) -> float:
        return nb_size(graph, quantising.int8_layers(graph)).value / fp32

    return whole, share_of
