"""Whose turn it is at a warm engine."""

from __future__ import annotations

from functools import partial

from pytestqt.qtbot import QtBot

from studio.workers.engine_process import AnsweringEngine

Order = list[str]


def test_that_what_is_urgent_is_answered_next_and_the_latest_of_a_key_alone(qtbot: QtBot) -> None:
    engine, answered = AnsweringEngine("figures"), Order()

    def note(told: str, _: object) -> None:
        answered.append(told)

    # None of these can be answered but by an error, which comes back all the same.
    for number, (key, urgent) in enumerate([("a", False), ("b", False), ("c", True), ("b", False), ("c", True)]):
        engine.ask(key, {"wrong": number}, partial(note, f"{key}{number}"), urgent)
    qtbot.waitUntil(lambda: not engine.busy, timeout=120_000)
    assert answered == ["a0", "c4", "b3"]
    engine.close()
    engine.deleteLater()
