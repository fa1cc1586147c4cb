"""Whether there is a screen to open a window on."""

from __future__ import annotations

import os

from engine.contract.text.messages import UserError

_WITHOUT = ("offscreen", "minimal", "vnc", "linuxfb", "eglfs")


def require_display() -> None:
    """Raise UserError, which names the remedy, where a window cannot be opened; Qt would abort the process."""
    platform = os.environ.get("QT_QPA_PLATFORM", "").split(":")[0]
    if platform in _WITHOUT or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        return
    raise UserError("studio.core.no_display")
