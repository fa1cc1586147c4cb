"""Finds a drawing: every module of a room that has a `draw` is one, called as the module is."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache
from typing import Any

from pydantic import BaseModel

from engine.contract.previews.drawings import DrawingRequest
from engine.contract.text.messages import UserError
from engine.recipe.drawings.subject import Subject

Draw = Callable[[Subject], BaseModel]


@cache
def drawings(room: str) -> dict[str, Draw]:
    """Every drawing of a package by its name."""
    found = pkgutil.iter_modules(importlib.import_module(room).__path__)
    names = [each.name for each in found if f"{room}.{each.name}" != __name__]
    modules = {name: importlib.import_module(f"{room}.{name}") for name in names}
    return {name: module.draw for name, module in modules.items() if hasattr(module, "draw")}


def answer(request: DrawingRequest, room: str) -> dict[str, Any]:
    """What is to be drawn, as JSON, by a drawing of that package; raises UserError where that cannot be told."""
    known = drawings(room)
    if request.drawing not in known or not 0 <= request.step < len(request.recipe.steps):
        raise UserError("drawing.unknown", name=request.drawing, known=", ".join(known))
    return known[request.drawing](Subject(request)).model_dump(mode="json", exclude_none=True)
