"""An index that a view gives to its model: of either kind that Qt has."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex

AnyIndex = QModelIndex | QPersistentModelIndex
"""Every method of a model takes both."""
