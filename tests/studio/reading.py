"""What a person can read in a widget, and whether it can be read: cut, overlapping or untranslated texts."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QTextDocumentFragment
from PySide6.QtWidgets import (
    QAbstractButton,
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QRadioButton,
    QTabBar,
    QToolButton,
    QWidget,
)

from engine.contract.text.messages import sentences
from studio.widgets.labels import Elided

CHINESE = re.compile(r"[\u3400-\u9fff]")
ENGLISH_WORDS = re.compile(r"(?<![\w./:-])[A-Za-z][a-z]+ [a-z]{2,}(?![\w./:-])")


def shown(root: QWidget) -> Iterator[QWidget]:
    """Every widget of which something is to be seen."""
    for widget in (root, *root.findChildren(QWidget)):
        if widget.isVisible() and not widget.visibleRegion().isEmpty():
            yield widget


def texts(root: QWidget) -> Iterator[tuple[QWidget, str]]:
    """Every text that is shown, or that would be on a tooltip, in a menu or in a list of choices."""
    for widget in shown(root):
        if isinstance(widget, QLabel | QAbstractButton):
            yield widget, plain(widget.text())
        if isinstance(widget, QTabBar):
            yield from ((widget, widget.tabText(place)) for place in range(widget.count()))
        if isinstance(widget, QComboBox):
            yield from ((widget, widget.itemText(place)) for place in range(widget.count()))
        if isinstance(widget, QLineEdit):
            yield widget, widget.placeholderText()
        yield widget, plain(widget.toolTip())
        if widget.accessibleName():
            yield widget, widget.accessibleName()
    for menu in root.findChildren(QMenu):
        if any(type(around).__name__ == "PlotWidget" for around in parents(menu)):
            continue  # pyqtgraph's own, which is never opened
        yield menu, menu.title()
        yield from ((menu, action.text()) for action in menu.actions())


def parents(widget: QWidget) -> Iterator[QWidget]:
    """What a widget is in, from the nearest."""
    while (above := widget.parentWidget()) is not None:
        yield above
        widget = above


def plain(text: str) -> str:
    """A text without its markup."""
    return QTextDocumentFragment.fromHtml(text).toPlainText() if "<" in text and ">" in text else text


def untranslated(root: QWidget) -> list[str]:
    """Texts, in a window that shows Chinese, that are a sentence in English."""
    english = {both["en"] for both in sentences().values() if both["en"] != both["zh"]}
    found = []
    for widget, text in texts(root):
        text = text.replace("&", "").strip()
        # A command line is the same in every language.
        if not text or CHINESE.search(text) or text.startswith("espalier "):
            continue
        if text in english or ENGLISH_WORDS.search(text):
            found.append(f"{named(widget)}: {text}")
    return found


def cut(root: QWidget) -> list[str]:
    """Texts that do not fit, and shortened ones that cannot be read in full on a tooltip."""
    return [f"{named(widget)}: {why}" for widget in shown(root) if (why := _cut(widget))]


def overlapping(root: QWidget) -> list[str]:
    """Pairs of texts that cover each other by more than a hair."""
    kinds = QLabel | QPushButton | QCheckBox | QRadioButton | QComboBox | QLineEdit
    found = []
    spots = [(widget, seen(widget, root)) for widget in shown(root) if isinstance(widget, kinds) and _has_text(widget)]
    for (one, here), (other, there) in itertools.combinations(spots, 2):
        if one.isAncestorOf(other) or other.isAncestorOf(one):
            continue
        both = here & there
        if both.width() > 2 and both.height() > 2:
            found.append(f"{named(one)} and {named(other)}: {both.width()} x {both.height()} px")
    return found


def seen(widget: QWidget, root: QWidget) -> QRect:
    """The part of a widget that is to be seen, in the coordinates of `root`."""
    return widget.visibleRegion().boundingRect().translated(widget.mapTo(root, QPoint(0, 0)))


def named(widget: QWidget) -> str:
    """A widget's class, with the classes around it that are ours."""
    around, parent = [type(widget).__name__], widget.parentWidget()
    while parent is not None and len(around) < 3:
        if not type(parent).__name__.startswith("Q"):
            around.append(type(parent).__name__)
        parent = parent.parentWidget()
    text = plain(widget.text())[:40] if isinstance(widget, QLabel | QAbstractButton) else widget.objectName()
    return f"{' in '.join(around)} {text!r}"


def _has_text(widget: QWidget) -> bool:
    return bool(widget.text()) if isinstance(widget, QLabel | QAbstractButton) else True


def _cut(widget: QWidget) -> str:
    if isinstance(widget, Elided):
        return "" if widget.text() == widget.full or widget.toolTip() else "shortened without a tooltip"
    if isinstance(widget, QLabel) and widget.text():
        if widget.wordWrap():
            needed = widget.heightForWidth(widget.width())
            return f"{needed} px high, has {widget.height()}" if needed > widget.height() + 1 else ""
        hint = widget.sizeHint()
        if hint.width() > widget.width() + 1 or hint.height() > widget.height() + 1:
            return f"{hint.width()} x {hint.height()} px, has {widget.width()} x {widget.height()}"
    if isinstance(widget, QPushButton | QCheckBox | QRadioButton) or (
        isinstance(widget, QToolButton) and widget.text() and not widget.icon()
    ):
        hint = widget.sizeHint()
        if hint.width() > widget.width() + 1 or hint.height() > widget.height() + 2:
            return f"{hint.width()} x {hint.height()} px, has {widget.width()} x {widget.height()}"
    if isinstance(widget, QComboBox):
        needed = widget.fontMetrics().horizontalAdvance(widget.currentText()) + 32
        return f"{needed} px, has {widget.width()}" if needed > widget.width() and not widget.toolTip() else ""
    return ""
