"""Phone latency as the studio shows it: what is asked, and the estimate with the time of each part of the network."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from engine.contract.figures import Figure
from engine.contract.text.messages import Message

Part = Literal["backbone", "neck", "rpn", "roi", "head", "post"]
"""`roi` is RoI pooling, `post` decoding and the suppression of overlaps."""


class PhoneChoice(BaseModel):
    """What is estimated for: a chip of `resources/phones`, threads on its fast cores, and the precision."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    soc: str
    threads: int = 1
    precision: Literal["fp32", "fp16", "int8"] = "fp32"


class Share(BaseModel):
    """One part's milliseconds, and its share of all, from 0 to 1; parts that the network does not have are left out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    part: Part
    ms: float
    share: float


class PrecisionTime(BaseModel):
    """A network's time in one precision, and with what probability, from 0 to 1, none of the others is faster."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    precision: Literal["fp32", "fp16", "int8"]
    ms: float
    low: float
    high: float
    chance: float


class PrecisionAdvice(BaseModel):
    """Which precision is expected to be fastest on a phone: the likeliest first, and the same in a sentence.

    `warnings` tell what speaks against int8: that it may be the slower one, and for which layers it was supposed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    times: tuple[PrecisionTime, ...]
    best: Message
    warnings: tuple[Message, ...] = ()


class PhoneEstimate(BaseModel):
    """The figure `phone_ms` (estimated, with its bounds), a bar for each part, and one sentence: what to shrink next.

    `notes` say what makes the estimate less sure; `precisions` compares it with the other precisions where asked for.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    figure: Figure
    shares: tuple[Share, ...]
    advice: Message
    notes: tuple[Message, ...] = ()
    precisions: PrecisionAdvice | None = None
