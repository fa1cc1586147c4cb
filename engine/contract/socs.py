"""Chips of phones (`resources/phones/*.json`): what is known of each, and how a phone names it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict

from engine.contract.text.messages import UserError
from engine.contract.text.resources import RESOURCES

PHONES = RESOURCES / "phones"
Fact = Literal["cores", "instructions", "gpu", "models"]


class Cores(BaseModel):
    """Cores of one kind: how many, which, and their highest clock in MHz as the maker states it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    count: int
    kind: str
    mhz: int


class Soc(BaseModel):
    """A chip. `platforms` are values of `ro.board.platform`, `models` of `ro.soc.model`, that only it has.

    `fp16`: computes in half precision (ARMv8.2). `dot_product`: has the int8 dot product instruction. `i8mm`: has that
    of int8 matrices; None and an empty `gpu` are not known. Fastest cores come first. `sources` tells whence the facts
    are; those of the first chips were written down without.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    name: str
    platforms: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    cores: tuple[Cores, ...]
    fp16: bool
    dot_product: bool
    i8mm: bool | None = None
    gpu: str = ""
    sources: dict[Fact, str] = {}


@cache
def socs() -> dict[str, Soc]:
    """Every chip by its key, which is its file's name."""
    return {
        path.stem: Soc.model_validate_json(path.read_text(encoding="utf-8")) for path in sorted(PHONES.glob("*.json"))
    }


@cache
def published_socs() -> dict[str, Soc]:
    """The chips that latencies were published of, by key."""
    fitted = json.loads((RESOURCES / "latency" / "coefficients.json").read_text(encoding="utf-8"))
    seen = {name.split("/")[0] for name in fitted["seen"]}
    return {key: soc for key, soc in socs().items() if key in seen}


@cache
def estimated_socs() -> dict[str, Soc]:
    """The chips that there are estimates for, by key: first those with published latencies, then those without.

    Of the latter the estimate is scaled from another chip (`engine/latency/borrowing.py`).
    """
    published = published_socs()
    others = {key: soc for key, soc in socs().items() if key not in published}
    return {**published, **dict(sorted(others.items(), key=lambda item: _by_number(item[1].name)))}


def find_soc(key: str) -> Soc:
    """The chip called `key`, in capitals or not; raises UserError that lists the known ones."""
    for name, soc in socs().items():
        if name.lower() == key.lower():
            return soc
    raise UserError("latency.unknown_soc", key=key, known=", ".join(socs()))


def soc_named(words: Iterable[str]) -> Soc | None:
    """The chip that a phone's words name (`ro.soc.model`, `ro.board.platform`); None for an unknown one.

    The first word that names one counts: a later one may be of a family. MediaTek's models may go on after a slash or
    underscore with letters of the maker's own.
    """
    told = [word.strip().lower() for word in words if word.strip()]
    for word in told:
        for name in (word, re.split("[/_ ]", word)[0]):
            for soc in socs().values():
                if name in (known.lower() for known in (*soc.models, *soc.platforms)):
                    return soc
    return None


def _by_number(name: str) -> tuple[str | int, ...]:
    """Orders names as a person does: 7 before 10, and a maker's chips together."""
    return tuple(int(part) if part.isdigit() else part.lower() for part in re.split(r"(\d+)", name))
