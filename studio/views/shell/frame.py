"""What stands where in the window: the rail on the left, and above the pages the header and what went wrong."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget


def framed(rail: QWidget, header: QWidget, banner: QWidget, pages: QWidget) -> QWidget:
    """All of it as one widget."""
    middle = QWidget()
    column = QVBoxLayout(middle)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    around = QVBoxLayout()
    around.setContentsMargins(16, 0, 16, 0)
    around.addWidget(banner)
    column.addWidget(header)
    column.addLayout(around)
    column.addWidget(pages, 1)
    outer = QWidget()
    row = QHBoxLayout(outer)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(0)
    row.addWidget(rail)
    row.addWidget(middle, 1)
    return outer
