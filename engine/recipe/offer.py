"""What is offered for a target: ratios by channel group, the step that applies them, and what is left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from engine.contract.figures import Figure
from engine.contract.recipe import Step
from engine.contract.sensitivity import GroupLosses
from engine.contract.text.messages import Argument, Message, UserError
from engine.contract.text.numbers import show_value, small_share
from engine.graph.count import conv_macs
from engine.graph.graph import Graph
from engine.graph.groups import channel_groups
from engine.graph.proposal import Budget, OutOfReach, ShareOf, loss_at, propose
from engine.graph.size import nb_size
from engine.recipe.caution import cautious
from engine.recipe.latency_target import LatencyOfCuts, LatencyTarget
from engine.recipe.preview import graph_figures
from engine.recipe.registry import make
from engine.recipe.stack import stack_of_run


@dataclass(frozen=True)
class Offer:
    """Ratios by group, the step that applies them, and what is left: shares of the whole, and points that go.

    `left["size"]` is that of an int8 file against the fp32 file of the whole; `left["ms"]`, milliseconds, is there
    where a latency was asked for. Where saliency decided, `left["saliency"]` stands in the place of points: the share
    of all saliency that goes. `unmeasured` counts the groups that stay whole because nothing is known of them,
    `noise` the cuts whose measured loss or gain may be chance; `notes` what makes the time less sure.
    """

    ratios: dict[str, float]
    step: Step
    left: dict[str, float]
    unmeasured: int
    figures: list[Figure]
    noise: int = 0
    notes: tuple[Message, ...] = ()

    def messages(self) -> list[Message]:
        """What is left and what it costs."""
        if "saliency" in self.left:
            lost: dict[str, Argument] = {"saliency": small_share(self.left["saliency"])}
            told = [Message(code="saliency.leaves", args={**lost, "left": told_left(self.left)})]
        else:
            lost = {"points": f"{self.left['points']:.1f}"}
            told = [Message(code="sensitivity.leaves", args={**lost, "left": told_left(self.left)})]
        if self.noise:
            told.append(Message(code="sensitivity.noise", args={"count": self.noise, "total": len(self.ratios)}))
        if self.unmeasured:
            told.append(Message(code="sensitivity.unmeasured", args={"count": self.unmeasured}))
        return [*told, *self.notes]


def offer(
    run: Path,
    found: Mapping[str, GroupLosses],
    budget: Budget,
    criterion: str,
    latency: LatencyTarget | None = None,
) -> Offer:
    """What to cut of a run by a criterion to keep within the budget and the latency, from the losses that were found.

    What cuts are chosen hangs on losses as `cautious` takes them, so never on a gain or on what lies within noise.
    Raises UserError that says why the budget is not reached, what is, and the remedy.
    """
    graph, size_of = graph_of_run(run)
    time = LatencyOfCuts(run, latency.phone) if latency is not None else None
    groups = channel_groups(graph).groups.items()
    unmeasured = sum(group.prunable and group.channels > 1 and name not in found for name, group in groups)

    def step(ratios: dict[str, float]) -> Step:
        # Without a preset, which would come before the ratio of the groups that stay whole.
        params = {"criterion": criterion, "preset": "none", "ratio": 0, "ratios": ratios}
        return Step(technique="filter_prune", params=params)

    def left(ratios: dict[str, float]) -> dict[str, float]:
        cut = make(step(ratios)).estimate(graph)
        lost = sum(loss_at(found[name].losses, ratio) for name, ratio in ratios.items())
        shares = {"macs": conv_macs(cut) / conv_macs(graph), "size": size_of(cut), "points": lost}
        return shares if time is None else {**shares, "ms": time.ms(cut)}

    table = {name: losses.losses for name, losses in found.items()}
    costs = {name: cautious(losses) for name, losses in found.items()}
    held, share_of = held_against(budget, size_of, latency, time)
    try:
        ratios = propose(graph, table, held, share_of, costs)
    except OutOfReach as error:
        raise _refusal(budget, latency, error, left(error.ratios), unmeasured) from None
    wanted = step(ratios)
    noise = sum(_is_noise(found[name], ratio) for name, ratio in ratios.items())
    figures = graph_figures(make(wanted).estimate(graph))
    return Offer(ratios, wanted, left(ratios), unmeasured, figures, noise, time.notes if time else ())


def held_against(
    budget: Budget, size_of: ShareOf, latency: LatencyTarget | None, time: LatencyOfCuts | None
) -> tuple[Budget, ShareOf]:
    """The budget and what it is held against, with the time in the place of the size, or together with it."""
    if latency is None or time is None:
        return budget, size_of
    if budget.size is None:
        share = min(latency.ms / time.whole, 1.0)
        return replace(budget, size=share), lambda cut: time.ms(cut) / time.whole
    size = budget.size
    # Of two limits the one that is missed by more counts; both are kept once that is within its own.
    return replace(budget, size=1.0), lambda cut: max(size_of(cut) / size, time.ms(cut) / latency.ms)


def _is_noise(measured: GroupLosses, ratio: float) -> bool:
    """Whether the loss of a cut may be chance: that of the next deeper cut that was measured."""
    deeper = [known for known in sorted(measured.losses) if known >= ratio]
    return bool(deeper) and measured.within_noise(deeper[0])


def _refusal(
    budget: Budget, latency: LatencyTarget | None, error: OutOfReach, left: Mapping[str, float], unmeasured: int
) -> UserError:
    asked = asked_for(budget, latency)
    shares = {"left": told_left(left)}
    if error.spent:
        allowed, points = f"{budget.points:g}", f"{left['points']:.2f}"
        if unmeasured:
            code = "sensitivity.points_spent_of_some"
            return UserError(code, asked=asked, allowed=allowed, points=points, unmeasured=unmeasured, **shares)
        return UserError("sensitivity.points_spent", asked=asked, allowed=allowed, points=points, **shares)
    if unmeasured:
        return UserError("sensitivity.out_of_reach_of_some", asked=asked, unmeasured=unmeasured, **shares)
    return UserError("sensitivity.out_of_reach", asked=asked, **shares)


def asked_for(budget: Budget, latency: LatencyTarget | None) -> str:
    """What may remain, as the command line's options say it."""
    named = {"macs": budget.macs, "size": budget.size, "ms": latency.ms if latency is not None else None}
    return " ".join(f"--{name} {value:g}" for name, value in named.items() if value is not None)


def told_left(left: Mapping[str, float]) -> Message:
    """What is left, in words, but for what it costs."""
    shares: dict[str, Argument | Message] = {name: f"{100 * left[name]:.1f}" for name in ("macs", "size")}
    if "ms" not in left:
        return Message(code="sensitivity.left", args=shares)
    return Message(code="sensitivity.left_ms", args={**shares, "ms": show_value(left["ms"], "ms")})


def graph_of_run(run: Path) -> tuple[Graph, ShareOf]:
    """The graph of a run's network, and how large an int8 file of a part of it is against the whole fp32 one."""
    whole = stack_of_run(run).graph
    quantising = make(Step(technique="quant_aware"))
    fp32 = nb_size(whole).value

    def share_of(graph: Graph) -> float:
        return nb_size(graph, quantising.int8_layers(graph)).value / fp32

    return whole, share_of
