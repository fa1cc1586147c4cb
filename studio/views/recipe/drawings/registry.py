"""Finds the drawing of a technique: every module of this room that defines a Drawing."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

import studio.views.recipe.drawings as room
from studio.views.recipe.drawings.drawing import Drawing


@cache
def drawings() -> dict[str, type[Drawing]]:
    """The class that draws it, by the key of a technique."""
    found: dict[str, type[Drawing]] = {}
    for each in pkgutil.iter_modules(room.__path__):
        module = importlib.import_module(f"{room.__name__}.{each.name}")
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, Drawing) and value.__module__ == module.__name__:
                found |= dict.fromkeys(getattr(value, "techniques", ()), value)
    return found
