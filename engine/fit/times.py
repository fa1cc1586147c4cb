"""What cuts are predicted to take: on a phone the upper end of the estimate, on this machine by what the base takes."""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import Protocol

from engine.contract.figures import Figure
from engine.contract.latency import PhoneChoice
from engine.contract.recipe import Step
from engine.graph.count import CONVOLUTIONS, op_macs
from engine.graph.graph import Graph
from engine.latency.cuts import CutTimes
from engine.recipe.phone_correction import correct
from engine.recipe.phone_latency import phone_estimate
from engine.recipe.registry import make
from engine.recipe.stack import Stack, stack_of_run

DEPTHWISE = 3.0
"""What a multiply-accumulate of a depthwise convolution takes on this machine beside one of a dense convolution ..."""
ELEMENT = 6.0
"""... and an element that a convolution writes. Rough: trials correct it (docs/fit.md)."""


class Times(Protocol):
    """Milliseconds of a network with channels cut."""

    whole: float

    def ms(self, graph: Graph) -> float:
        """Of a part of the network."""
        ...


class PhoneTimes:
    """The upper end of the estimate for the phone, as the benches of the project, if one is named, correct it.

    In int8 it is the network that `quant_aware` makes. Raises UserError for a phone that cannot be estimated for, or a
    network that cannot be quantised.
    """

    def __init__(self, run: Path, phone: PhoneChoice, project: Path | None) -> None:
        stack = quantised(stack_of_run(run)) if phone.precision == "int8" else stack_of_run(run)
        self._times = CutTimes(phone.soc, phone.threads, phone.precision, stack.int8_layers())
        figure = upper_end(stack, phone, project)
        self.whole = figure.high or figure.value
        self._each = self._times.ms(stack.graph)

    def measured(self, whole: float) -> PhoneTimes:
        """The same from now on, scaled to what the whole was measured to take."""
        self.whole = whole
        return self

    def ms(self, graph: Graph) -> float:
        """Of a part of the network."""
        return self.whole * self._times.ms(graph) / self._each


class HostTimes:
    """What this machine takes, from the base's time with boxes and without, and the work of each convolution."""

    def __init__(self, graph: Graph, total_ms: float, network_ms: float) -> None:
        self.whole = total_ms
        network_ms = min(network_ms, total_ms)
        self._boxes = total_ms - network_ms
        self._each = network_ms / _work(graph)

    def ms(self, graph: Graph) -> float:
        """Of a part of the network."""
        return self._boxes + self._each * _work(graph)


class CountedTimes:
    """Where no time is asked for: the share of the work that remains, in place of milliseconds."""

    def __init__(self, graph: Graph) -> None:
        self.whole = 1.0
        self._all = _work(graph)

    def ms(self, graph: Graph) -> float:
        """The share that a part of the network has."""
        return _work(graph) / self._all


def quantised(stack: Stack) -> Stack:
    """The stack in int8, as it is estimated before it was made; raises UserError where it cannot be."""
    return stack if stack.quantised else stack.under(make(Step(technique="quant_aware")))


def upper_end(stack: Stack, phone: PhoneChoice, project: Path | None) -> Figure:
    """The estimate of which the upper end counts."""
    return correct(phone_estimate(stack, phone), project).figure


def _work(graph: Graph) -> float:
    found = 0.0
    for op in graph.ops:
        if op.kind in CONVOLUTIONS:
            each = DEPTHWISE if op.kind == "depthwise_conv2d" else 1.0
            found += each * op_macs(graph, op) + ELEMENT * prod(graph.tensors[op.outputs[0]])
    return found
