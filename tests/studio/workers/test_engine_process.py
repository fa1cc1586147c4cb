"""A warm engine process: what is answered in parts gives way, and one that was closed is not woken for nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from engine.contract.previews.figures import FiguresRequest
from engine.contract.project import DetectorChoice
from engine.contract.text.messages import Message
from studio.workers.engine_process import AnsweringEngine

PATIENCE_MS = 120_000
REFUSED = {"what": "drawing"}


@pytest.fixture
def engine() -> Iterator[AnsweringEngine]:
    made = AnsweringEngine("figures")
    yield made
    made.close()
    made.deleteLater()


def figures(key: str) -> dict[str, Any]:
    return FiguresRequest(detector=DetectorChoice(key=key, size=96, classes=("a",))).model_dump(mode="json")


def test_that_a_stream_drops_what_is_being_answered_and_a_plain_question_waits(
    engine: AnsweringEngine, qtbot: QtBot
) -> None:
    told: list[tuple[str, Any]] = []
    engine.stream("a", REFUSED, lambda answer: told.append(("first", answer)))
    engine.stream("b", figures("no_such_detector"), lambda answer: told.append(("second", answer)))
    engine.ask("c", REFUSED, lambda answer: told.append(("third", answer)))
    assert engine.busy and engine.waits("c")
    qtbot.waitUntil(lambda: len(told) == 2, timeout=PATIENCE_MS)
    assert [name for name, _ in told] == ["second", "third"] and not engine.busy
    assert all(isinstance(answer, Message) for _, answer in told)


def test_that_a_halt_ends_a_stream_and_starts_nothing(engine: AnsweringEngine, qtbot: QtBot) -> None:
    engine.halt()
    assert engine._process is None and not engine.busy
    told: list[Any] = []
    engine.stream("a", REFUSED, told.append)
    engine.halt()
    qtbot.waitUntil(lambda: not engine.busy, timeout=PATIENCE_MS)
    assert told == []
    engine.stream("a", REFUSED, told.append)
    engine.close()
    engine.halt()  # a page that goes after its stores have ended
    assert engine._process is None and not engine.busy
