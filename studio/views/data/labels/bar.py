"""The row above a picture whose labels are corrected: class and marks of the chosen box, and what can be done."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QWidget

from engine.contract.dataset import Picture
from studio.bound_texts import bind, on_language
from studio.i18n import tr
from studio.presenters.data.box_geometry import Edges
from studio.presenters.data.label_edits import (
    Boxes,
    Mark,
    added,
    class_of_key,
    marked,
    renamed,
    with_edges,
    without,
)
from studio.stores.data.labels import LabelsStore
from studio.stores.data.overlay import boxes_of
from studio.theme import restyle
from studio.views.data.labels.canvas import LabelCanvas
from studio.views.data.labels.swatch import swatch
from studio.views.pictures.boxes import class_colour
from studio.widgets.buttons import Button, IconButton
from studio.widgets.controls import QuietCombo
from studio.widgets.labels import Elided

_LONG = 28


class LabelBar(QWidget):
    """Changes the labels of the canvas's picture in the store, as canvas and fields ask; `done` when the person is."""

    done = Signal()

    def __init__(self, canvas: LabelCanvas, labels: LabelsStore, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._canvas, self._labels = canvas, labels
        self._classes: tuple[str, ...] = ()
        self.kinds = QuietCombo(self)
        self.kinds.setMinimumWidth(144)
        self.marks: dict[Mark, QCheckBox] = {"difficult": QCheckBox(self), "crowd": QCheckBox(self)}
        self.new = Button("studio.labels.new", self._arm, "", "plus")
        self.new.setCheckable(True)
        self.delete = IconButton("trash", "studio.labels.delete_tip", self._delete)
        self.take_back = IconButton("restore", "studio.labels.take_back_tip", self._take_back)
        self.state = Elided("", "muted", Qt.TextElideMode.ElideRight)
        self.state.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._lay_out()
        self._connect()
        on_language(self.refresh)

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 8)
        row.setSpacing(8)
        for widget in (self.kinds, *self.marks.values(), self.new, self.delete, self.take_back):
            row.addWidget(widget)
        row.addWidget(self.state, 1)
        bind(self.kinds.setAccessibleName, "studio.labels.class")
        bind(self.marks["difficult"].setText, "studio.data.difficult")
        bind(self.marks["crowd"].setText, "studio.data.crowd")
        bind(self.new.setToolTip, "studio.labels.new_tip")

    def _connect(self) -> None:
        canvas = self._canvas
        canvas.edges_wanted.connect(self._put_edges)
        canvas.box_drawn.connect(self._add)
        canvas.class_wanted.connect(self._name_by_key)
        canvas.delete_wanted.connect(self._delete)
        canvas.chosen.connect(lambda _: self.refresh())
        canvas.left.connect(self.done)
        canvas.armed_changed.connect(self._show_armed)
        self.kinds.activated.connect(self._name)
        for mark, box in self.marks.items():
            box.clicked.connect(lambda on, mark=mark: self._mark(mark, on))
        self._labels.changed.connect(self.refresh)

    def offer(self, classes: tuple[str, ...]) -> None:
        """Offer these classes."""
        if classes == self._classes:
            return
        self._classes = classes
        self.kinds.clear()
        for number, name in enumerate(classes):
            self.kinds.addItem(swatch(class_colour(number)), f"{number + 1}  {name}" if number < 9 else name)
        self._canvas.new_class = 0

    def refresh(self) -> None:
        """Show the chosen box and how the picture stands."""
        picture, number = self._picture(), self._canvas.selected
        box = picture.boxes[number] if picture is not None and number is not None else None
        if box is not None:
            self.kinds.setCurrentIndex(box.class_id)
        else:
            self.kinds.setCurrentIndex(self._canvas.new_class)
        for mark, field in self.marks.items():
            field.setEnabled(box is not None)
            field.setChecked(box is not None and bool(getattr(box, mark)))
            field.setToolTip(tr(f"studio.labels.{mark}_tip") if box is not None else tr("studio.labels.choose_box"))
        self.kinds.setToolTip(tr("studio.labels.class_tip") if box is not None else tr("studio.labels.class_new_tip"))
        self.delete.setEnabled(box is not None)
        self.delete.say("studio.labels.delete_tip" if box is not None else "studio.labels.choose_box")
        self._show_state(picture)

    def _show_state(self, picture: Picture | None) -> None:
        corrected = picture is not None and self._labels.is_corrected(picture)
        self.state.set_full(state_text(self._labels, picture, True))
        self.take_back.setEnabled(corrected)
        self.take_back.say("studio.labels.take_back_tip" if corrected else "studio.labels.nothing_to_take_back")

    def _picture(self) -> Picture | None:
        return self._canvas.picture if self._canvas.editing else None

    def _show_armed(self, on: bool) -> None:
        self.new.setChecked(on)
        restyle(self.new, role="primary" if on else "")
        self.new.set_icon("plus")

    def _arm(self) -> None:
        self._canvas.arm(self.new.isChecked())
        self._canvas.setFocus()

    def _boxes(self) -> Boxes:
        picture = self._canvas.picture
        return boxes_of(picture, self._classes) if picture is not None else ()

    def _put(self, boxes: Boxes, code: str, merge: str = "") -> None:
        picture = self._canvas.picture
        if picture is not None:
            name = Path(picture.path).name
            short = name if len(name) <= _LONG else f"…{name[-_LONG:]}"
            self._labels.correct(picture, boxes, tr(code, name=short), merge)

    def _put_edges(self, number: int, edges: Edges, merge: str) -> None:
        self._put(with_edges(self._boxes(), number, edges), "studio.labels.undo_move", merge and f"{merge}-{number}")

    def _add(self, edges: Edges) -> None:
        if self._classes:
            count = len(self._boxes())
            self._put(added(self._boxes(), self._classes[self._canvas.new_class], edges), "studio.labels.undo_new")
            self._canvas.select(count)

    def _delete(self) -> None:
        number = self._canvas.selected
        if number is not None:
            # Deselected first: the number would be that of the box behind it.
            self._canvas.select(None)
            self._put(without(self._boxes(), number), "studio.labels.undo_delete")
        self._canvas.setFocus()

    def _name_by_key(self, text: str) -> None:
        name = class_of_key(text, self._classes)
        if name is not None:
            self._name(self._classes.index(name))

    def _name(self, class_id: int) -> None:
        """The class of the chosen box, and of those drawn from now on."""
        self._canvas.new_class = class_id
        number = self._canvas.selected
        if number is not None:
            self._put(renamed(self._boxes(), number, self._classes[class_id]), "studio.labels.undo_class")
        self.refresh()
        self._canvas.setFocus()

    def _mark(self, mark: Mark, on: bool) -> None:
        number = self._canvas.selected
        if number is not None:
            self._put(marked(self._boxes(), number, mark, on), "studio.labels.undo_mark")
        self._canvas.setFocus()

    def _take_back(self) -> None:
        picture = self._canvas.picture
        if picture is not None:
            self._canvas.select(None)
            self._labels.take_back(picture)
        self._canvas.setFocus()


def state_text(labels: LabelsStore, picture: Picture | None, correcting: bool = False) -> str:
    """Whose labels a picture has, and whether the data that is trained on has them."""
    if picture is None:
        return ""
    if correcting and labels.is_waiting(picture):
        return tr("studio.labels.waits_for_done")
    if labels.is_corrected(picture):
        return tr("studio.labels.waits") if labels.is_waiting(picture) else tr("studio.labels.applied")
    return tr("studio.labels.source_waits") if labels.is_waiting(picture) else ""
