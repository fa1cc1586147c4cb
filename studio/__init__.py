"""The window over the engine; it shares nothing with it but `engine.contract`."""

from __future__ import annotations

import ctypes
import sys

if sys.version_info < (3, 12):
    # PySide6 6.12.0 takes a reference to None with every method that returns nothing (its None is immortal, as from
    # Python 3.12 on), and the process ends when the last is gone. 6.11 does not; until the lock says so, None gets
    # more of them than can be used up.
    ctypes.c_ssize_t.from_address(id(None)).value += 1 << 40
