"""What a person can get at in a window: controls out of reach, headers of tables, lists and fields that are cut."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QComboBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QSlider,
    QStyle,
    QStyleOptionSpinBox,
    QWidget,
)

from tests.studio.reading import named, parents

_LOOKED_AT = QLabel | QAbstractButton | QComboBox | QAbstractSpinBox | QLineEdit | QSlider


def out_of_reach(root: QWidget) -> list[str]:
    """Controls and texts of which a part lies outside what holds them, where nothing can be scrolled to it."""
    found = []
    for widget in root.findChildren(QWidget):
        if widget.isVisible() and isinstance(widget, _LOOKED_AT) and not widget.size().isEmpty():
            where = _hidden_by(widget)
            if where:
                found.append(f"{named(widget)}: {where}")
    return found


def _hidden_by(widget: QWidget) -> str:
    place = QRect(QPoint(0, 0), widget.size())
    inner = widget
    for around in parents(widget):
        place.translate(inner.pos())
        inner = around
        scrolled = around.parentWidget()
        if isinstance(scrolled, QAbstractScrollArea) and scrolled.viewport() is around:
            across, down = (bar.maximum() > 0 for bar in (scrolled.horizontalScrollBar(), scrolled.verticalScrollBar()))
            across &= scrolled.horizontalScrollBarPolicy() != Qt.ScrollBarPolicy.ScrollBarAlwaysOff
            # Where it can be scrolled to, it is as if it stood in the middle.
            if across:
                place.moveLeft(0)
                place.setWidth(min(place.width(), around.width()))
            if down:
                place.moveTop(0)
                place.setHeight(min(place.height(), around.height()))
        if not around.rect().adjusted(-2, -2, 2, 2).contains(place):
            where = f"{place.x()}, {place.y()}, {place.width()} x {place.height()}"
            return f"{where} in {around.width()} x {around.height()} of {named(around)}"
        if around.isWindow():
            break
    return ""


def cut_headers(root: QWidget) -> list[str]:
    """Headings of columns that are wider than their column."""
    found = []
    for header in root.findChildren(QHeaderView):
        if not header.isVisible() or header.orientation() != Qt.Orientation.Horizontal:
            continue
        font = header.font()
        font.setBold(True)
        for section in range(header.count()):
            text = str(header.model().headerData(section, Qt.Orientation.Horizontal) or "")
            arrow = 14 if header.isSortIndicatorShown() and header.sortIndicatorSection() == section else 0
            need = max(QFontMetrics(font).horizontalAdvance(line) for line in text.split("\n")) + 12 + arrow
            if text and not header.isSectionHidden(section) and header.sectionSize(section) < need:
                found.append(f"{named(header)}: {text!r} needs {need} px, has {header.sectionSize(section)}")
    return found


def cut_fields(root: QWidget) -> list[str]:
    """Fields whose number with its unit is wider than the room for it."""
    found = []
    for spin in root.findChildren(QAbstractSpinBox):
        if spin.isVisible():
            option = QStyleOptionSpinBox()
            spin.initStyleOption(option)
            part = QStyle.SubControl.SC_SpinBoxEditField
            room = spin.style().subControlRect(QStyle.ComplexControl.CC_SpinBox, option, part, spin)
            need = spin.fontMetrics().horizontalAdvance(spin.text()) + 4
            if need > room.width():
                found.append(f"{named(spin)}: {spin.text()!r} needs {need} px, has {room.width()}")
    return found


def cut_lists(root: QWidget) -> list[str]:
    """Drop-downs that, opened, do not show all their rows whole."""
    found = []
    for combo in root.findChildren(QComboBox):
        if not combo.visibleRegion().isEmpty() and combo.isEnabled() and combo.count():
            combo.showPopup()
            QTest.qWait(1)
            found += [f"{named(combo)}: {why}" for why in _cut_rows(combo)]
            combo.hidePopup()
    return found


def _cut_rows(combo: QComboBox) -> list[str]:
    view, model = combo.view(), combo.model()
    room = view.viewport().rect()
    told = []
    if not combo.screen().availableGeometry().contains(view.window().geometry()):
        told.append(f"the list is off the screen: {view.window().geometry()}")
    rows = combo.count()
    if rows <= combo.maxVisibleItems():
        last = view.visualRect(model.index(rows - 1, combo.modelColumn()))
        first = view.visualRect(model.index(0, combo.modelColumn()))
        if first.top() < room.top() or last.bottom() > room.bottom():
            told.append(f"rows from {first.top()} to {last.bottom()} in {room.height()} px")
    widest = view.sizeHintForColumn(combo.modelColumn())
    if widest > room.width() and widest < combo.screen().availableGeometry().width() - 40:
        told.append(f"rows of {widest} px in {room.width()}")
    return told
