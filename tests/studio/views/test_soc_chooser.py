"""The lists of chips offer what can be estimated, and figures are not called settled while a later question waits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from engine.contract.latency import PhoneChoice
from engine.contract.socs import estimated_socs, socs
from studio.stores.phone.chosen import read_choice
from studio.studio import Studio
from studio.views.phone.devices import DeviceCard
from studio.views.shared.soc_chooser import PhoneChooser

UNSEEN = "SD855+"
"""A chip that is described, of which there was no figure to fit."""


def test_that_a_chip_without_estimates_is_not_offered(studio: Studio, qtbot: QtBot) -> None:
    chooser, devices = PhoneChooser(none=True), DeviceCard(studio.phones)
    for widget in (chooser, devices):
        qtbot.addWidget(widget)
    offered = [chooser.soc.itemData(place) for place in range(chooser.soc.count())]
    assert offered == [None, *estimated_socs()] and {"SD855", "Kirin990"} <= set(offered)
    assert [devices.soc.itemData(place) for place in range(devices.soc.count())] == list(estimated_socs())
    assert UNSEEN in socs() and UNSEEN not in offered
    assert read_choice(PhoneChoice(soc=UNSEEN).model_dump()) is None
    assert read_choice(PhoneChoice(soc="SD855", threads=4).model_dump()) == PhoneChoice(soc="SD855", threads=4)


def test_that_figures_are_behind_while_a_later_phone_waits(
    studio: Studio, project: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    engine = studio.previews._engine
    answers: list[tuple[Any, Callable[[Any], object]]] = []

    def begin() -> None:
        if engine._asked is None and engine._waiting:
            key = next(iter(engine._waiting))
            request, receive = engine._waiting.pop(key)
            engine._asked = (len(answers), key, request, receive)
            answers.append((request["phone"], engine._tell))

    monkeypatch.setattr(engine, "_next", begin)
    assert studio.project.open(project)
    qtbot.waitUntil(lambda: len(answers) == 1)
    studio.previews.estimate_for(PhoneChoice(soc="SD855"))
    qtbot.waitUntil(lambda: engine.waits("recipe"))
    answers[0][1]({"base": (), "figures": (), "steps": (), "problems": (), "jobs": (), "command": ""})
    assert studio.previews.busy and len(answers) == 2 and answers[1][0]["soc"] == "SD855"
    answers[1][1]({"base": (), "figures": (), "steps": (), "problems": (), "jobs": (), "command": ""})
    assert not studio.previews.busy
