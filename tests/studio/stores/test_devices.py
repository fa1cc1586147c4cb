"""The devices as the engine's real doctor tells them."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from engine.contract.device.wheel import paddle_wheel
from engine.contract.text.messages import Message
from studio.stores.devices import DevicesStore


def test_that_the_doctor_is_asked_once_and_an_error_leaves_the_next_look_free(qtbot: QtBot) -> None:
    store = DevicesStore()
    store._take(Message(code="studio.core.engine_silent"))
    assert store.found is None
    with qtbot.waitSignal(store.changed, timeout=120_000):
        store.look()
        call = store._call
        store.look()
        assert store._call is call is not None
    assert store.found is not None and store.found.wheel == paddle_wheel()
    store.look()
    assert store._call is None
    store.close()
