"""The pages of the window: one entry each, read by the rail, the menus, the header and the window itself.

A new page is a folder beside the others and one entry here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module

from engine.contract.run.findings.evaluations import PHONE
from studio.presenters.page_state import PageState, runs_state
from studio.studio import Studio
from studio.views.page import Page


@dataclass(frozen=True)
class PageEntry:
    """What the window knows of a page before it is built.

    `title` is the code of its name, `icon` a file of resources/icons, `place` is "module:class"; `state` says what the
    rail shows of an open project until the page is built and tells its state itself.
    """

    key: str
    title: str
    icon: str
    place: str
    state: Callable[[Studio], PageState] = lambda studio: PageState.READY

    def load(self) -> Callable[[Studio], Page]:
        """Import the page's class, which may be done in any thread: modules make no widgets."""
        module, name = self.place.split(":")
        found: Callable[[Studio], Page] = getattr(import_module(module), name)
        return found

    def build(self, studio: Studio) -> Page:
        """Import the page's module and make the page."""
        page: Page = self.load()(studio)
        page.setObjectName(f"page_{self.key}")
        return page


def _data(studio: Studio) -> PageState:
    return PageState.DONE


def _recipe(studio: Studio) -> PageState:
    return PageState.READY if studio.recipe.recipe.steps else PageState.EMPTY


def _train(studio: Studio) -> PageState:
    return runs_state([run.status for run in studio.runs.runs])


def _compare(studio: Studio) -> PageState:
    measured = [run for run in studio.runs.runs if run.figures()]
    return PageState.DONE if len(measured) > 1 else PageState.READY if measured else PageState.EMPTY


def _phone(studio: Studio) -> PageState:
    exported = any(run.figure("nb_bytes", subject=PHONE) for run in studio.runs.runs)
    return PageState.DONE if exported else PageState.READY


_ENTRIES = (
    PageEntry("data", "studio.core.page_data", "data", "studio.views.data.page:DataPage", _data),
    PageEntry("detector", "studio.core.page_detector", "detector", "studio.views.detector.page:DetectorPage", _data),
    PageEntry("recipe", "studio.core.page_recipe", "recipe", "studio.views.recipe.page:RecipePage", _recipe),
    PageEntry("train", "studio.core.page_train", "train", "studio.views.train.page:TrainPage", _train),
    PageEntry("compare", "studio.core.page_compare", "compare", "studio.views.compare.page:ComparePage", _compare),
    PageEntry("phone", "studio.core.page_phone", "phone", "studio.views.phone.page:PhonePage", _phone),
)

PAGES: Mapping[str, PageEntry] = {entry.key: entry for entry in _ENTRIES}
"""Every page by its key, in the order of the rail."""
