"""A note above the stack: in which order the plan applies the steps when that is not the order shown."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from studio.bound_texts import bind
from studio.i18n import tr


class OrderNote(QFrame):
    """Hidden while both orders are the same."""

    arrange_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "note")
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.button = QPushButton()
        self.button.setProperty("role", "quiet")
        bind(self.button.setText, "studio.recipe.arrange")
        self.button.clicked.connect(self.arrange_asked)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 8, 8, 8)
        row.addWidget(self.text, 1)
        row.addWidget(self.button)
        self.hide()

    def show_order(self, titles: Sequence[str]) -> None:
        """Show the order of the plan; no titles where there is nothing to say."""
        self.text.setText(tr("studio.recipe.order", order=" → ".join(titles)))
        self.setVisible(bool(titles))
