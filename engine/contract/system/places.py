"""A folder held on to however it is renamed: where it is now, as only Linux tells it."""

from __future__ import annotations

import os
from pathlib import Path

from engine.contract.system.files import identity_of

_HANDLES = Path("/proc/self/fd")


class Anchor:
    """Holds a folder, not its name; nothing of it is read. Where it cannot be held, no place is known."""

    def __init__(self, folder: Path) -> None:
        try:
            self._handle: int | None = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError:
            self._handle = None

    def place(self) -> Path | None:
        """Where the folder is now; None where it was deleted, or nobody can tell."""
        if self._handle is None:
            return None
        try:
            found, held = (_HANDLES / str(self._handle)).readlink(), os.fstat(self._handle)
        except OSError:
            return None
        # Of a deleted folder a name is told too, one that is no folder's or another's.
        return found if identity_of(found) == (held.st_dev, held.st_ino) else None

    def close(self) -> None:
        """Let go."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def has_session_bus() -> bool:
    """Whether a person's desktop has the bus that its programs talk over; looked for, not started."""
    if os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
        return True
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    return bool(runtime) and (Path(runtime or "/") / "bus").exists()
