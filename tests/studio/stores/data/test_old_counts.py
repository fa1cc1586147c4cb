"""Counts of an earlier Espalier: bringing them up to date is offered once, and not again to who declines."""

from __future__ import annotations

from pathlib import Path

from engine.contract.source.changes import SourceChanges
from studio.studio import Studio


def test_that_who_declines_is_not_asked_again(studio: Studio, project: Path) -> None:
    told = SourceChanges(source="/data", source_there=True, old_counts=True)
    studio.project.open(project)
    studio.sync.changes = told.model_copy(update={"added": 2})
    assert studio.sync.old_counts
    studio.sync.later()
    assert studio.sync.old_counts, "it was the added files that were put off"
    studio.sync.changes = told
    studio.sync.later()
    assert not studio.sync.old_counts
    studio.project.close()
    studio.project.open(project)
    studio.sync.changes = told
    assert not studio.sync.old_counts
    studio.sync.changes = told.model_copy(update={"source_there": False})
    assert not studio.sync.old_counts
