"""How a fit is begun from any page: the form, and then its front on the Compare page."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from engine.contract.latency import PhoneChoice
from studio.presenters.recipe.run_terms import base_runs
from studio.stores.remembered import Remembered
from studio.studio import Studio
from studio.views.fit.dialog import FitDialog
from studio.views.shared.page_switch import show_page

COMPARE = "compare"
RUNS, FITS = 0, 1
"""The parts of the Compare page."""


def why_no_fit(studio: Studio) -> str | None:
    """The code of why none can be begun; None where there is a trained run."""
    if studio.project.project is None:
        return "studio.measure.no_project"
    return None if base_runs(studio.runs.runs) else "studio.measure.no_run"


def remembered_part(studio: Studio) -> int:
    """The part of the Compare page that was in front last."""
    return FITS if Remembered(studio.settings, COMPARE).get("part", RUNS) == FITS else RUNS


def keep_part(studio: Studio, part: int) -> None:
    """Remember it."""
    Remembered(studio.settings, COMPARE).keep(part=part)


def begin_fit(studio: Studio, run: str | None, parent: QWidget, phone: PhoneChoice | None = None) -> FitDialog:
    """Ask what to fit `run` to, or the run that it most likely is for; once it has begun its front is shown."""
    dialog = FitDialog(studio, run, parent, phone)
    dialog.begun.connect(lambda task: show_front(studio, task.root.name, parent))
    dialog.open()
    return dialog


def show_front(studio: Studio, name: str, inside: QWidget) -> None:
    """Bring the front of a fit to the front of the window that a widget is in."""
    keep_part(studio, FITS)
    studio.fits.show(name)
    show_page(inside, COMPARE)
