"""The catalogue is what the engine tells."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from studio.studio import Studio


def test_that_the_catalogue_comes_from_the_engine(studio: Studio, qtbot: QtBot) -> None:
    assert studio.catalog.catalog is None and studio.catalog.technique("filter_prune") is None
    with qtbot.waitSignal(studio.catalog.changed, timeout=240_000):
        studio.catalog.load()
    card = studio.catalog.technique("filter_prune")
    assert card is not None and card.title["zh"]
    assert studio.catalog.detector("ssdlite_mobilenet_v3_small") is not None
