"""The gallery of steps: every technique by phase, with what was published of it, and why one cannot be added."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QDialogButtonBox,
    QFrame,
    QGridLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from engine.contract.catalog import TechniqueCard
from studio.bound_texts import bind, on_language
from studio.i18n import pick, tr
from studio.presenters.numbers import NAMES
from studio.presenters.recipe.published_effects import brief, effect_names, in_full
from studio.presenters.recipe.step_phases import phase_name, rank
from studio.theme import restyle
from studio.widgets.on_screen import OnScreenDialog

_COLUMNS = 2
_LEAST = 240
Refusal = Callable[[TechniqueCard], str]


class CardButton(QPushButton):
    """A card that is a button: a title, a text below it, and a line in grey."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "cardButton")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self.title = QLabel()
        self.title.setProperty("role", "cardTitle")
        self.body = QLabel()
        self.body.setProperty("role", "muted")
        self.note = QLabel()
        self.note.setProperty("role", "caption")
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 12, 14, 12)
        column.setSpacing(4)
        for label in (self.title, self.body, self.note):
            label.setWordWrap(True)
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            column.addWidget(label)
        column.addStretch(1)

    def show_texts(self, title: str, text: str, note: str, problem: bool = False) -> None:
        """Fill the card; `problem` marks the note as a reason why not."""
        self.title.setText(title)
        self.body.setText(text)
        self.note.setText(note)
        self.note.setVisible(bool(note))
        restyle(self.note, tone="warn" if problem else "none")
        self.setEnabled(not problem)
        for label in (self.title, self.body):
            restyle(label, off=not self.isEnabled())
        self.setAccessibleName(title)
        self.setAccessibleDescription(f"{text} {note}")

    def sizeHint(self) -> QSize:  # noqa: N802
        """What the texts need at the width that they have; they wrap, so any width will do."""
        layout = self.layout()
        if layout is None:
            return super().sizeHint()
        width = max(self.width(), _LEAST)
        return QSize(_LEAST, layout.totalHeightForWidth(width))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """What the texts need at least."""
        layout = self.layout()
        return QSize(_LEAST, layout.totalMinimumSize().height()) if layout is not None else super().minimumSizeHint()


class StepGallery(OnScreenDialog):
    """Asks which step to add; `chosen` tells the technique's key."""

    chosen = Signal(str)

    def __init__(
        self, cards: Sequence[TechniqueCard], detector: str | None, refusal: Refusal, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._detector = detector
        self._refusal = refusal
        self.buttons: dict[str, CardButton] = {}
        self._cards = {card.key: card for card in cards}
        self._headings: dict[str, QLabel] = {}
        body = QWidget()
        body.setObjectName("scrolled")
        self._grid = QGridLayout(body)
        self._grid.setContentsMargins(24, 12, 24, 16)
        self._grid.setSpacing(12)
        self._grid.setColumnMinimumWidth(0, 96)
        for column in (1, 2):
            self._grid.setColumnStretch(column, 1)
        for phase in sorted({card.phase for card in cards}, key=rank):
            self._add_phase(phase, [card for card in cards if card.phase == phase])
        self._grid.setRowStretch(self._grid.rowCount(), 1)
        self._lay_out(body)
        self.resize(880, 640)
        self.retranslate()
        on_language(self.retranslate)

    def _lay_out(self, body: QWidget) -> None:
        area = QScrollArea()
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setWidget(body)
        lead = QLabel()
        lead.setProperty("role", "muted")
        lead.setContentsMargins(24, 20, 24, 4)
        lead.setWordWrap(True)
        bind(lead.setText, "studio.recipe.gallery_lead")
        buttons = QDialogButtonBox()
        cancel = buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        bind(cancel.setText, "studio.recipe.cancel")
        buttons.rejected.connect(self.reject)
        buttons.setContentsMargins(24, 12, 24, 16)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(lead)
        column.addWidget(area, 1)
        column.addWidget(buttons)

    def _add_phase(self, phase: str, cards: Sequence[TechniqueCard]) -> None:
        heading = QLabel()
        heading.setProperty("role", "heading")
        heading.setContentsMargins(0, 12, 0, 0)
        self._headings[phase] = heading
        row = self._grid.rowCount()
        self._grid.addWidget(heading, row, 0, Qt.AlignmentFlag.AlignTop)
        for place, card in enumerate(cards):
            button = CardButton()
            button.clicked.connect(lambda _=False, key=card.key: self._choose(key))
            self.buttons[card.key] = button
            self._grid.addWidget(button, row + place // _COLUMNS, 1 + place % _COLUMNS)

    def retranslate(self) -> None:
        """Take texts in the current language."""
        self.setWindowTitle(tr("studio.recipe.gallery_title"))
        for phase, heading in self._headings.items():
            heading.setText(phase_name(phase))
        for key, button in self.buttons.items():
            card = self._cards[key]
            reason = self._refusal(card)
            button.show_texts(pick(card.title), pick(card.summary), reason or self._effects(card), bool(reason))
            button.setToolTip(reason or in_full(card.published))

    def _effects(self, card: TechniqueCard) -> str:
        effects = [
            f"{tr(NAMES[name])} {brief(card.published, name, self._detector)}" for name in effect_names(card.published)
        ]
        return tr("studio.recipe.published_effects", effects=" · ".join(effects[:3])) if effects else ""

    def _choose(self, key: str) -> None:
        self.chosen.emit(key)
        self.accept()
