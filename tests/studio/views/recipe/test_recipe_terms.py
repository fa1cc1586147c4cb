"""The Recipe page before the techniques are known, and the precision in which a phone's time is told and judged."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from engine.contract.catalog import Catalog
from engine.contract.figures import Conditions, Figure
from engine.contract.recipe import Step
from engine.contract.text.messages import Message
from studio.i18n import tr
from studio.presenters.recipe import run_terms
from studio.stores.previews.previews import Preview
from studio.studio import Studio
from studio.views.recipe.page import RecipePage
from tests.studio.views.recipe.test_recipe_page import figures, fill, show


def test_that_steps_are_not_unknown_while_the_techniques_load_and_cannot_be_run(
    page: RecipePage, studio: Studio, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_terms, "base_runs", lambda runs: [SimpleNamespace(name="0001-base")])
    studio.catalog.catalog = None
    fill(studio)
    first = page.stack.cards[0]
    assert first.summary.text() == page.bar.reason.text() == tr("studio.core.catalog_loading")
    assert not page.bar.run.isEnabled()
    studio.catalog.error = Message(code="studio.core.engine_silent")
    studio.catalog.failed.emit(studio.catalog.error)
    assert first.summary.text() == page.bar.reason.text() == tr("studio.core.catalog_failed")
    studio.catalog.catalog, studio.catalog.error = catalog, None
    studio.catalog.changed.emit()
    assert page.stack.cards[0].title.text() == "Learning rate schedule" and page.bar.run.isEnabled()
    fill(studio, Step(technique="nobody_knows"))
    assert page.stack.cards[0].summary.text() == tr("studio.recipe.unknown_technique")
    assert not page.bar.run.isEnabled()


def test_that_the_phones_time_is_that_of_int8_after_a_step_that_quantises(page: RecipePage, studio: Studio) -> None:
    fill(studio)
    before, after = (
        Figure(name="phone_ms", value=value, unit="ms", source="estimated", conditions=Conditions(precision=precision))
        for value, precision in ((60.0, "fp32"), (28.0, "int8"))
    )
    studio.targets.set("phone_ms", 30.0)
    base, quantised = (*figures(1e9), before), (*figures(1e9), after)
    show(studio, Preview(base=base, figures=quantised, steps=(base, base, quantised)))
    row = page.totals.rows["phone_ms"]
    assert row.precision.text() == "int8" and "fp32" in row.base.text()
    assert row.verdict.property("tone") == "good" and "int8" in row.verdict.text()
    assert "fp32" in page.stack.cards[2].chips.chips["phone_ms"].toolTip()
    show(studio, Preview(base=base, figures=base, steps=(base, base, base)))
    assert row.precision.text() == "fp32" and "fp32" not in row.base.text()
    assert row.verdict.property("tone") == "bad"


def test_that_a_target_of_macs_is_written_as_the_figure_is(page: RecipePage, studio: Studio, qtbot: QtBot) -> None:
    fill(studio)
    spin = page.totals.rows["macs"].spin
    assert spin is not None
    for written, value, text in (("31 M", 0.031, "≤ 31 M"), ("1.5", 1.5, "≤ 1.5 G"), ("0.5 G", 0.5, "≤ 500 M")):
        spin.lineEdit().selectAll()
        qtbot.keyClicks(spin, written)
        qtbot.keyClick(spin, Qt.Key.Key_Return)
        assert studio.targets.get("macs") == pytest.approx(value) and spin.text() == text
    spin.stepUp()
    assert studio.targets.get("macs") == pytest.approx(0.53) and spin.text() == "≤ 530 M"
    spin.setValue(0)
    assert spin.text() == tr("studio.recipe.no_target") and studio.targets.get("macs") is None


def test_that_a_recipe_is_asked_for_with_the_precision_to_follow_it(
    studio: Studio, project: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(studio.previews._engine, "ask", lambda key, request, receive: asked.append(request))
    assert studio.project.open(project)
    qtbot.waitUntil(lambda: bool(asked))
    assert asked[-1]["follow"] and asked[-1]["phone"]["soc"] == "SD855"
