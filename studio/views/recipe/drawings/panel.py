"""What a card shows of its step's work: when it is seen, and, unfolded, a drawing of it if the technique has one."""

from __future__ import annotations

from typing import Any

import shiboken6
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.contract.catalog import TechniqueCard
from engine.contract.recipe import Step
from engine.contract.text.messages import Message
from studio.bound_texts import on_language
from studio.i18n import text_of, tr
from studio.presenters.recipe.step_consequences import seen_after
from studio.stores.previews.drawings import DrawingStore
from studio.views.recipe.drawings.drawing import Drawing
from studio.views.recipe.drawings.registry import drawings
from studio.widgets.labels import Muted, Text


class DrawingPanel(QWidget):
    """Nothing is asked or drawn while it is folded; `measure_asked` tells the field that is to be measured."""

    measure_asked = Signal(str)

    def __init__(self, technique: str, card: TechniqueCard | None) -> None:
        super().__init__()
        self._card = card
        self._kind = drawings().get(technique)
        self._store: DrawingStore | None = None
        self._step: Step | None = None
        self._asked: tuple[dict[str, Any], int] | None = None
        self._error: Message | None = None
        self._folded = True
        self.drawing: Drawing | None = None
        self.when = Text("", "caption")
        self.when.setWordWrap(True)
        self.words = Muted()
        self.words.hide()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        self._column.addWidget(self.when)
        self._column.addWidget(self.words)
        on_language(self._say)
        self._say()

    def begin(self, store: DrawingStore) -> None:
        """Ask this store from now on."""
        self._store = store
        store.changed.connect(self.refresh)
        if self._kind is not None:
            self._withdraw_with_the_card(store, self._key, self._kind.heavy)
        self.refresh()

    def _withdraw_with_the_card(self, store: DrawingStore, key: str, heavy: bool) -> None:
        # An answer that comes after the card is gone must not look for it.
        def withdraw() -> None:
            if shiboken6.isValid(store):
                store.forget(key, heavy)

        self.destroyed.connect(withdraw)

    def show_step(self, step: Step) -> None:
        """Show this step; what it does is asked once its figures are there."""
        self._step = step
        self._say()

    def set_folded(self, folded: bool) -> None:
        """Hide the drawing, or show it."""
        if folded == self._folded:
            return
        self._folded = folded
        if folded:
            self._forget()
        elif self._kind is not None and self.drawing is None:
            self._make(self._kind)
        self._say()
        self.refresh()

    def refresh(self) -> None:
        """Ask again if what was drawn is not what would be drawn now."""
        self._say()
        if self._folded or self._store is None or self._step is None or self.drawing is None:
            return
        kind = type(self.drawing)
        self.drawing.look()
        request = self.drawing.request(self._store, self._step)
        if request is None or (request, self._store.measured) == self._asked:
            return
        self._asked = (request, self._store.measured)
        step = self._step
        self._store.ask(self._key, request, kind.heavy, lambda answer: self._take(answer, step))

    @property
    def _key(self) -> str:
        return f"drawing {id(self)}"

    def _make(self, kind: type[Drawing]) -> None:
        self.drawing = kind()
        self.drawing.hide()
        self.drawing.asked_again.connect(self.refresh)
        self.drawing.measure_asked.connect(self.measure_asked)
        self._column.addWidget(self.drawing)

    def _take(self, answer: dict[str, Any] | Message, step: Step) -> None:
        assert self.drawing is not None
        self._error = answer if isinstance(answer, Message) else None
        if isinstance(answer, dict):
            try:
                self.drawing.show_answer(answer, step)
            except ValueError as error:
                self._error = Message(code="studio.core.answer", args={"reason": str(error)[:200]})
        self.drawing.setVisible(self._error is None)
        self._say()

    def _forget(self) -> None:
        if self._store is not None and self._kind is not None:
            self._store.forget(self._key, self._kind.heavy)
        if self.drawing is not None:
            self.drawing.hide()
        self._asked, self._error = None, None

    def _say(self) -> None:
        jobs = self._store.jobs if self._store is not None else ()
        card, step = self._card, self._step
        self.when.show_text("" if card is None or step is None else seen_after(card, step, jobs))
        self.when.setToolTip(tr("studio.drawing.when_tip"))
        self.when.setVisible(bool(self.when.text()))
        unfolded = self.drawing is not None and not self._folded
        empty = unfolded and self.drawing is not None and self.drawing.isHidden()
        self.words.show_text(text_of(self._error) if self._error is not None else tr("studio.drawing.working"))
        self.words.setVisible(bool(empty))
        self.setVisible(unfolded or bool(self.when.text()))
