"""Forms drawn from schemas: every technique's real one, and the shapes that a schema may take."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractSlider, QAbstractSpinBox, QApplication

from engine.contract.catalog import Catalog, TechniqueCard
from studio.bound_texts import translator
from studio.widgets.schema.editors import ChoiceEditor, SliderEditor, SpinEditor, SwitchEditor, TextEditor
from studio.widgets.schema.form import SchemaForm
from studio.widgets.schema.lists import ListEditor, TableEditor
from studio.widgets.schema.scale import Scale
from studio.widgets.schema.spec import FieldSpec, Kind, both, defaults, read_schema

ROOT = Path(__file__).resolve().parents[3]


@functools.cache
def real_catalog() -> Catalog:
    """What the engine describes, asked of a child as the studio does."""
    done = subprocess.run([sys.executable, "-m", "engine", "describe", "--json"], capture_output=True, cwd=ROOT)
    answer = json.loads(done.stdout)
    return Catalog.model_validate({name: answer[name] for name in Catalog.model_fields})


def another(field: FieldSpec) -> Any:
    """A value that the field admits and that is not its default."""
    match field.kind:
        case Kind.SWITCH:
            return not field.default
        case Kind.CHOICE:
            return next(choice for choice in field.choices if choice != field.default)
        case Kind.INTEGER:
            return field.default + 1 if field.admits(field.default + 1) else field.default - 1
        case Kind.LIST:
            return [0.25] if field.items is not None and field.items.kind.is_number else ["one.conv", "two.conv"]
        case Kind.TABLE:
            return {"head.group": 0.25}
        case Kind.TEXT:
            return "text"
    middle = ((field.low or 0) + (field.high or 1)) / 2
    return round(middle, 2)


@pytest.mark.parametrize("card", real_catalog().techniques, ids=lambda card: card.key)
def test_that_every_field_of_every_technique_shows_what_it_is_given_and_tells_its_reset(
    qtbot: Any, card: TechniqueCard
) -> None:
    form = SchemaForm(card.parameters)
    qtbot.addWidget(form)
    told: list[tuple[str, Any, bool]] = []
    form.edited.connect(lambda *args: told.append(args))
    assert set(form.rows) == set(card.parameters["properties"])
    assert not any(row.modified for row in form.rows.values())
    for name, row in form.rows.items():
        assert row.field.kind is not Kind.OTHER, name
        value = another(row.field)
        form.set_values({name: value})
        assert row.modified and not row.isHidden()
        row.reset.click()
        assert told.pop() == (name, row.field.default, False) and told == []
        form.set_values({})
        assert not row.modified


@pytest.mark.parametrize("card", real_catalog().techniques, ids=lambda card: card.key)
def test_that_editing_by_hand_tells_a_value_that_the_schema_admits(qtbot: Any, card: TechniqueCard) -> None:
    form = SchemaForm(card.parameters)
    qtbot.addWidget(form)
    form.set_expert(True)
    told: dict[str, Any] = {}
    form.edited.connect(lambda name, value, _: told.update({name: value}))
    for name, row in form.rows.items():
        editor = row.editor
        if isinstance(editor, SliderEditor):
            for position in range(editor.slider.maximum() + 1):
                editor.slider.setValue(position)
                assert row.field.admits(told.get(name, row.field.default)), (name, told.get(name))
        elif isinstance(editor, SpinEditor):
            editor.spin.setValue(another(row.field))
            assert told[name] == another(row.field)
        elif isinstance(editor, SwitchEditor):
            editor.switch.click()
            assert told[name] is not row.field.default
        elif isinstance(editor, ChoiceEditor):
            editor._chose(1)
            assert told[name] == row.field.choices[1]


def test_that_a_share_is_shown_in_percent_and_told_as_a_share(qtbot: Any) -> None:
    form = SchemaForm({"properties": {"share": {"type": "number", "minimum": 0, "maximum": 0.9, "default": 0.3}}})
    qtbot.addWidget(form)
    told: list[Any] = []
    form.edited.connect(lambda name, value, on: told.append((value, on)))
    editor = form.rows["share"].editor
    assert isinstance(editor, SliderEditor)
    assert editor.spin.text() == "30 %" and editor.slider.value() == 30 and editor.slider.maximum() == 90
    editor.slider.setValue(45)
    assert editor.spin.text() == "45 %" and told[-1] == (0.45, False)
    editor.spin.setValue(87.5)
    assert told[-1] == (0.875, True)
    assert form.rows["share"].reset.toolTip().endswith("30 %")


def test_that_a_slider_in_the_hand_is_one_change_and_the_next_grip_another(qtbot: Any) -> None:
    form = SchemaForm({"properties": {"share": {"type": "number", "minimum": 0, "maximum": 1, "default": 0.3}}})
    qtbot.addWidget(form)
    told: list[bool] = []
    form.edited.connect(lambda name, value, on: told.append(on))
    editor = form.rows["share"].editor
    assert isinstance(editor, SliderEditor)
    slider = editor.slider
    for _ in range(2):
        slider.setSliderDown(True)
        for step in range(3):
            slider.setSliderPosition(40 + step + 10 * len(told))
        slider.setSliderDown(False)
    assert told == [False, True, True, False, True, True]


def test_that_the_wheel_over_a_form_scrolls_the_page_and_changes_nothing(qtbot: Any) -> None:
    form = SchemaForm(real_catalog().techniques[0].parameters)
    qtbot.addWidget(form)
    form.show()
    told: list[Any] = []
    form.edited.connect(lambda *args: told.append(args))
    for row in form.rows.values():
        for part in (*row.editor.findChildren(QAbstractSpinBox), *row.editor.findChildren(QAbstractSlider)):
            spot = QPointF(2, 2)
            buttons, keys = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
            turn = QWheelEvent(spot, spot, QPoint(), QPoint(0, 120), buttons, keys, Qt.ScrollPhase.NoScrollPhase, False)
            QApplication.sendEvent(part, turn)
            assert not turn.isAccepted()
    assert told == []


def test_that_a_wide_range_is_fine_at_its_low_end() -> None:
    field = FieldSpec("weight", Kind.NUMBER, both(""), both(""), 1.0, 0, 100, low_open=True)
    scale = Scale.of(field)
    assert scale.value(0) > 0 and scale.value(scale.top) == 100
    assert scale.position(1.0) > scale.top / 5
    values = [scale.value(position) for position in range(scale.top + 1)]
    assert values == sorted(values) and all(field.admits(value) for value in values)


def test_that_a_list_takes_and_gives_values_and_refuses_bad_ones(qtbot: Any) -> None:
    items = {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}
    schema = {"type": "array", "items": items, "minItems": 1, "maxItems": 3, "default": [0.5]}
    form = SchemaForm({"properties": {"marks": schema}})
    qtbot.addWidget(form)
    form.edited.connect(lambda name, value, on: form.set_values({name: value}))
    editor = form.rows["marks"].editor
    assert isinstance(editor, ListEditor)
    for text, value in (("80 %, 0.9", [0.5, 0.8, 0.9]), ("2", [0.5, 0.8, 0.9]), ("0.7", [0.5, 0.8, 0.9])):
        editor.line.setText(text)
        QTest.keyClick(editor.line, Qt.Key.Key_Return)
        assert editor._value == value
    assert editor.line.property("tone") == "bad" and editor.line.toolTip()
    editor._take_out(0)
    editor._take_out(0)
    assert editor._value == [0.9]


def test_that_a_table_gets_rows_by_name_and_loses_them(qtbot: Any) -> None:
    values = {"type": "number", "minimum": 0, "maximum": 0.9}
    form = SchemaForm({"properties": {"ratios": {"type": "object", "additionalProperties": values, "default": {}}}})
    qtbot.addWidget(form)
    told: list[Any] = []
    form.edited.connect(lambda name, value, on: told.append(value))
    form.edited.connect(lambda name, value, on: form.set_values({name: value}))
    editor = form.rows["ratios"].editor
    assert isinstance(editor, TableEditor)
    for name in ("head.0", "head.1", "head.0"):
        editor.line.setText(name)
        QTest.keyClick(editor.line, Qt.Key.Key_Return)
    assert told[-1] == {"head.0": 0, "head.1": 0} and editor.line.property("tone") == "bad"
    row = editor._rows["head.1"]
    assert isinstance(row, SliderEditor)
    row.slider.setValue(40)
    assert told[-1] == {"head.0": 0, "head.1": 0.4} and editor._rows["head.1"] is row
    editor._rename("head.1", "head.2")
    editor._take_out("head.0")
    assert told[-1] == {"head.2": 0.4}


def test_that_simple_shows_marked_fields_else_the_first_scalars_and_whatever_was_changed(qtbot: Any) -> None:
    number = {"type": "number", "default": 1.0}
    marked = {"one": number | {"x-level": "simple"}, "two": number | {"x-level": "expert"}}
    form = SchemaForm({"properties": marked})
    qtbot.addWidget(form)
    assert [row.isHidden() for row in form.rows.values()] == [False, True]
    assert not form.more.isHidden() and "1" in form.more.text()
    form.set_values({"two": 2.0})
    assert not form.rows["two"].isHidden() and form.more.isHidden()
    listed = {"type": "array", "items": {"type": "string"}, "default": []}
    fields = read_schema({"properties": {"names": listed, **{f"n{place}": number for place in range(8)}}})
    assert [field.name for field in fields if field.simple] == [f"n{place}" for place in range(6)]


def test_that_texts_follow_the_language_and_fall_back(qtbot: Any) -> None:
    told = {"title": {"en": "Share", "zh": "比例"}, "description": "How much", "zh": "多少", "type": "string"}
    labels = {"a": {"en": "First", "zh": "第一"}}
    form = SchemaForm({"properties": {"kind": told | {"enum": ["a", "b_c"], "default": "a", "labels": labels}}})
    qtbot.addWidget(form)
    row = form.rows["kind"]
    assert isinstance(row.editor, ChoiceEditor) and row.editor.segments is not None
    texts = [button.text() for button in row.editor.segments._group.buttons()]
    assert (row.label.text(), row.help.text(), texts) == ("Share", "How much", ["First", "b c"])
    translator.set_language("zh")
    try:
        texts = [button.text() for button in row.editor.segments._group.buttons()]
        assert (row.label.text(), row.help.text(), texts) == ("比例", "多少", ["第一", "b c"])
    finally:
        translator.set_language("en")


def test_that_references_and_unknown_shapes_are_read_without_failing(qtbot: Any) -> None:
    schema = {
        "$defs": {"Mode": {"enum": ["x", "y"], "type": "string"}},
        "properties": {
            "mode": {"$ref": "#/$defs/Mode", "default": "y"},
            "maybe": {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": None},
            "odd": {"type": "array", "default": [1, [2]]},
            "free": {"type": "number", "default": 0.5},
        },
    }
    fields = {field.name: field for field in read_schema(schema)}
    assert fields["mode"].kind is Kind.CHOICE and fields["mode"].default == "y"
    assert fields["maybe"].kind is Kind.OTHER and fields["odd"].kind is Kind.OTHER
    assert defaults(tuple(fields.values()))["odd"] == [1, [2]]
    form = SchemaForm(schema)
    qtbot.addWidget(form)
    form.set_values({"maybe": 3, "odd": {"a": 1}, "free": -2.5})
    told: list[Any] = []
    form.edited.connect(lambda name, value, on: told.append((name, value)))
    editor = form.rows["maybe"].editor
    assert isinstance(editor, TextEditor)
    line = editor.line
    for text in ("{", "7"):
        line.setText(text)
        line.editingFinished.emit()
    assert told == [("maybe", 7)]


def test_that_a_field_that_counts_only_with_a_choice_shows_only_then(qtbot: Any) -> None:
    schema = {
        "properties": {
            "length": {"enum": ["base", "own"], "default": "base", "x-level": "simple"},
            "epochs": {"type": "integer", "default": 20, "x-level": "simple", "x-when": {"length": "own"}},
        }
    }
    form = SchemaForm(schema)
    qtbot.addWidget(form)
    form.set_expert(True)
    for values, shown in (({}, False), ({"length": "own"}, True), ({"epochs": 6, "length": "base"}, False)):
        form.set_values(values)
        assert form.rows["epochs"].isVisibleTo(form) is shown
    # A number alone was said before there was a choice, and means that it counts.
    form.set_values({"epochs": 6})
    assert form.rows["epochs"].isVisibleTo(form) and form.rows["length"].modified
