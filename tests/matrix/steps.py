"""The recipe that a cell of the matrix tries a technique with."""

from __future__ import annotations

from engine.contract.matrix import PLAIN
from engine.contract.recipe import Step

BEFORE = {"neck_extra_levels": (Step(technique="neck_levels", params={"top": "c4"}),)}
"""Techniques that make sense only behind others, with those: alone the plan refuses them on every detector."""


def steps_of(technique: str) -> tuple[Step, ...]:
    """The technique with its defaults, behind what it needs; no step for a detector by itself."""
    return () if technique == PLAIN else (*BEFORE.get(technique, ()), Step(technique=technique))
