"""What the tests of the Recipe page share."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.contract.catalog import Catalog
from studio.stores.previews.previews import PreviewStore
from studio.studio import Studio
from studio.views.recipe.page import RecipePage
from studio.views.shell.main_window import MainWindow
from tests.studio.widgets.test_schema import real_catalog


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return real_catalog()


@pytest.fixture
def page(
    studio: Studio, window: MainWindow, project: Path, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> RecipePage:
    """The page on the small project; its previews come from the test."""
    monkeypatch.setattr(PreviewStore, "refresh", lambda self: None)
    studio.catalog.catalog = catalog
    assert studio.project.open(project)
    window.show_page("recipe")
    made = window.pages["recipe"]
    assert isinstance(made, RecipePage)
    return made
