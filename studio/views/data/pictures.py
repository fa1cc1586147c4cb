"""The pictures of the project: filters, the grid, and the large preview in the same place."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QLabel, QStackedWidget, QVBoxLayout, QWidget

from engine.contract.dataset import Index, Picture
from engine.contract.text.messages import Message
from studio.bound_texts import bind
from studio.stores.data.labels import LabelsStore
from studio.stores.previews.samples import SamplesStore
from studio.views.data.filters import PictureFilters
from studio.views.data.preview import PicturePreview
from studio.views.pictures.thumbnails import ThumbnailGrid


class PicturesPanel(QWidget):
    """Filters above a grid; a click shows a picture large, Esc goes back. `shown` tells the picture, or None."""

    shown = Signal(object)

    def __init__(self, samples: SamplesStore, labels: LabelsStore, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._index: Index | None = None
        self._labels = labels
        self.filters = PictureFilters(self)
        self.grid = ThumbnailGrid(self)
        self.grid.pictures.shown, self.grid.drawing.is_marked = labels.shown, labels.is_corrected
        self.preview = PicturePreview(self.grid.pictures, samples, labels, self)
        self.nothing = QLabel(self)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.nothing.setProperty("role", "muted")
        bind(self.nothing.setText, "studio.data.nothing_left")
        self.stack = QStackedWidget(self)
        for widget in (self.grid, self.preview, self.nothing):
            self.stack.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 16, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.filters)
        column.addWidget(self.stack, 1)
        self._connect()

    def _connect(self) -> None:
        self.filters.changed.connect(self._filter)
        self.filters.boxes_toggled.connect(self.grid.set_boxes)
        self.filters.labels_toggled.connect(self.grid.set_labels)
        self.grid.opened.connect(self.open_row)
        self.grid.selectionModel().currentChanged.connect(self._tell_current)
        self.preview.closed.connect(self.show_grid)
        self.preview.shown.connect(self.shown)
        self._labels.changed.connect(self._labels_changed)
        for key in ("L", "Ctrl+L"):
            shortcut = QShortcut(QKeySequence(key), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(self.toggle_labels)

    def show_index(self, index: Index | None) -> None:
        """Show another index, or none, from its first picture on."""
        self._index = index
        self.filters.offer(index)
        self.preview.canvas.show_picture(None, ())
        self.preview.leave()
        self.preview.canvas.loader.forget()
        self.grid.loader.forget()
        self._filter()

    def renew(self, index: Index, replaced: bool) -> None:
        """Show the index that was put in place of the one before: filters, place and picture stay as they are.

        `replaced` tells that some pictures are others under their old names.
        """
        if replaced:
            self.preview.canvas.loader.forget()
            self.grid.loader.forget()
        seen, current = self.preview.picture(), self.grid.pictures.picture(self.grid.currentIndex().row())
        large, scrolled = self.stack.currentWidget() is self.preview, self.grid.verticalScrollBar().value()
        self._index = index
        self.filters.offer(index, keep=True)
        self._fill()
        if current is not None:
            self._make_current(self.grid.pictures.row_of(current.path))
        self.grid.executeDelayedItemsLayout()
        self.grid.verticalScrollBar().setValue(scrolled)
        row = self.grid.pictures.row_of(seen.path) if large and seen is not None else -1
        if row >= 0:
            self.preview.show_again(row)
        elif large:
            self.show_grid()
        else:
            self._show(self.grid if self.grid.pictures.rowCount() else self.nothing)

    def show_found(self, picture: Picture, number: int | None, note: Message | None) -> None:
        """Show a picture large, whatever the filter, with one box standing out and what is to be said of it."""
        self.filters.clear()
        self._filter()
        row = self.grid.pictures.row_of(picture.path)
        if row >= 0:
            self.open_row(row)
            self.preview.canvas.light(number)
            self.preview.note.tell(note)

    def open_row(self, row: int) -> None:
        """Show a row of the grid large."""
        self.preview.show_row(row)
        self._show(self.preview)
        self.preview.setFocus()

    def show_grid(self) -> None:
        """Back to the grid, with the picture that was last seen as the current one."""
        self.preview.leave()
        if self.filters.corrected.isChecked():
            self._fill()
        self._show(self.grid if self.grid.pictures.rowCount() else self.nothing)
        self._make_current(self.preview.row)
        self.grid.setFocus()

    def toggle_labels(self) -> None:
        """Labels on or off: of the large picture where it is shown, else of the thumbnails."""
        if self.stack.currentWidget() is self.preview:
            self.preview.labels.toggle()
        else:
            self.filters.labels.toggle()

    def show_class(self, class_id: int) -> None:
        """Show the pictures with a box of a class."""
        self.filters.kinds.setCurrentIndex(class_id + 1)
        self._filter()

    def _make_current(self, row: int) -> None:
        if row >= 0:
            self.grid.setCurrentIndex(self.grid.pictures.index(row))

    def _labels_changed(self) -> None:
        count, on = len(self._labels.digests()), self.filters.corrected.isChecked()
        self.filters.count_corrected(count)
        self.grid.viewport().update()
        if self.stack.currentWidget() is self.preview:
            self.preview.refresh()
        elif on:
            self._filter()
        else:
            self._tell_current()

    def _fill(self) -> None:
        """Fill the grid with what the filters leave."""
        only = self._labels.digests() if self.filters.corrected.isChecked() else None
        self.grid.show_index(self._index, self.filters.split(), self.filters.class_id(), only)

    def _filter(self) -> None:
        self._fill()
        self._show(self.grid if self.grid.pictures.rowCount() else self.nothing)
        self.shown.emit(None)

    def _show(self, widget: QWidget) -> None:
        self.stack.setCurrentWidget(widget)
        self.filters.setVisible(widget is not self.preview)

    def _tell_current(self) -> None:
        self.shown.emit(self.grid.pictures.picture(self.grid.currentIndex().row()))
