"""A target in milliseconds on a phone for what is to be cut of a run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.contract.latency import PhoneChoice
from engine.contract.recipe import Step
from engine.graph.graph import Graph
from engine.latency.cuts import CutTimes
from engine.recipe.phone_correction import correct
from engine.recipe.phone_latency import borrowed_notes, loan_of, phone_estimate
from engine.recipe.registry import make
from engine.recipe.stack import stack_of_run


@dataclass(frozen=True)
class LatencyTarget:
    """At most so many milliseconds on a phone."""

    ms: float
    phone: PhoneChoice


class LatencyOfCuts:
    """What a run's network takes on the phone, whole and cut, as this project's benches correct it.

    In int8 it is the network that `quant_aware` makes of it, as with targets of size. `notes` say that nothing was
    published of the chip, where that is so. Raises UserError for a phone that cannot be estimated for, or a network
    that cannot be quantised.
    """

    def __init__(self, run: Path, phone: PhoneChoice) -> None:
        stack = stack_of_run(run)
        if phone.precision == "int8" and not stack.quantised:
            stack = stack.under(make(Step(technique="quant_aware")))
        self.phone = phone
        lent = loan_of(phone)
        self.notes = tuple(borrowed_notes(lent, phone)) if lent else ()
        self._times = CutTimes(phone.soc, phone.threads, phone.precision, stack.int8_layers())
        told = correct(phone_estimate(stack, phone), run.parent.parent)
        self.whole = told.figure.value
        self._factor = self.whole / self._times.ms(stack.graph)

    def ms(self, graph: Graph) -> float:
        """Milliseconds of the network with channels cut."""
        return self._factor * self._times.ms(graph)
