"""What there is to choose from, as `engine describe` tells it."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError
from PySide6.QtCore import QObject, Signal

from engine.contract.catalog import Catalog, DetectorCard, TechniqueCard
from engine.contract.text.messages import Message
from engine.contract.text.reasons import at_place
from studio.workers.engine_process import Document


class CatalogStore(QObject):
    """The catalogue: None until `load` has been answered; `changed` tells when."""

    changed = Signal()
    failed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.catalog: Catalog | None = None
        self.error: Message | None = None
        self._call: Document | None = None

    @property
    def missing(self) -> str | None:
        """The code of why nothing is known yet: it loads, or could not be loaded; None once it is there."""
        if self.catalog is not None:
            return None
        return "studio.core.catalog_loading" if self.error is None else "studio.core.catalog_failed"

    def load(self) -> None:
        """Ask the engine, once; again after a failure."""
        if self.catalog is None and self._call is None:
            self._call = Document(["describe"], self)
            self._call.done.connect(self._receive)

    def technique(self, key: str) -> TechniqueCard | None:
        """The card of a technique."""
        cards = self.catalog.techniques if self.catalog else ()
        return next((card for card in cards if card.key == key), None)

    def detector(self, key: str) -> DetectorCard | None:
        """The card of a detector."""
        cards = self.catalog.detectors if self.catalog else ()
        return next((card for card in cards if card.key == key), None)

    def close(self) -> None:
        """End a call that is under way."""
        if self._call is not None:
            self._call.close()
            self._call = None

    def _receive(self, answer: dict[str, Any] | Message) -> None:
        if self._call is not None:
            self._call.deleteLater()
            self._call = None
        if isinstance(answer, dict):
            try:
                self.catalog = Catalog.model_validate({name: answer.get(name) for name in Catalog.model_fields})
            except ValidationError as error:
                answer = Message(code="studio.core.answer", args={"reason": at_place(error)})
        if isinstance(answer, Message):
            self.error = answer
            self.failed.emit(answer)
            return
        self.error = None
        self.changed.emit()
