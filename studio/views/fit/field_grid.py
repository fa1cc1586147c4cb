"""The grid of the form of a fit: names of fields, the fields, and what stands beside them, in the same columns."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QWidget

LABEL, WIDTH = 168, 148
"""Pixels of the names of fields and of the fields, for all rows of the form."""


def field_grid(parent: QWidget) -> QGridLayout:
    """An empty one, as the layout of `parent`."""
    grid = QGridLayout(parent)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(12)
    grid.setVerticalSpacing(8)
    grid.setColumnMinimumWidth(0, LABEL)
    grid.setColumnStretch(2, 1)
    return grid
