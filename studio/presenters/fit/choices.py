"""What a person asks of a fit, as it is remembered, and the job that it becomes."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine.contract.figures import Figure
from engine.contract.fit.job import HOST, FitJob, trials_at_once
from engine.contract.latency import PhoneChoice
from engine.contract.run.job import TrainJob
from engine.contract.socs import estimated_socs
from studio.i18n import tr
from studio.presenters.numbers import duration
from studio.stores.run import Run

Limit = Literal["ms", "points", "mb", "macs", "hours"]
TARGETS: tuple[Limit, ...] = ("ms", "mb", "macs")
"""Of these at least one must be asked for."""
AS_BASE = -1
"""The last training is as long as the base's was."""
_KEPT = 0.6
"""The share of the network's own time that is proposed: a cut that is worth it, and that most networks can bear."""
_DEFAULTS = FitJob.model_fields


class FitChoices(BaseModel):
    """`on` has the limits that hold, `values` what each is: ms, points, MB, percent of the MACs, hours."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    phone: str = "SD855"
    threads: int = 4
    precision: Literal["fp32", "fp16", "int8"] = "fp32"
    on: tuple[Limit, ...] = ("ms",)
    values: dict[Limit, float] = {}
    asked_of: str = ""
    """Of which run, phone, threads and precision the time was asked; of another a new one is proposed."""
    trials: int = Field(default=_DEFAULTS["trials"].default, ge=1)
    trial_epochs: int = Field(default=_DEFAULTS["trial_epochs"].default, ge=0)
    at_once: int = Field(default_factory=trials_at_once, ge=1, le=64)
    epochs: int = Field(default=AS_BASE, ge=AS_BASE)
    pictures: int = Field(default=_DEFAULTS["pictures"].default, ge=1)
    limit: int = Field(default=_DEFAULTS["limit"].default, ge=0)


FIRST_VALUES: dict[Limit, float] = {"ms": 10.0, "points": 2.0, "mb": 2.0, "macs": 40.0, "hours": 8.0}
"""What a limit is until somebody says otherwise."""


def read_choices(kept: object) -> FitChoices:
    """What was remembered; the first choices where it cannot be read or names a chip that is not known any more."""
    try:
        found = FitChoices.model_validate(kept)
    except ValidationError:
        return FitChoices()
    known = found.phone == HOST or found.phone in estimated_socs()
    return found if known else found.model_copy(update={"phone": FitChoices().phone})


def for_phone(choices: FitChoices, phone: PhoneChoice | None) -> FitChoices:
    """The same for another phone; as they are where none is named."""
    return (
        choices
        if phone is None
        else choices.model_copy(update={**phone.model_dump(exclude={"soc"}), "phone": phone.soc})
    )


def job_of(choices: FitChoices, project: Path, start: Path, device: str | None) -> FitJob:
    """The job; `device` is the serial number of the phone that measures, if one does."""
    limits = {name: choices.values.get(name, FIRST_VALUES[name]) for name in choices.on}
    timed = "ms" in limits
    return FitJob(
        project=str(project),
        start=str(start),
        phone=choices.phone if timed else None,
        threads=choices.threads if timed else 1,
        precision=choices.precision,
        ms=limits.get("ms"),
        points=limits.get("points"),
        mb=limits.get("mb"),
        macs=limits["macs"] / 100 if "macs" in limits else None,
        hours=limits.get("hours"),
        device=device if timed and choices.phone != HOST else None,
        trials=choices.trials,
        trial_epochs=choices.trial_epochs,
        at_once=choices.at_once,
        epochs=None if choices.epochs == AS_BASE else choices.epochs,
        pictures=choices.pictures,
        limit=choices.limit,
    )


def question_of(run: str, choices: FitChoices) -> str:
    """Whose time is asked for: by this it is known whether a time that was typed still means the same."""
    return "/".join([run, choices.phone, str(choices.threads), choices.precision])


def proposed_of(base: float, boxes: float) -> float:
    """The time that is proposed, in two digits that matter: a part of what the network takes.

    `boxes` is the share of making boxes, from 0 to 1, which no cut makes shorter.
    """
    return max(float(f"{base * (boxes + (1 - boxes) * _KEPT):.2g}"), 0.01)


def counted_base(figure: Figure) -> float:
    """What counts of the base's time: what was measured, or the upper end of what is estimated."""
    return figure.value if figure.source == "measured" or figure.high is None else figure.high


def length_text(run: Run, choices: FitChoices) -> str:
    """About how long it takes at most, by how long the base took; empty where that is not known."""
    job = run.job
    if not isinstance(job, TrainJob) or not job.settings.epochs or not run.state.elapsed_s:
        return ""
    each = run.state.elapsed_s / job.settings.epochs
    last = job.settings.epochs if choices.epochs == AS_BASE else choices.epochs
    whole = (choices.trials * choices.trial_epochs + last) * each
    return tr("studio.fit.length", time=duration(whole), trials=choices.trials, each=choices.trial_epochs, last=last)
