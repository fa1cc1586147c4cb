"""Settings: kept, and never in the way of a start."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import ValidationError
from PySide6.QtWidgets import QApplication

from studio.stores.settings import Settings, SettingsStore, read_settings, settings_file


def test_that_settings_are_kept(qapp: QApplication) -> None:
    store = SettingsStore()
    store.update(language="zh", theme="dark", expert=True)
    store.remember(Path("/a"))
    store.remember(Path("/b"))
    store.remember(Path("/a"))
    store.save()
    again = SettingsStore()
    assert again.value == store.value
    assert again.value.recent == ("/a", "/b")
    store.deleteLater()
    again.deleteLater()


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"version": 7}', "\x00\xff"])
def test_that_a_bad_file_does_not_block_the_start(text: str, qapp: QApplication) -> None:
    settings_file().parent.mkdir(parents=True)
    settings_file().write_text(text)
    assert SettingsStore().value == Settings()


def test_that_bad_fields_are_dropped_one_by_one(qapp: QApplication) -> None:
    found = {"version": 1, "language": "tlh", "theme": "dark", "recent": [1, 2], "expert": True, "unknown": 1}
    settings_file().parent.mkdir(parents=True)
    settings_file().write_text(json.dumps(found))
    assert SettingsStore().value == Settings(theme="dark", expert=True)


def test_that_a_bad_value_is_a_bug(qapp: QApplication) -> None:
    store = SettingsStore()
    with pytest.raises(ValidationError):
        store.update(theme="pink")
    assert store.value == Settings()


def test_that_brackets_without_end_are_no_settings(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text("[" * 100_000)
    assert read_settings(path) == Settings()
