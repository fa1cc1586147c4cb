"""What one page remembers between two starts, under a key of its own in the settings."""

from __future__ import annotations

from typing import Any

from studio.stores.settings import SettingsStore


class Remembered:
    """Values by name; only what JSON can hold."""

    def __init__(self, settings: SettingsStore, key: str) -> None:
        self._settings = settings
        self._key = key

    def get(self, name: str, default: Any = None) -> Any:
        """A value; `default` where there is none, or one of another kind than the default."""
        kept = self._settings.value.pages.get(self._key, {})
        value = kept.get(name, default) if isinstance(kept, dict) else default
        return value if default is None or isinstance(value, type(default)) else default

    def keep(self, **values: Any) -> None:
        """Remember values."""
        pages = self._settings.value.pages
        kept = pages.get(self._key, {})
        kept = kept if isinstance(kept, dict) else {}
        self._settings.update(pages={**pages, self._key: {**kept, **values}})
