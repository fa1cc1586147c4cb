"""One step of a recipe as a card: switch, what it changes, its problems, and its form."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QMouseEvent, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from engine.contract.catalog import TechniqueCard
from engine.contract.figures import Figure
from engine.contract.recipe import Step
from engine.contract.text.messages import Message
from studio.bound_texts import bind, on_language
from studio.i18n import pick, text_of, tr
from studio.presenters.recipe.step_phases import phase_name
from studio.theme import restyle
from studio.views.recipe.drawings.panel import DrawingPanel
from studio.views.recipe.step_chips import EffectChips
from studio.widgets.controls import Switch, put_icon
from studio.widgets.labels import Chip, Elided, IconLabel
from studio.widgets.panels import Rule
from studio.widgets.schema.form import SchemaForm


class DragHandle(IconLabel):
    """The place by which a card is dragged; tells the pointer's place in the whole screen."""

    pressed = Signal(QPoint)
    dragged = Signal(QPoint)
    released = Signal()

    def __init__(self) -> None:
        super().__init__("drag", 16)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        bind(self.setToolTip, "studio.recipe.drag_tip")

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Take hold."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            self.pressed.emit(event.globalPosition().toPoint())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Pull."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.dragged.emit(event.globalPosition().toPoint())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Let go."""
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.released.emit()


class StepCard(QFrame):
    """Shows a step; every change is told and shown only once the store has made it."""

    edited = Signal(str, object, bool)
    switched = Signal(bool)
    removed = Signal()
    shifted = Signal(int)
    next_asked = Signal(int)
    expert_asked = Signal()
    measure_asked = Signal(str)
    picked = Signal()

    def __init__(self, technique: str, card: TechniqueCard | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.technique = technique
        self.card = card
        self._missing: str | None = None
        self._problems: tuple[Message, ...] = ()
        self._step: Step | None = None
        self.setObjectName("stepCard")
        self.setProperty("role", "card")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.handle = DragHandle()
        self.title = Elided(role="cardTitle", mode=Qt.TextElideMode.ElideRight)
        self.title.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.phase = Chip()
        self.summary = QLabel()
        self.summary.setProperty("role", "muted")
        self.summary.setWordWrap(True)
        self.chips = EffectChips()
        self.problem = QLabel()
        self.problem.setProperty("role", "problem")
        self.problem.setWordWrap(True)
        self.drawing = DrawingPanel(technique, card)
        self.switch = Switch()
        self.form = SchemaForm(card.parameters if card is not None else {})
        self._fold = QToolButton()
        self._remove = QToolButton()
        put_icon(self._remove, "trash")
        self._lay_out()
        self._connect()
        self.set_expanded(False)
        self.retranslate()
        on_language(self.retranslate)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self.handle)
        head.addWidget(self.title)
        head.addWidget(self.phase)
        head.addStretch(1)
        head.addWidget(self.switch)
        head.addWidget(self._remove)
        head.addWidget(self._fold)
        body = QVBoxLayout()
        body.setContentsMargins(24, 0, 8, 0)
        body.setSpacing(8)
        for widget in (self.summary, self.chips, self.problem, self.drawing):
            body.addWidget(widget)
        self._rule = Rule()
        body.addWidget(self._rule)
        body.addWidget(self.form)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 14)
        column.setSpacing(4)
        column.addLayout(head)
        column.addLayout(body)

    def _connect(self) -> None:
        self.form.edited.connect(self.edited)
        self.form.more_asked.connect(self.expert_asked)
        for part in (self.form, self.drawing):
            part.measure_asked.connect(self.measure_asked)
        self.switch.clicked.connect(self.switched)
        self._remove.clicked.connect(self.removed)
        self._fold.clicked.connect(lambda: self.set_expanded(not self.expanded))
        for keys, way in (("Alt+Up", -1), ("Alt+Down", 1), ("Ctrl+Up", -1), ("Ctrl+Down", 1)):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(lambda way=way: self.shifted.emit(way))

    @property
    def expanded(self) -> bool:
        """Whether the form shows."""
        return not self.form.isHidden()

    def set_expanded(self, expanded: bool) -> None:
        """Show or hide the form."""
        self.form.setVisible(expanded)
        self.drawing.set_folded(not expanded)
        self._rule.setVisible(expanded)
        put_icon(self._fold, "chevron-up" if expanded else "chevron-down")
        self._name_fold()

    def set_step(self, step: Step) -> None:
        """Show the parameters and whether the step is on; nothing is done for what is shown already."""
        if step == self._step:
            return
        self._step = step
        self.switch.setChecked(step.enabled)
        self.form.set_values(step.params)
        self.drawing.show_step(step)
        self.form.setEnabled(step.enabled)
        restyle(self.title, off=not step.enabled)

    def set_missing(self, code: str | None) -> None:
        """Say why the technique is not known yet; None for one that is unknown."""
        if code != self._missing:
            self._missing = code
            self.retranslate()

    def set_expert(self, expert: bool) -> None:
        """Show every parameter, or the simple ones."""
        self.form.set_expert(expert)

    def set_effect(self, before: Sequence[Figure], after: Sequence[Figure], detector: str | None) -> None:
        """Show what the step changes."""
        self.chips.show_step(self.card, before, after, detector)

    def set_problems(self, problems: Sequence[Message]) -> None:
        """Show what keeps the step from being applied, with the remedy."""
        self._problems = tuple(problems)
        self.problem.setText("\n".join(text_of(problem) for problem in problems))
        self.problem.setVisible(bool(problems))
        restyle(self, state="problem" if problems else "")

    def set_picked(self, picked: bool) -> None:
        """Show that the steps up to this one are looked at."""
        restyle(self, picked=picked)

    def set_dragging(self, dragging: bool) -> None:
        """Look lifted while dragged."""
        restyle(self, state="dragging" if dragging else "problem" if self._problems else "")

    def retranslate(self) -> None:
        """Take texts in the current language."""
        card = self.card
        title = pick(card.title) if card is not None else self.technique
        self.title.set_full(title)
        self.phase.setText(phase_name(card.phase) if card is not None else "")
        self.phase.setToolTip(tr("studio.recipe.phase_tip"))
        self.summary.setText(pick(card.summary) if card else tr(self._missing or "studio.recipe.unknown_technique"))
        self.setAccessibleName(title)
        self.switch.setToolTip(tr("studio.recipe.switch_tip"))
        self.switch.setAccessibleName(tr("studio.recipe.switch_name", title=title))
        self._remove.setToolTip(tr("studio.recipe.remove_tip"))
        self._remove.setAccessibleName(tr("studio.recipe.remove_name", title=title))
        self._name_fold()
        self.set_problems(self._problems)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Return picks, Up and Down a neighbour; Right opens, Left folds; Space switches, Delete removes."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.picked.emit()
        elif event.key() in (Qt.Key.Key_Right, Qt.Key.Key_Left):
            self.set_expanded(event.key() == Qt.Key.Key_Right)
        elif event.key() == Qt.Key.Key_Space:
            self.switched.emit(not self.switch.isChecked())
        elif event.key() == Qt.Key.Key_Delete:
            self.removed.emit()
        elif event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.next_asked.emit(-1 if event.key() == Qt.Key.Key_Up else 1)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Ask for what the steps up to this one do."""
        super().mousePressEvent(event)
        if event.button() == Qt.MouseButton.LeftButton:
            self.picked.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Open or fold."""
        self.set_expanded(not self.expanded)

    def _name_fold(self) -> None:
        text = tr("studio.recipe.fold") if self.expanded else tr("studio.recipe.unfold")
        self._fold.setToolTip(text)
        self._fold.setAccessibleName(text)
