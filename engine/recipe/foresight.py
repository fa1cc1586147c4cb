"""What a quantising step will find of the weights that a recipe starts from, where those were measured already."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from pydantic import ValidationError

from engine.contract.run.folder import checkpoint_of
from engine.contract.sensitivity import LayerErrors, digest_of
from engine.contract.text.messages import UserError
from engine.recipe.plan import CHANGING
from engine.recipe.stack import Stack
from engine.technique.base import Phase, Technique
from engine.technique.float_layers import PICTURES


def knowing(technique: Technique, stack: Stack, before: Iterable[Technique], run: Path | None) -> Technique:
    """The technique with the record that it will make when it acts on `stack`; as it is where that is not known.

    `before` are those that act before it in the recipe, which starts from `run`: once one of them trains or changes
    the network, it is not the run's weights any more that are quantised. Raises as the stack's graph does.
    """
    if run is None or technique.phase is not Phase.QUANTISE or any(_changes(other) for other in before):
        return technique
    found = errors_of(run)
    record = None if found is None else technique.foreseen(stack.graph, found)
    return technique if record is None else type(technique)(technique.params.model_dump(), record)


def foreseeing(stack: Stack, techniques: Iterable[Technique], run: Path | None) -> Stack:
    """The stack of a recipe's start under its techniques, each knowing what it will record, if that is known."""
    end, begun = stack, len(stack.techniques)
    for technique in techniques:
        end = end.under(knowing(technique, end, end.techniques[begun:], run))
    return end


def errors_of(run: Path) -> dict[str, float] | None:
    """What int8 in each convolution alone does to the run's weights, on the pictures that a step will look at."""
    try:
        file = LayerErrors.file(run, PICTURES, checkpoint_digest(checkpoint_of(run)))
        found = LayerErrors.model_validate_json(file.read_bytes())
    except (OSError, UserError, ValidationError):  # it is measured when it is needed
        return None
    return {each.layer: each.error for each in found.layers}


def checkpoint_digest(checkpoint: Path) -> str:
    """The hash of a checkpoint, made once while the file is the same; raises OSError."""
    return _digest(checkpoint, checkpoint.stat().st_mtime_ns)


@lru_cache(maxsize=16)
def _digest(checkpoint: Path, _changed: int) -> str:
    return digest_of(checkpoint)


def _changes(technique: Technique) -> bool:
    return technique.trains or technique.phase in CHANGING
