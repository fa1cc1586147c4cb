"""The cards of a recipe on top of each other; a card is moved by its handle or by keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from engine.contract.catalog import TechniqueCard
from engine.contract.recipe import Step
from studio.stores.previews.drawings import DrawingStore
from studio.views.recipe.step_card import StepCard


class StepStack(QWidget):
    """Keeps one card for each step; asks for changes and never makes them."""

    edited = Signal(int, str, object, bool)
    switched = Signal(int, bool)
    removed = Signal(int)
    moved = Signal(int, int)
    expert_asked = Signal()
    measure_asked = Signal(int, str)
    picked = Signal(int)

    def __init__(self, drawings: DrawingStore, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._drawings = drawings
        self.cards: list[StepCard] = []
        self._expert = False
        self._why_not: str | None = None
        self._held: StepCard | None = None
        self._ghost: QLabel | None = None
        self._grip = QPoint()
        self._gap = QFrame(self)
        self._gap.setProperty("role", "dropLine")
        self._gap.setFixedHeight(3)
        self._gap.hide()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(12)

    def set_steps(
        self, steps: Sequence[Step], find: Callable[[str], TechniqueCard | None], missing: str | None = None
    ) -> None:
        """Show these steps; a card stays with its step when the order changes.

        `missing` is the code of why no technique is known yet; None where one that is not found is unknown.
        """
        left = list(self.cards)
        cards = []
        for step in steps:
            card = next((old for old in left if old.technique == step.technique), None)
            if card is None or (card.card is None and find(step.technique) is not None):
                card = self._make(step.technique, find(step.technique))
            else:
                left.remove(card)
            card.set_step(step)
            card.set_missing(missing)
            cards.append(card)
        for card in left:
            self._column.removeWidget(card)
            card.hide()
            card.deleteLater()
        if cards != self.cards:
            self._arrange(cards)

    def set_expert(self, expert: bool) -> None:
        """Show every parameter, or the simple ones."""
        self._expert = expert
        for card in self.cards:
            card.set_expert(expert)

    def set_measurable(self, why_not: str | None) -> None:
        """Let fields be measured (None), or disable that and tell why (the code of a sentence)."""
        self._why_not = why_not
        for card in self.cards:
            card.form.set_measurable(why_not)

    def _make(self, technique: str, found: TechniqueCard | None) -> StepCard:
        card = StepCard(technique, found, self)
        card.set_expert(self._expert)
        card.form.set_measurable(self._why_not)
        card.drawing.begin(self._drawings)
        card.measure_asked.connect(lambda name: self.measure_asked.emit(self.cards.index(card), name))
        card.edited.connect(lambda name, value, on: self.edited.emit(self.cards.index(card), name, value, on))
        card.switched.connect(lambda on: self.switched.emit(self.cards.index(card), on))
        card.removed.connect(lambda: self.removed.emit(self.cards.index(card)))
        card.shifted.connect(lambda way: self._shift(card, way))
        card.next_asked.connect(lambda way: self._go(card, way))
        card.expert_asked.connect(self.expert_asked)
        card.picked.connect(lambda: self.picked.emit(self.cards.index(card)))
        card.handle.pressed.connect(lambda place: self._take(card, place))
        card.handle.dragged.connect(self._drag)
        card.handle.released.connect(self._drop)
        return card

    def _arrange(self, cards: list[StepCard]) -> None:
        for card in cards:
            self._column.removeWidget(card)
        for card in cards:
            self._column.addWidget(card)
            card.show()
        for before, after in zip(cards, cards[1:], strict=False):
            QWidget.setTabOrder(before, after)
        self.cards = cards

    def _shift(self, card: StepCard, way: int) -> None:
        index = self.cards.index(card)
        if 0 <= index + way < len(self.cards):
            self.moved.emit(index, index + way)

    def _go(self, card: StepCard, way: int) -> None:
        """From a card to its neighbour, which is picked."""
        place = self.cards.index(card) + way
        if 0 <= place < len(self.cards):
            found = self.cards[place]
            found.setFocus(Qt.FocusReason.ShortcutFocusReason)
            self.picked.emit(place)
            around = self.parentWidget()
            while around is not None and not isinstance(around, QScrollArea):
                around = around.parentWidget()
            if around is not None:
                around.ensureWidgetVisible(found)

    def _take(self, card: StepCard, place: QPoint) -> None:
        self._held = card
        self._grip = place

    def _drag(self, place: QPoint) -> None:
        if self._held is None:
            return
        if self._ghost is None:
            if (place - self._grip).manhattanLength() < QApplication.startDragDistance():
                return
            self._lift(self._held)
        if self._ghost is None:
            return
        offset = place.y() - self._grip.y()
        self._ghost.move(self._held.x(), self._held.y() + offset)
        self._show_gap(self._slot(place))

    def _lift(self, card: StepCard) -> None:
        self._ghost = QLabel(self)
        self._ghost.setObjectName("dragGhost")
        self._ghost.setPixmap(card.grab())
        self._ghost.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._ghost.show()
        self._ghost.raise_()
        card.set_dragging(True)
        self.grabKeyboard()

    def _slot(self, place: QPoint) -> int:
        """The gap between cards that is nearest to the pointer, 0 above the first card."""
        y = self.mapFromGlobal(place).y()
        return sum(card.geometry().center().y() < y for card in self.cards)

    def _show_gap(self, slot: int) -> None:
        last = self.cards[-1].geometry().bottom()
        y = self.cards[slot].y() - 8 if slot < len(self.cards) else last + 5
        self._gap.setGeometry(0, max(y, 0), self.width(), 3)
        self._gap.setProperty("slot", slot)
        self._gap.show()
        self._gap.raise_()

    def _drop(self) -> None:
        card, slot = self._held, int(self._gap.property("slot") or 0)
        lifted = self._ghost is not None
        self._end_drag()
        if card is not None and lifted:
            index = self.cards.index(card)
            to = slot - (slot > index)
            if to != index:
                self.moved.emit(index, to)

    def _end_drag(self) -> None:
        if self._ghost is not None:
            self.releaseKeyboard()
            self._ghost.hide()
            self._ghost.deleteLater()
            self._ghost = None
        if self._held is not None:
            self._held.set_dragging(False)
        self._held = None
        self._gap.hide()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Escape lets the card go where it was."""
        if event.key() == Qt.Key.Key_Escape and self._ghost is not None:
            self._end_drag()
        else:
            super().keyPressEvent(event)
