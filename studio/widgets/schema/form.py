"""A form drawn from a JSON schema alone: a row per field, with what it means, a mark when it was changed, a reset."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QBoxLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.bound_texts import on_language
from studio.i18n import pick, tr
from studio.widgets.buttons import Button
from studio.widgets.controls import Dot, put_icon
from studio.widgets.schema.editors import ChoiceEditor, Editor, SliderEditor, SpinEditor, SwitchEditor, TextEditor
from studio.widgets.schema.lists import ListEditor, TableEditor
from studio.widgets.schema.spec import FieldSpec, Kind, Schema, defaults, implied, read_schema

_LABEL_WIDTH = 160
_EDITOR_WIDTH = 440
_BESIDE = QBoxLayout.Direction.LeftToRight


def make_editor(field: FieldSpec) -> Editor:
    """The editor that suits a field."""
    match field.kind:
        case Kind.RATIO | Kind.NUMBER if field.low is not None and field.high is not None:
            return SliderEditor(field)
        case Kind.NUMBER | Kind.RATIO | Kind.INTEGER:
            return SpinEditor(field)
        case Kind.SWITCH:
            return SwitchEditor(field)
        case Kind.CHOICE:
            return ChoiceEditor(field)
        case Kind.LIST:
            return ListEditor(field)
        case Kind.TABLE:
            return TableEditor(field)
    return TextEditor(field)


class FieldRow(QWidget):
    """One field: mark, name, editor, reset, and a sentence about it."""

    edited = Signal(str, object, bool)
    measure_asked = Signal(str)

    def __init__(self, field: FieldSpec, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = field
        self.dot = Dot()
        self.label = QLabel()
        self.help = QLabel()
        self.help.setProperty("role", "caption")
        self.help.setWordWrap(True)
        self.editor = make_editor(field)
        self.editor.setMaximumWidth(_EDITOR_WIDTH)
        self.reset = QToolButton()
        put_icon(self.reset, "undo")
        _keep_room(self.reset)
        self.measure = Button("studio.measure.ask", lambda: self.measure_asked.emit(field.name), icon_name="chart")
        self.measure.setVisible(bool(field.measure))
        self._lay_out()
        self.editor.edited.connect(lambda value, goes_on: self.edited.emit(field.name, value, goes_on))
        self.reset.clicked.connect(lambda: self.edited.emit(field.name, field.default, False))
        self.retranslate()

    def _lay_out(self) -> None:
        name = QWidget()
        name.setFixedWidth(_LABEL_WIDTH)
        name.setMinimumHeight(30)
        title = QHBoxLayout(name)
        title.setContentsMargins(0, 0, 0, 0)
        title.setSpacing(4)
        title.addWidget(self.dot)
        title.addWidget(self.label, 1)
        self.label.setWordWrap(True)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self.editor, 1)
        line.addWidget(self.reset, 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(self.measure, 0, Qt.AlignmentFlag.AlignTop)
        line.addStretch(0)
        column = QVBoxLayout()
        column.setSpacing(2)
        column.addLayout(line)
        column.addWidget(self.help)
        self._column = column
        self._row = QBoxLayout(_BESIDE, self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(8)
        self._row.addWidget(name, 0, Qt.AlignmentFlag.AlignTop)
        self._row.addLayout(column, 1)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """As narrow as the editor: the name may stand above it."""
        return QSize(max(_LABEL_WIDTH, self._column.minimumSize().width()), super().minimumSizeHint().height())

    def event(self, event: QEvent) -> bool:
        """The name stands beside the editor where there is room for it."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest):
            beside = self.width() >= _LABEL_WIDTH + self._row.spacing() + self._column.minimumSize().width()
            wanted = _BESIDE if beside else QBoxLayout.Direction.TopToBottom
            if wanted != self._row.direction():
                self._row.setDirection(wanted)
        return super().event(event)

    @property
    def modified(self) -> bool:
        """Whether the value is not the default."""
        return self.dot.lit

    def set_value(self, value: Any) -> None:
        """Show a value."""
        self.editor.set_value(value)
        changed = value != self.field.default
        self.dot.set_lit(changed)
        self.reset.setVisible(changed)

    def refine(self, field: FieldSpec) -> None:
        """Have another help text, and other values where one of several is chosen."""
        self.field = field
        if isinstance(self.editor, ChoiceEditor):
            self.editor.refine(field)
        self.retranslate()

    def retranslate(self) -> None:
        """Take texts in the current language."""
        title, meaning = pick(self.field.title), pick(self.field.help)
        self.label.setText(title)
        self.help.setText(meaning)
        self.help.setVisible(bool(meaning))
        self.editor.retranslate()
        for widget in (self.label, self.editor):
            widget.setToolTip(meaning)
        self.measure.setAccessibleName(f"{title}: {tr('studio.measure.ask')}")
        reset = tr("studio.recipe.reset", value=self._default())
        self.reset.setToolTip(reset)
        self.reset.setAccessibleName(f"{title}: {reset}")

    def _default(self) -> str:
        field, value = self.field, self.field.default
        if field.kind is Kind.CHOICE:
            return pick(field.label(value))
        if field.kind is Kind.SWITCH:
            return tr("studio.recipe.on") if value else tr("studio.recipe.off")
        if field.kind is Kind.RATIO and value is not None:
            return f"{round(value * 100, 4):g} %"
        if field.kind in (Kind.LIST, Kind.TABLE):
            return ", ".join(map(str, value or ())) or tr("studio.recipe.empty_value")
        return f"{value:g}" if isinstance(value, float) else str(value)


class SchemaForm(QWidget):
    """All fields of a schema; `edited` tells a field's name, its new value and whether it goes on from the last."""

    edited = Signal(str, object, bool)
    more_asked = Signal()
    measure_asked = Signal(str)

    def __init__(self, schema: Schema, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.fields = read_schema(schema)
        self._expert = False
        self._values: dict[str, Any] = {}
        self.rows: dict[str, FieldRow] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        for field in self.fields:
            row = FieldRow(field)
            row.edited.connect(self.edited)
            row.measure_asked.connect(self.measure_asked)
            self.rows[field.name] = row
            column.addWidget(row)
        self.more = QPushButton()
        self.more.setProperty("role", "link")
        self.more.clicked.connect(self.more_asked)
        column.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeft)
        self.set_values({})
        on_language(self.retranslate)

    def set_values(self, values: Mapping[str, Any]) -> None:
        """Show values; fields that are not among them are at their default."""
        self._values = {**defaults(self.fields), **implied(self.fields, values), **values}
        for name, value in self._values.items():
            if name in self.rows:
                self.rows[name].set_value(value)
        self._show_rows()

    def refine(self, schema: Schema) -> None:
        """Draw fields by what was found out since: the same ones, with other choices and help texts."""
        self.fields = read_schema(schema)
        for field in self.fields:
            if field != self.rows[field.name].field:
                self.rows[field.name].refine(field)
        self.set_values(self._values)

    def set_measurable(self, why_not: str | None) -> None:
        """Let fields be measured (None), or disable that and tell why (the code of a sentence)."""
        for row in self.rows.values():
            row.measure.why_not(why_not)
            if why_not is None and row.field.measure:
                row.measure.setToolTip(pick(row.field.help))

    def set_expert(self, expert: bool) -> None:
        """Show every field, or the simple ones and those that were changed."""
        self._expert = expert
        self._show_rows()

    def retranslate(self) -> None:
        """Take texts in the current language."""
        for row in self.rows.values():
            row.retranslate()
        self._show_rows()

    def _show_rows(self) -> None:
        hidden = 0
        for row in self.rows.values():
            when = row.field.when
            counts = when is None or self._values.get(when[0]) == when[1]
            shown = counts and (self._expert or row.field.simple or row.modified)
            row.setVisible(shown)
            hidden += counts and not shown
        self.more.setVisible(hidden > 0)
        self.more.setText(tr("studio.recipe.more_fields", count=hidden))


def _keep_room(widget: QWidget) -> None:
    policy = widget.sizePolicy()
    policy.setRetainSizeWhenHidden(True)
    widget.setSizePolicy(policy)
