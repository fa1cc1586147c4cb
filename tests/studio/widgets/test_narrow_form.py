"""A form in a narrow column: the name of a field stands above its editor, and comes back beside it."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from studio.widgets.schema.form import FieldRow, SchemaForm
from tests.studio.reach import cut_fields, out_of_reach
from tests.studio.reading import cut

LONG = "A sentence that says at some length what this number is, and what becomes of the network if it is another one."
SHARE = {"type": "number", "minimum": 0, "maximum": 0.9, "default": 0.3, "description": LONG}


def test_that_the_name_of_a_field_goes_above_its_editor_where_there_is_no_room(qtbot: QtBot) -> None:
    host = QWidget()
    qtbot.addWidget(host)
    form = SchemaForm({"properties": {"share": SHARE, "other": SHARE}})
    form.setParent(host)
    form.resize(600, 400)
    host.resize(700, 500)
    host.show()
    row = form.findChildren(FieldRow)[0]
    name = row.label.parentWidget()
    assert name is not None

    def above() -> bool:
        return name.geometry().bottom() < row.editor.geometry().top()

    qtbot.waitUntil(lambda: not above())
    form.resize(form.minimumSizeHint().width(), 400)
    qtbot.waitUntil(above)
    qtbot.waitUntil(lambda: not [*out_of_reach(form), *cut_fields(form), *cut(form)])
    form.resize(600, 400)
    qtbot.waitUntil(lambda: not above())
