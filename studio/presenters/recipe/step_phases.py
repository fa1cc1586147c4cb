"""The phases in which steps act, and where a step belongs among others."""

from __future__ import annotations

from collections.abc import Sequence

from studio.i18n import tr

PHASES = ("architecture", "data", "schedule", "prune", "train", "quantise")
"""In the order in which the plan applies them."""


def rank(phase: str) -> int:
    """The place of a phase; an unknown one comes last."""
    return PHASES.index(phase) if phase in PHASES else len(PHASES)


def phase_name(phase: str) -> str:
    """What a phase is called."""
    names = {
        "architecture": tr("studio.recipe.phase_architecture"),
        "data": tr("studio.recipe.phase_data"),
        "schedule": tr("studio.recipe.phase_schedule"),
        "prune": tr("studio.recipe.phase_prune"),
        "train": tr("studio.recipe.phase_train"),
        "quantise": tr("studio.recipe.phase_quantise"),
    }
    return names.get(phase, phase)


def plan_order(phases: Sequence[str]) -> list[int]:
    """The indices of steps as the plan applies them: by phase, else as they stand."""
    return sorted(range(len(phases)), key=lambda index: rank(phases[index]))


def insertion_place(phases: Sequence[str], phase: str) -> int:
    """Where a new step goes so that a stack in the plan's order stays so."""
    later = [index for index, other in enumerate(phases) if rank(other) > rank(phase)]
    return later[0] if later else len(phases)
