"""The window over the engine; it shares nothing with it but `engine.contract`."""

from __future__ import annotations

import sys

import PySide6.QtCore  # noqa: F401

# PySide reads the source of every module that is imported after it, to learn whether it may switch names to snake case.
# We do not, and that reading is a quarter of the studio's start.
_feature = sys.modules.get("shibokensupport.feature")
if _feature is not None and hasattr(_feature, "_mod_uses_pyside"):
    _feature.__dict__["_mod_uses_pyside"] = lambda module: False
