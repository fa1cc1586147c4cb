"""The lists of chips offer what can be estimated, and figures are not called settled while a later question waits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from engine.contract.latency import PhoneChoice
from engine.contract.socs import estimated_socs, published_socs
from studio.i18n import tr
from studio.stores.phone.chosen import read_choice
from studio.studio import Studio
from studio.views.phone.devices import DeviceCard
from studio.views.shared.soc_chooser import PhoneChooser

UNSEEN = "SD8Gen2"
"""A chip of which no time was published."""


def test_that_chips_without_published_times_stand_below_a_heading(studio: Studio, qtbot: QtBot) -> None:
    chooser, devices = PhoneChooser(none=True), DeviceCard(studio.phones)
    for widget in (chooser, devices):
        qtbot.addWidget(widget)
    others = [key for key in estimated_socs() if key not in published_socs()]
    expected = [*published_socs(), "", *others]
    for soc, offered in ((chooser.soc, [None, *expected]), (devices.soc, expected)):
        assert [soc.itemData(place) for place in range(soc.count())] == offered
        heading, unseen = soc.findData(""), soc.findData(UNSEEN)
        assert soc.itemText(heading) == tr("studio.bench.without_published") and unseen > heading
        assert not soc.model().flags(soc.model().index(heading, 0)) & Qt.ItemFlag.ItemIsSelectable
        assert soc.itemData(unseen, Qt.ItemDataRole.ToolTipRole) == tr("studio.bench.without_published_tip")
    chooser.take(PhoneChoice(soc=UNSEEN, threads=4, precision="fp16"))
    assert chooser.choice() == PhoneChoice(soc=UNSEEN, threads=4, precision="fp16")
    assert read_choice(PhoneChoice(soc=UNSEEN).model_dump()) == PhoneChoice(soc=UNSEEN)
    assert read_choice({"soc": "SD999"}) is None
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
