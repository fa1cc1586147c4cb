"""From one page to another: pages do not know the window, and alone, as in a test, there is none to ask."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget


def show_page(inside: QWidget, key: str) -> None:
    """Bring a page to the front of the window that a widget is in, if that has pages."""
    shown = getattr(inside.window(), "show_page", None)
    if callable(shown):
        shown(key)
