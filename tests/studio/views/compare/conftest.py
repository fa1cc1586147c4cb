"""The compare page on three runs, for what is tested of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from studio.stores.previews.previews import BoxOnPicture
from studio.studio import Studio
from studio.views.compare.page import ComparePage
from tests.studio.conftest import settle
from tests.studio.stores.told_runs import figure, keep_figures, write_run

PATIENCE_MS = 60_000


@pytest.fixture
def page(studio: Studio, project: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[ComparePage]:
    """The page on a base, a pruned run, and one more; A finds a box that B does not."""
    base = write_run(project, score=50.0, macs=30e6)
    pruned = write_run(project, "pruned", base, score=45.0, macs=10e6)
    write_run(project, "quantised", pruned, score=44.0, macs=10e6)
    keep_figures(base, "host", [figure("host_ms_network", 4.0, "ms"), figure("nb_bytes", 5e6, "bytes", subject="arm")])

    def boxes(run: Path, picture: Path, receive: object, threshold: float = 0.5) -> None:
        both = BoxOnPicture("stop", 0.9, 10, 10, 40, 40)
        extra = [BoxOnPicture("stop", 0.6, 50, 50, 60, 60)] if run == base else []
        receive([both, *extra])  # type: ignore[operator]

    monkeypatch.setattr(studio.pictures, "boxes", boxes)
    made = ComparePage(studio)
    made.resize(1100, 760)
    made.show()
    made.activated()
    studio.project.open(project)
    qtbot.waitUntil(lambda: len(made.model.rows) == 3 and None not in made._names, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: all(row.figures["map_val"] for row in made.model.rows), timeout=PATIENCE_MS)
    yield made
    studio.close()
    made.classes.close()
    made.classes.deleteLater()
    made.close()
    made.deleteLater()
    settle()
