"""adb is called once; when it is not there, that is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from studio.stores.phone.phones import PhonesStore
from studio.studio import Studio
from studio.workers.adb import AdbConnection
from tests.studio.conftest import settle


def test_that_a_missing_adb_is_told(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    store: PhonesStore = studio.phones
    store._connect({"serial": "127.0.0.1:5555"})
    qtbot.waitUntil(lambda: store.simulation_error is not None)
    assert store.simulation_error is not None and store.simulation_error.code == "studio.bench.no_adb"
    settle()
    assert store.findChildren(AdbConnection) == []


def test_that_adb_connects_to_the_phone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot) -> None:
    adb, said = tmp_path / "adb", tmp_path / "said.txt"
    adb.write_text(f'#!/bin/sh\necho "$@" > {said}\n')
    adb.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    parent = QObject()
    call = AdbConnection("127.0.0.1:5555", parent)
    ended: list[bool] = []
    call.destroyed.connect(lambda: ended.append(True))
    call.start()
    qtbot.waitUntil(lambda: bool(ended))
    assert said.read_text() == "connect 127.0.0.1:5555\n" and parent.children() == []
    parent.deleteLater()
