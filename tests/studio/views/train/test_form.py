"""The form of a training with the devices that the engine found, which come after the form is drawn."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from engine.contract.device.found import Devices, Gpu
from engine.contract.device.wheel import GPU_WHEEL, Wheel
from studio.stores.devices import DevicesStore
from studio.studio import Studio
from studio.views.train.form import TrainForm
from studio.widgets.schema.editors import ChoiceEditor

CARD = Gpu(number=0, name="RTX 3060", memory_mb=12_300, capability=(8, 6))
FOUND = Devices(wheel=Wheel(name=GPU_WHEEL, version="2.6.2"), cuda="11.8", driver="535.1", cudnn="8.6.0", gpus=(CARD,))


@pytest.fixture
def form(studio: Studio, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> TrainForm:
    monkeypatch.setattr(DevicesStore, "look", lambda self: None)
    made = TrainForm(studio)
    qtbot.addWidget(made)
    made.form.set_expert(True)
    made.show()
    return made


def choices(form: TrainForm) -> list[str]:
    editor = form.form.rows["device"].editor
    assert isinstance(editor, ChoiceEditor) and editor.combo is not None
    return [editor.combo.itemText(index) for index in range(editor.combo.count())]


def test_that_gpus_are_offered_once_they_are_found_and_the_choice_is_kept(form: TrainForm, studio: Studio) -> None:
    assert len(choices(form)) == 2 and form.settings().device == "auto"
    studio.devices.found = FOUND
    studio.devices.changed.emit()
    assert choices(form)[2] == "gpu:0: RTX 3060, 12.3 GB"
    row = form.form.rows["device"]
    assert "capability 8.6" in row.help.text()
    assert isinstance(row.editor, ChoiceEditor) and row.editor.combo is not None
    row.editor.combo.setCurrentIndex(2)
    row.editor.combo.activated.emit(2)
    assert form.settings().device == "gpu:0" and row.modified
    assert studio.settings.value.pages["train_settings"]["device"] == "gpu:0"
    row.reset.click()
    assert form.settings().device == "auto" and not row.modified and row.editor.combo.currentIndex() == 0


def test_that_a_gpu_that_is_gone_stays_chosen_and_is_called_so(form: TrainForm, studio: Studio) -> None:
    form._on_edited("device", "gpu:3", False)
    assert choices(form)[2] == "gpu:3 (not found)"
    editor = form.form.rows["device"].editor
    assert isinstance(editor, ChoiceEditor) and editor.combo is not None and editor.combo.currentIndex() == 2


def test_that_ranks_are_asked_for_among_all_parameters_and_machines_are_not(form: TrainForm, studio: Studio) -> None:
    row = form.form.rows["ranks"]
    assert "nodes" not in form.form.rows and form.settings().ranks == 1
    assert "batch norm" in row.help.text()
    form._on_edited("ranks", 2, False)
    assert form.settings().ranks == 2 and row.modified
    row.reset.click()
    form.form.set_expert(False)
    assert not row.isVisibleTo(form.form)
