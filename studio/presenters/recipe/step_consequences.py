"""When it is seen what a step does: at once, or after how much training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

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
    places = [place for place, job in enumerate(jobs) if job.acts(step)]
    # A step in rounds is done only with the last of them.
    place = places[-1 if card.phase == "prune" else 0] if places else None
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


def job_titles(jobs: Sequence[PlannedJob], title: Callable[[str], str]) -> list[str]:
    """What each run of the recipe does: its techniques, and which round it is where there are several."""
    told = [" + ".join(title(step.technique) for step in job.steps) for job in jobs]
    brief = sum(job.brief for job in jobs)
    for place in range(brief + 1 if brief else 0):  # the rounds come first, and after the brief ones the last
        told[place] = tr("studio.recipe.round", titles=told[place], number=place + 1, total=brief + 1)
    return told


def length_text(job: PlannedJob) -> str:
    """How long a run of the recipe trains, and by what that is measured."""
    if not job.epochs:
        return tr("studio.recipe.no_training")
    if job.recovery == "own":
        return tr("studio.recipe.epochs", count=job.epochs)
    if job.base_epochs is None:
        return tr("studio.recipe.epochs_base_unknown", count=job.epochs)
    return tr(f"studio.recipe.epochs_{job.recovery}", count=job.epochs, base=job.base_epochs)


def epochs_text(count: int) -> str:
    """So many epochs, in words."""
    return tr("studio.drawing.one_epoch") if count == 1 else tr("studio.drawing.epochs", count=count)


def _own_epochs(card: TechniqueCard, step: Step) -> int | None:
    unsaid = "own" if "epochs" in step.params else _default(card, "recovery")
    if step.params.get("recovery", unsaid) not in ("own", None):
        return None
    told = step.params.get("epochs", _default(card, "epochs"))
    return told if isinstance(told, int) else None


def _default(card: TechniqueCard, name: str) -> Any:
    return card.parameters.get("properties", {}).get(name, {}).get("default")
