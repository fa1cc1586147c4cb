"""Which precision is expected to be fastest on a phone, for a detector under techniques."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

from engine.contract.latency import PhoneChoice, PhoneEstimate, PrecisionAdvice, PrecisionTime
from engine.contract.recipe import Step
from engine.contract.socs import find_soc
from engine.contract.text.messages import JobFailed, Message, UserError
from engine.latency.effects import ERAS
from engine.latency.fastest import Time, chances, slower
from engine.recipe.phone_correction import correct
from engine.recipe.phone_latency import loan_of, phone_estimate
from engine.recipe.registry import make
from engine.recipe.stack import Stack

Precision = Literal["fp32", "fp16", "int8"]
SURE = 0.6
"""A probability from which on one precision is named alone."""


def advised(
    told: PhoneEstimate,
    stack: Stack,
    phone: PhoneChoice,
    project: Path | None,
    *,
    era: str = ERAS[-1],
    nms: bool = True,
) -> PhoneEstimate:
    """An estimate, and with it which precision should be fastest; each as the project's benches correct it."""
    return told.model_copy(update={"precisions": advice(stack, phone, project, era=era, nms=nms)})


def advice(
    stack: Stack, phone: PhoneChoice, project: Path | None, *, era: str = ERAS[-1], nms: bool = True
) -> PrecisionAdvice:
    """What is expected of each precision that the chip computes in and the network can have."""
    quantised = _in_int8(stack)
    figures = {}
    corrected = False
    for precision in _possible(phone):
        under = quantised if precision == "int8" else stack
        if under is not None:
            told = phone_estimate(under, phone.model_copy(update={"precision": precision}), era=era, nms=nms)
            figures[precision] = correct(told, project).figure
            corrected |= figures[precision] != told.figure
    # What a loan may be off is common to all precisions, until a bench told how far off one of them is.
    lent = None if corrected else loan_of(phone)
    shared = lent.within if lent else 1.0
    times = {
        name: Time(figure.value, figure.low or figure.value, figure.high or figure.value, shared)
        for name, figure in figures.items()
    }
    found = [
        PrecisionTime(precision=name, ms=time.ms, low=time.low, high=time.high, chance=chance)
        for (name, time), chance in zip(times.items(), chances(list(times.values())), strict=True)
    ]
    found.sort(key=lambda time: -time.chance)
    warnings = _warnings(times, supposed=quantised is not stack)
    return PrecisionAdvice(times=tuple(found), best=_best(found), warnings=tuple(warnings))


def _possible(phone: PhoneChoice) -> list[Precision]:
    fp16 = find_soc(phone.soc).fp16
    return [name for name in get_args(Precision) if name != "fp16" or fp16]


def _in_int8(stack: Stack) -> Stack | None:
    """The stack quantised: as it is where it is already, else by `quant_aware`; None where that cannot be."""
    if stack.quantised:
        return stack
    try:
        under = stack.under(make(Step(technique="quant_aware")))
        under.int8_layers()
    except (UserError, JobFailed):
        return None
    return under


def _best(found: list[PrecisionTime]) -> Message:
    first, *others = found
    chance = _percent(first.chance)
    if first.chance >= SURE or not others:
        return Message(code="latency.fastest", args={"precision": first.precision, "chance": chance})
    args = {"precision": first.precision, "chance": chance, "other": others[0].precision}
    return Message(code="latency.fastest_unsure", args={**args, "rest": _percent(others[0].chance)})


def _warnings(times: dict[Precision, Time], *, supposed: bool) -> list[Message]:
    if "int8" not in times:
        return []
    other: Precision = "fp16" if "fp16" in times else "fp32"
    chance = _percent(slower(times["int8"], times[other]))
    found = [Message(code="latency.int8_slower", args={"other": other, "chance": chance})]
    return [*found, Message(code="latency.int8_supposed")] if supposed else found


def _percent(chance: float) -> int:
    """In whole percent; never quite none or all, which no estimate tells."""
    return min(max(round(100 * chance), 1), 99)
