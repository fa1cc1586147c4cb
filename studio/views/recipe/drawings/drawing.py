"""What a drawing is: one class, one file of this room; a technique has one if a class names it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from engine.contract.recipe import Step
from studio.bound_texts import bind, on_language
from studio.stores.previews.drawings import DrawingStore
from studio.views.recipe.drawings.legend import Legend
from studio.widgets.labels import Muted, Text


class Drawing(QWidget):
    """A title with a legend, the picture in `body`, a line that reads it out, and what else is told in `foot`."""

    techniques: ClassVar[tuple[str, ...]]
    """Keys of the techniques whose cards show it."""
    drawing: ClassVar[str]
    """What the engine calls it."""
    heavy: ClassVar[bool] = False
    """Whether Paddle must work for it."""
    alone: ClassVar[bool] = False
    """Whether the steps beside its own are nothing to it."""
    title: ClassVar[str]
    tip: ClassVar[str]

    asked_again = Signal()
    """`request` asks something else now."""
    measure_asked = Signal(str)
    """Something is to be measured for it: the field of the step that says how."""

    def __init__(self) -> None:
        super().__init__()
        self.heading = Text(self.title, "caption")
        self.legend = Legend()
        self.tools = QHBoxLayout()
        self.tools.setSpacing(8)
        head = QHBoxLayout()
        head.setSpacing(16)
        head.addWidget(self.heading)
        middle = QVBoxLayout()
        middle.addStretch(1)
        middle.addWidget(self.legend)
        middle.addStretch(1)
        head.addLayout(middle, 1)
        head.addLayout(self.tools)
        self.body = QVBoxLayout()
        self.body.setSpacing(4)
        self.words = Muted()
        self.words.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.foot = QVBoxLayout()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(head)
        column.addLayout(self.body)
        column.addWidget(self.words)
        column.addLayout(self.foot)
        bind(self.setAccessibleName, self.title)
        for widget in (self, self.heading):
            bind(widget.setToolTip, self.tip)
        on_language(self.retranslate)

    def request(self, store: DrawingStore, step: Step) -> dict[str, Any] | None:
        """What the engine is asked; None where there is nothing to ask."""
        return store.request(self.drawing, step, self.alone)

    def look(self) -> None:
        """Look at what goes on in the store, beside what the engine answers."""

    def show_answer(self, answer: Mapping[str, Any], step: Step) -> None:
        """Draw what the engine told of a step; raises ValueError for what cannot be read."""
        raise NotImplementedError

    def retranslate(self) -> None:
        """Say everything in the current language; at first nothing is told yet."""

    def read_out(self, text: str) -> None:
        """Put a sentence below the picture; a screen reader says it too."""
        self.words.show_text(text)
        self.setAccessibleDescription(text)
        self._keep_height()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Give the words the height that they need at this width."""
        super().resizeEvent(event)
        self.words.setMinimumHeight(0)
        self._keep_height()

    def _keep_height(self) -> None:
        # A longer sentence than before makes room; a shorter one does not take it, or the form below would jump.
        need = self.words.heightForWidth(self.words.width())
        if need > self.words.minimumHeight():
            self.words.setMinimumHeight(need)
