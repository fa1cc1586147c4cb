"""Chips of phones (`resources/phones/*.json`): what is known of each, and how a phone names it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache

from pydantic import BaseModel, ConfigDict

from engine.contract.text.messages import UserError
from engine.contract.text.resources import RESOURCES

PHONES = RESOURCES / "phones"


class Cores(BaseModel):
    """Cores of one kind: how many, which, and their highest clock in MHz as the maker states it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    count: int
    kind: str
    mhz: int


class Soc(BaseModel):
    """A chip. `platforms` are values of `ro.board.platform`, `models` of `ro.soc.model`, that only it has.

    `fp16`: computes in half precision (ARMv8.2). `dot_product`: has the int8 dot product instruction. Fastest cores
    come first.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    name: str
    platforms: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    cores: tuple[Cores, ...]
    fp16: bool
    dot_product: bool


@cache
def socs() -> dict[str, Soc]:
    """Every chip by its key, which is its file's name."""
    return {
        path.stem: Soc.model_validate_json(path.read_text(encoding="utf-8")) for path in sorted(PHONES.glob("*.json"))
    }


@cache
def estimated_socs() -> dict[str, Soc]:
    """The chips that there are estimates for, by key: of the others the published latencies had no figure to fit."""
    fitted = json.loads((RESOURCES / "latency" / "coefficients.json").read_text(encoding="utf-8"))
    seen = {name.split("/")[0] for name in fitted["seen"]}
    return {key: soc for key, soc in socs().items() if key in seen}


def find_soc(key: str) -> Soc:
    """The chip called `key`, in capitals or not; raises UserError that lists the known ones."""
    for name, soc in socs().items():
        if name.lower() == key.lower():
            return soc
    raise UserError("latency.unknown_soc", key=key, known=", ".join(socs()))


def soc_named(words: Iterable[str]) -> Soc | None:
    """The chip that one of a phone's words names (`ro.soc.model`, `ro.board.platform`); None for an unknown one."""
    told = {word.strip().lower() for word in words if word.strip()}
    for soc in socs().values():
        if told & {name.lower() for name in (*soc.models, *soc.platforms)}:
            return soc
    return None
