"""Editors for several values: a list as chips that can be taken away, a table of names with a number each."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLineEdit, QToolButton, QVBoxLayout, QWidget

from studio.i18n import pick, tr
from studio.theme import restyle
from studio.widgets.controls import put_icon
from studio.widgets.flow_layout import FlowLayout
from studio.widgets.schema.editors import Editor, SliderEditor, SpinEditor
from studio.widgets.schema.spec import FieldSpec, Kind


class ValueChip(QWidget):
    """A value of a list with a button that takes it away."""

    removed = Signal()

    def __init__(self, text: str, removable: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        self.button = QToolButton()
        self.button.setProperty("role", "chip")
        self.button.setText(text)
        put_icon(self.button, "close")
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.button.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        self.button.setEnabled(removable)
        self.button.setToolTip(tr("studio.recipe.take_out", value=text) if removable else tr("studio.recipe.last_one"))
        self.button.clicked.connect(self.removed)
        row.addWidget(self.button)


class ListEditor(Editor):
    """A list of texts or numbers; Enter in the line adds one, several may be given with commas."""

    def __init__(self, field: FieldSpec, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self._items = field.items or field
        self._value: list[Any] = []
        column = QVBoxLayout()
        column.setSpacing(6)
        self._chips = QWidget()
        self._flow = FlowLayout(self._chips)
        self._flow.setContentsMargins(0, 0, 0, 0)
        self.line = QLineEdit()
        self.line.returnPressed.connect(self._add)
        self._chips.hide()
        column.addWidget(self._chips)
        column.addWidget(self.line)
        self.row.addLayout(column, 1)
        self.retranslate()

    def set_value(self, value: Any) -> None:
        """Show the values of a list."""
        if self._value == list(value or ()):
            return
        self._value = list(value or ())
        while self._flow.count():
            taken = self._flow.takeAt(0)
            widget = taken.widget() if taken is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for index, element in enumerate(self._value):
            chip = ValueChip(self._text(element), len(self._value) > self.field.least)
            chip.removed.connect(lambda index=index: self._take_out(index))
            self._flow.addWidget(chip)
        self._chips.setVisible(bool(self._value))

    def retranslate(self) -> None:
        """Take texts in the current language."""
        super().retranslate()
        self.line.setPlaceholderText(tr("studio.recipe.list_hint"))

    def _add(self) -> None:
        parts = [part.strip() for part in self.line.text().split(",") if part.strip()]
        values = [self._parse(part) for part in parts]
        too_many = self.field.most is not None and len(self._value) + len(values) > self.field.most
        if None in values or too_many:
            restyle(self.line, tone="bad")
            self.line.setToolTip(tr("studio.recipe.list_full") if too_many else tr("studio.recipe.list_bad"))
            return
        restyle(self.line, tone="")
        self.line.setToolTip("")
        self.line.clear()
        self.tell([*self._value, *(value for value in values if value not in self._value)], False)

    def _take_out(self, index: int) -> None:
        self.tell(self._value[:index] + self._value[index + 1 :], False)

    def _parse(self, text: str) -> Any:
        if not self._items.kind.is_number:
            return text
        percent = text.endswith("%")
        try:
            number = float(text.rstrip(" %"))
        except ValueError:
            return None
        number = number / 100 if percent else number
        if not self._items.admits(number):
            return None
        return int(number) if self._items.kind is Kind.INTEGER else number

    def _text(self, value: Any) -> str:
        if self._items.kind is Kind.RATIO:
            return f"{round(value * 100, 4):g} %"
        return f"{value:g}" if self._items.kind.is_number else str(value)


class TableEditor(Editor):
    """Names with a number each; a row is added with a name and taken out with its button."""

    def __init__(self, field: FieldSpec, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self._items = field.items or field
        self._value: dict[str, Any] = {}
        self._rows: dict[str, Editor] = {}
        column = QVBoxLayout()
        column.setSpacing(6)
        self._body = QWidget()
        self._grid = QGridLayout(self._body)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(1, 1)
        self.line = QLineEdit()
        self.line.returnPressed.connect(self._add)
        column.addWidget(self._body)
        column.addWidget(self.line)
        self.row.addLayout(column, 1)
        self.retranslate()

    def set_value(self, value: Any) -> None:
        """Show the rows of a table; the editors stay while the names do, so that a slider is not lost in the hand."""
        self._value = dict(value or {})
        if list(self._value) != list(self._rows):
            self._build()
        for name, editor in self._rows.items():
            editor.set_value(self._value[name])
        self._body.setVisible(bool(self._rows))

    def retranslate(self) -> None:
        """Take texts in the current language."""
        super().retranslate()
        self.line.setPlaceholderText(tr("studio.recipe.table_hint"))

    def _build(self) -> None:
        while self._grid.count():
            taken = self._grid.takeAt(0)
            widget = taken.widget() if taken is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._rows = {}
        for number, name in enumerate(self._value):
            label = QLineEdit(name)
            label.setAccessibleName(pick(self.field.title))
            label.editingFinished.connect(lambda name=name, label=label: self._rename(name, label.text().strip()))
            bounded = self._items.low is not None and self._items.high is not None
            slider = bounded and self._items.kind in (Kind.RATIO, Kind.NUMBER)
            editor = SliderEditor(self._items) if slider else SpinEditor(self._items)
            editor.edited.connect(lambda value, goes_on, name=name: self._change(name, value, goes_on))
            button = QToolButton()
            put_icon(button, "close")
            button.setToolTip(tr("studio.recipe.take_out", value=name))
            button.setAccessibleName(tr("studio.recipe.take_out", value=name))
            button.clicked.connect(lambda _=False, name=name: self._take_out(name))
            for place, widget in enumerate((label, editor, button)):
                self._grid.addWidget(widget, number, place)
            self._rows[name] = editor

    def _add(self) -> None:
        name = self.line.text().strip()
        if not name or name in self._value:
            restyle(self.line, tone="bad" if name else "")
            self.line.setToolTip(tr("studio.recipe.name_taken") if name else "")
            return
        restyle(self.line, tone="")
        with QSignalBlocker(self.line):
            self.line.clear()
        start = self._items.default
        if start is None:
            start = self._items.low if self._items.low is not None else 0
        self.tell({**self._value, name: start}, False)

    def _change(self, name: str, value: Any, goes_on: bool) -> None:
        self._value = {**self._value, name: value}
        self.tell(dict(self._value), goes_on)

    def _rename(self, name: str, new: str) -> None:
        if new == name:
            return
        if not new or new in self._value:
            self._build()
            self.set_value(self._value)
            return
        self.tell({new if key == name else key: value for key, value in self._value.items()}, False)

    def _take_out(self, name: str) -> None:
        self.tell({key: value for key, value in self._value.items() if key != name}, False)
