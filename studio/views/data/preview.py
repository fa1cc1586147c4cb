"""The large preview: one picture of the filter after the other, with the keys A and D."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from engine.contract.dataset import Picture
from studio.bound_texts import bind, on_language
from studio.i18n import tr
from studio.stores.data.labels import LabelsStore
from studio.stores.previews.samples import SamplesStore
from studio.theme import restyle
from studio.views.data.labels.bar import LabelBar
from studio.views.data.labels.canvas import LabelCanvas
from studio.views.data.samples import SamplesPanel
from studio.views.pictures.thumbnails import PictureModel, part_name
from studio.views.pictures.zoomed import NOTCH
from studio.widgets.buttons import Button, IconButton
from studio.widgets.labels import Elided, Text
from studio.widgets.panels import ErrorBanner

_NEXT = ("D", "Right", "Down", "PgDown")
_BEFORE = ("A", "Left", "Up", "PgUp")


class PicturePreview(QWidget):
    """Shows a row of the model large, or what training makes of it; `closed` when the person goes back.

    `shown` tells each picture, `editing_changed` that its labels are corrected from now on, or no longer.
    """

    closed = Signal()
    shown = Signal(object)
    editing_changed = Signal(bool)

    def __init__(
        self, pictures: PictureModel, samples: SamplesStore, labels: LabelsStore, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._pictures = pictures
        self.row = -1
        self.canvas, self.samples = LabelCanvas(self), SamplesPanel(samples, self)
        self.bar = LabelBar(self.canvas, labels, self)
        self.bar.hide()
        self.note = ErrorBanner(tone="info")
        self.edit = Button("studio.labels.correct", self._toggle, icon_name="edit")
        self.edit.setCheckable(True)
        self.stack = QStackedWidget(self)
        for widget in (self.canvas, self.samples):
            self.stack.addWidget(widget)
        self.augmented = QCheckBox(self)
        self.fit = IconButton("fit", "studio.pictures.fit", self.canvas.fit)
        self.name, self.place = Text(role="heading"), Elided("", "muted")
        self.back = Button("studio.data.back", self.closed.emit, "quiet", "chevron-left")
        self.before = IconButton("chevron-left", "studio.data.before_tip", lambda: self.step(-1))
        self.next = IconButton("chevron-right", "studio.data.next_tip", lambda: self.step(1))
        self.labels = QCheckBox(self)
        self.labels.setChecked(True)
        for box in (self.labels, self.augmented):
            box.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._lay_out()
        self._connect()
        on_language(self._tell)

    def _lay_out(self) -> None:
        bar = QHBoxLayout()
        bar.setContentsMargins(0, 0, 0, 8)
        bar.setSpacing(8)
        bar.addWidget(self.back)
        bar.addSpacing(8)
        bar.addWidget(self.name)
        bar.addWidget(self.place, 1)
        bar.addWidget(self.augmented)
        bar.addSpacing(4)
        bar.addWidget(self.labels)
        bar.addSpacing(4)
        bar.addWidget(self.edit)
        bar.addSpacing(4)
        bar.addWidget(self.fit)
        bar.addWidget(self.before)
        bar.addWidget(self.next)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addWidget(self.bar)
        column.addWidget(self.note)
        column.addWidget(self.stack, 1)
        bind(self.edit.setToolTip, "studio.labels.correct_tip")
        bind(self.back.setToolTip, "studio.data.back_tip")
        bind(self.labels.setText, "studio.data.show_labels")
        bind(self.labels.setToolTip, "studio.data.labels_tip")
        bind(self.augmented.setText, "studio.data.samples")
        bind(self.augmented.setToolTip, "studio.data.samples_tip")

    def _connect(self) -> None:
        self.labels.toggled.connect(self.canvas.set_labels)
        self.labels.toggled.connect(self.samples.set_labels)
        self.augmented.toggled.connect(self._show_kind)
        self.bar.done.connect(lambda: self.correct(False))
        zooms = {"0": self.canvas.fit, "+": self._larger, "=": self._larger, "-": self._smaller}
        for key, act in {**zooms, "T": self.augmented.click, "R": self._roll, "E": self.edit.click}.items():
            self._shortcut(key).activated.connect(act)
        keys = {**dict.fromkeys(_NEXT, 1), **dict.fromkeys(_BEFORE, -1)}
        for key, by in keys.items():
            self._shortcut(key).activated.connect(lambda by=by: self.step(by))
        self._shortcut("Esc").activated.connect(self.closed)

    def _shortcut(self, key: str) -> QShortcut:
        shortcut = QShortcut(QKeySequence(key), self)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        return shortcut

    def show_row(self, row: int) -> None:
        """Show the picture in a row of the model; nothing happens where there is none."""
        picture = self._pictures.picture(row)
        if picture is None:
            return
        self.row = row
        self.note.clear()
        self.bar.offer(self._pictures.classes)
        self.canvas.show_picture(picture, self._pictures.classes)
        self._show_kind()
        following = self._pictures.picture(row + 1)
        if following is not None:
            self.canvas.prefetch(following.path)
        self._tell()
        self.shown.emit(picture)

    def step(self, by: int) -> None:
        """Go on by so many pictures; stops at both ends."""
        self.show_row(self.row + by)

    def picture(self) -> Picture | None:
        """What is shown."""
        return self.canvas.picture

    def refresh(self) -> None:
        """The same picture with the labels that hold now."""
        if self.canvas.picture is not None:
            self.show_again(self.row)

    def show_again(self, row: int) -> None:
        """The picture that is shown already, and now stands in this row: zoom and chosen box stay."""
        picture = self._pictures.picture(row)
        if picture is None:
            return
        self.row = row
        self.bar.offer(self._pictures.classes)
        self.canvas.show_picture(picture, self._pictures.classes)
        self.bar.refresh()
        self._tell()
        if self.augmented.isChecked():
            self._show_kind()
        self.shown.emit(picture)

    def correct(self, on: bool) -> None:
        """Begin to correct labels, or end it."""
        if on == self.canvas.editing:
            return
        if on:
            self.augmented.setChecked(False)
        self.canvas.edit(on)
        self._show_edit(on)
        self.bar.setVisible(on)
        self.bar.refresh()
        self.canvas.setFocus() if on else self.setFocus()
        self.editing_changed.emit(on)

    def leave(self) -> None:
        """Make no more samples, and end correcting: the preview is not looked at any more."""
        self.correct(False)
        self.samples.show_picture(None, ())

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        """Whoever goes elsewhere is done correcting; a window that is put away is not left."""
        if not event.spontaneous():
            self.correct(False)
        super().hideEvent(event)

    def _show_edit(self, on: bool) -> None:
        """The button that began it ends it."""
        self.edit.setChecked(on)
        restyle(self.edit, role="primary" if on else "")
        bind(self.edit.show_text, "studio.labels.done" if on else "studio.labels.correct")
        bind(self.edit.setToolTip, "studio.labels.done_tip" if on else "studio.labels.correct_tip")
        self.edit.set_icon("check" if on else "edit")
        self.augmented.setVisible(not on)

    def _toggle(self) -> None:
        self.correct(self.edit.isChecked())

    def _show_kind(self) -> None:
        on = self.augmented.isChecked()
        if on:
            self.correct(False)
        self.stack.setCurrentWidget(self.samples if on else self.canvas)
        self.samples.show_picture(self.picture() if on else None, self._pictures.classes)
        self.fit.setEnabled(not on)

    def _roll(self) -> None:
        if self.augmented.isChecked():
            self.samples.roll.click()

    def _larger(self) -> None:
        self.canvas.zoom_by(NOTCH)

    def _smaller(self) -> None:
        self.canvas.zoom_by(1 / NOTCH)

    def _tell(self) -> None:
        picture = self.picture()
        if picture is None:
            return
        count = self._pictures.rowCount()
        self.name.setText(Path(picture.path).name)
        size = f"{picture.width} × {picture.height} px"
        self.place.set_full(
            tr("studio.data.place", number=self.row + 1, count=count, part=part_name(picture.split), size=size)
        )
        self.before.setEnabled(self.row > 0)
        self.next.setEnabled(self.row + 1 < count)
