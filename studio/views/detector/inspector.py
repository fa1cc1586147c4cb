"""The chosen detector in detail: its input sizes, its anchors, and all that was published of it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.contract.catalog import DetectorCard
from engine.contract.project import DetectorChoice
from studio.bound_texts import on_language
from studio.i18n import tr
from studio.presenters.detector_choice import published_line
from studio.widgets.labels import Heading, Muted


class DetectorInspector(QWidget):
    """Texts only; every line can be selected and copied."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._card: DetectorCard | None = None
        self._choice: DetectorChoice | None = None
        self.title, self.facts, self.anchors, self.published = Heading(), Muted(), Muted(), Muted()
        self.heading = Heading("studio.detector.published")
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(8)
        for widget in (self.title, self.facts, self.anchors):
            column.addWidget(widget)
        column.addSpacing(8)
        for widget in (self.heading, self.published):
            column.addWidget(widget)
        column.addStretch(1)
        for label in (self.facts, self.anchors, self.published):
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        on_language(self._retranslate)
        self._retranslate()

    def show_choice(self, card: DetectorCard | None, choice: DetectorChoice | None) -> None:
        """Show another detector, as the project has it."""
        self._card, self._choice = card, choice
        self._retranslate()

    def _retranslate(self) -> None:
        card, choice = self._card, self._choice
        shown = card is not None and choice is not None
        self.heading.setVisible(shown)
        self.anchors.setVisible(shown and choice is not None and choice.anchors is not None)
        if card is None or choice is None:
            self.title.setText(tr("studio.detector.title"))
            self.facts.setText(tr("studio.detector.nothing_chosen"))
            self.published.clear()
            return
        self.title.setText(card.title)
        sizes = {name: card.sizes[name] for name in ("min", "max", "multiple")}
        self.facts.setText(
            "\n".join(
                [
                    tr("studio.detector.chosen", size=choice.size, count=len(choice.classes)),
                    tr("studio.detector.sizes", **sizes),
                ]
            )
        )
        if choice.anchors is not None:
            pairs = ", ".join(f"{width}×{height}" for width, height in choice.anchors)
            self.anchors.setText(tr("studio.detector.anchors", size=choice.size, anchors=pairs))
        self.published.setText("\n\n".join(published_line(row) for row in card.published))
