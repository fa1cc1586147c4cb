"""Where the window was, how large, and how its docks stood: kept in the settings from one start to the next."""

from __future__ import annotations

import base64

from PySide6.QtCore import QByteArray
from PySide6.QtWidgets import QMainWindow

from studio.stores.settings import SettingsStore
from studio.widgets.on_screen import keep_on_screen

_LAYOUT = 1
"""Number of the docks' arrangement; a saved one of another number is not restored."""


def remember_layout(window: QMainWindow, settings: SettingsStore, *, docks: bool) -> None:
    """Keep it; without `docks` for a window that was never laid out with a project, which is shown without them."""
    if docks:
        settings.update(docks=_text(window.saveState(_LAYOUT)))
    settings.update(geometry=_text(window.saveGeometry()))
    settings.save()


def restore_geometry(window: QMainWindow, settings: SettingsStore) -> None:
    """Where and how large it was, on the screen that there is now."""
    if settings.value.geometry:
        window.restoreGeometry(_bytes(settings.value.geometry))
    keep_on_screen(window)


def restore_docks(window: QMainWindow, settings: SettingsStore) -> None:
    """How its docks stood."""
    if settings.value.docks:
        window.restoreState(_bytes(settings.value.docks), _LAYOUT)


def _text(state: QByteArray) -> str:
    return base64.b64encode(bytes(state.data())).decode()


def _bytes(text: str) -> QByteArray:
    try:
        return QByteArray(base64.b64decode(text, validate=True))
    except ValueError:
        return QByteArray()
