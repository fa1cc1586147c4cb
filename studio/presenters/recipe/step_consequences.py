"""When it is seen what a step does: at once, or after how much training."""

from __future__ import annotations

from collections.abc import Sequence

from engine.contract.catalog import TechniqueCard
from engine.contract.recipe import PlannedJob, Step
from studio.i18n import tr

_ACTING = ("data", "schedule", "train")
"""Phases whose steps act in trainings alone, be it those of other steps."""


def seen_after(card: TechniqueCard, step: Step, jobs: Sequence[PlannedJob]) -> str:
    """After which training it is seen what the step does; empty where it needs none, or is off.

    `jobs` are the runs that the recipe becomes, none while they are not known.
    """
    if not step.enabled or not (card.trains or card.phase in _ACTING):
        return ""
    place = next((place for place, job in enumerate(jobs) if step in (*job.steps, *job.alongside)), None)
    if place is None:
        epochs, before = _own_epochs(card, step), 0
        if epochs is None:
            return tr("studio.drawing.seen_somehow")
    else:
        epochs, before = jobs[place].epochs, sum(job.epochs for job in jobs[:place])
    if not epochs:
        return tr("studio.drawing.seen_untrained") if card.trains else tr("studio.drawing.acts_nowhere")
    code = "studio.drawing.recovery_seen" if card.phase == "prune" else "studio.drawing.seen_after"
    text = tr(code, epochs=epochs_text(epochs))
    return f"{text} {tr('studio.drawing.after_before', epochs=epochs_text(before))}" if before else text


def epochs_text(count: int) -> str:
    """So many epochs, in words."""
    return tr("studio.drawing.one_epoch") if count == 1 else tr("studio.drawing.epochs", count=count)


def _own_epochs(card: TechniqueCard, step: Step) -> int | None:
    told = step.params.get("epochs", card.parameters.get("properties", {}).get("epochs", {}).get("default"))
    return told if isinstance(told, int) else None
