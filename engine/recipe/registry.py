"""Finds the techniques: every module of `engine/techniques/` that defines a Technique."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

import engine.techniques
from engine.contract.recipe import Step
from engine.contract.text.messages import UserError
from engine.technique.base import Record, Technique


@cache
def techniques() -> dict[str, type[Technique]]:
    """Every technique class by its key, in the order of phases."""
    found: list[type[Technique]] = []
    for module_info in pkgutil.iter_modules(engine.techniques.__path__):
        module = importlib.import_module(f"engine.techniques.{module_info.name}")
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, Technique) and value.__module__ == module.__name__:
                found.append(value)
    return {cls.key: cls for cls in sorted(found, key=lambda cls: (cls.phase, cls.key))}


def make(step: Step, record: Record | None = None) -> Technique:
    """The step's technique with its parameters checked, and what it recorded if it acted; raises UserError."""
    known = techniques()
    if step.technique not in known:
        raise UserError("technique.unknown", key=step.technique, known=", ".join(known))
    return known[step.technique](step.params, record)
