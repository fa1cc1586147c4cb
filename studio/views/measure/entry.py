"""Which dialog measures a field of a step, and what its answer changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtWidgets import QWidget

from engine.contract.recipe import Step
from studio.i18n import pick
from studio.presenters.recipe.run_terms import base_runs
from studio.studio import Studio
from studio.views.measure.channels import ChannelsDialog
from studio.views.measure.dialog import MeasureDialog
from studio.views.measure.int8 import MOST, Int8Dialog
from studio.views.measure.int8 import PICTURES as INT8_PICTURES
from studio.widgets.schema.spec import FieldSpec

_CRITERION = "criterion"


def why_not_measure(studio: Studio) -> str | None:
    """The code of why nothing can be measured; None where there is a trained run."""
    if studio.project.project is None:
        return "studio.measure.no_project"
    return None if base_runs(studio.runs.runs) else "studio.measure.no_run"


def measure_dialog(
    studio: Studio, step: Step, fields: Mapping[str, FieldSpec], name: str, parent: QWidget
) -> MeasureDialog:
    """The dialog for a field of a step; it begins with the run that the recipe starts from."""
    index = studio.project.index
    values = {**{each: field.default for each, field in fields.items()}, **step.params}
    if fields[name].measure == "int8":
        most = min(index.picture_count("train") if index is not None else 0, MOST)
        made = Int8Dialog(studio, name, values[name] or [], parent)
        made.begin(studio.recipe.base_run, min(INT8_PICTURES, most), most)
        return made
    criterion = str(values.get(_CRITERION, "obs"))
    called = pick(fields[_CRITERION].label(criterion)) if _CRITERION in fields else criterion
    channels = ChannelsDialog(studio, criterion, called, parent, int8=_quantises(studio))
    channels.begin(studio.recipe.base_run, *channels.counts())
    return channels


def _quantises(studio: Studio) -> bool:
    """Whether a step of the recipe that is on makes int8."""
    cards = (studio.catalog.technique(step.technique) for step in studio.recipe.recipe.steps if step.enabled)
    return any(card is not None and card.phase == "quantise" for card in cards)


def changes(fields: Mapping[str, FieldSpec], params: Mapping[str, Any]) -> dict[str, Any]:
    """What is written into the step: values that its fields know, None for those at their default."""
    known = {name: value for name, value in params.items() if name in fields}
    return {name: None if value == fields[name].default else value for name, value in known.items()}
