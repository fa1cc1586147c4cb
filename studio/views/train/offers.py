"""What can be done about a run that failed, as buttons below its cause."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from engine.contract.run.offers import Offer, offers
from studio.bound_texts import on_language
from studio.i18n import tr
from studio.presenters.train.offer_words import offer_text, offer_tip
from studio.stores.run import Run
from studio.widgets.buttons import Button
from studio.widgets.labels import Muted


class OfferRow(QWidget):
    """Hidden without an offer; `asked` tells the one that was chosen. The first is the one to be tried first."""

    asked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.offers: tuple[Offer, ...] = ()
        self.buttons: list[Button] = []
        self.none = Muted()
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(8)
        self._row.addWidget(self.none)
        self._row.addStretch(1)
        on_language(self._write)
        self.hide()

    def show_run(self, run: Run | None) -> None:
        """Offer what can be done about a run; nothing for one that did not fail."""
        ended = run is not None and run.status in ("failed", "lost")
        found = offers(run.root, run.job, run.error) if run is not None and ended else ()
        if found != self.offers:
            self.offers = found
            self._make()
        self.setVisible(bool(found))

    def _make(self) -> None:
        for button in self.buttons:
            self._row.removeWidget(button)
            button.deleteLater()
        self.buttons = []
        for place, offer in enumerate(self.offers):
            role = "primary" if place == 0 else ""
            button = Button("studio.train.start", partial(self.asked.emit, offer), role, "play")
            self._row.insertWidget(place, button)
            self.buttons.append(button)
        self._write()

    def _write(self) -> None:
        for button, offer in zip(self.buttons, self.offers, strict=True):
            button.show_text(offer_text(offer))
            button.setToolTip(offer_tip(offer))
        kinds = {offer.kind for offer in self.offers}
        without = "lower_rate" in kinds and "from_best" not in kinds
        self.none.setText(tr("studio.train.no_best") if without else "")
