"""Of what the desktop is told: of long work that ended by itself, unless that is switched off or somebody looks."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from engine.contract.run.folder import Status
from studio.stores.work.queue_look import News
from studio.studio import Studio
from tests.studio.presenters.queue.test_queue_rows import entry


@pytest.mark.parametrize(
    ("status", "seconds", "wanted", "seen", "told"),
    [
        ("finished", 90, True, False, True),
        ("lost", 90, True, False, True),
        ("cancelled", 90, True, False, False),
        ("finished", 30, True, False, False),
        ("finished", 90, False, False, False),
        ("finished", 90, True, True, False),
    ],
)
def test_that_only_what_is_news_is_told(
    studio: Studio,
    monkeypatch: pytest.MonkeyPatch,
    status: Status,
    seconds: float,
    wanted: bool,
    seen: bool,
    told: bool,
) -> None:
    state = Qt.ApplicationState.ApplicationActive if seen else Qt.ApplicationState.ApplicationInactive
    monkeypatch.setattr(QGuiApplication, "applicationState", staticmethod(lambda: state))
    studio.settings.update(notify=wanted)
    heard: list[Any] = []
    studio.news.told.connect(heard.append)
    news = News(entry(1, "running"), status, seconds)
    studio.queue.ended.emit(news)
    assert heard == ([news] if told else [])
