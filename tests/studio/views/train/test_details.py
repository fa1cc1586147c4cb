"""The inspector of a run: what changed since its start is told as chance where it is no more than that."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from engine.contract.run.events import Figures
from engine.contract.run.findings.resamples import Resamples, keep_resamples
from engine.contract.run.folder import RunFolder
from studio.studio import Studio
from studio.views.train.details import RunDetails
from tests.studio.stores.told_runs import final_figures, keep_scores, line, write_run

PATIENCE_MS = 60_000


def began_with(root: Path, score: float) -> None:
    """As if the run had told what it began with."""
    events = RunFolder(root).events
    begun = line(2, Figures(moment="start", figures=final_figures(score, 30e6)))
    lines = events.read_text().splitlines(keepends=True)
    lines.insert(2, begun)
    for place, text in enumerate(lines):
        lines[place] = text.replace(f'"seq":{max(0, place - 1)}', f'"seq":{place}') if place > 2 else text
    events.write_text("".join(lines))


@pytest.mark.parametrize(
    ("begun", "kept", "words"), [(50.0, True, "≈ +0.1"), (50.0, False, "▲ +0.1?"), (49.0, True, "▲ +1.1?")]
)
def test_that_a_change_by_chance_is_no_gain(
    studio: Studio, project: Path, qtbot: QtBot, begun: float, kept: bool, words: str
) -> None:
    base = write_run(project, score=50.0)
    run = write_run(project, "after", base, score=50.1)
    began_with(run, begun)
    if kept:
        keep_scores(base, 50.0)
        values = tuple(50.1 - (place % 7 - 3) for place in range(100))  # far from the base's in each draw, either way
        keep_resamples(run, Resamples(draws="same", split="val", pictures=2, values={"map": values}))
    studio.project.open(project)
    before, after = studio.runs.runs
    qtbot.waitUntil(lambda: after.caught_up and bool(after.figures()), timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: before.caught_up and bool(before.figures()), timeout=PATIENCE_MS)
    made = RunDetails()
    qtbot.addWidget(made)
    made.show_run(after, before)
    texts = [label.text() for label in made.figures._labels]
    assert words in texts and made.figures._labels[texts.index(words)].toolTip()
