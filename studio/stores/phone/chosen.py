"""The phone for which the studio estimates: one choice for recipes and for cards of detectors, kept in the settings."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from engine.contract.latency import PhoneChoice
from engine.contract.phones import Phone
from engine.contract.socs import estimated_socs
from studio.stores.settings import SettingsStore

KEEPER = "recipe.phone"
"""Under which the settings keep it; None for no phone."""
FOLLOWED = "recipe.phone_followed"
"""Under which the settings keep the serial of the phone that was followed last."""
FIRST = PhoneChoice(soc="SD855", threads=4)
"""Until a person chooses: of no chip and threads were more latencies published."""


class ChosenPhone(QObject):
    """`choice` is None where a person wants no phone. Its precision is that of a network in float."""

    changed = Signal()

    def __init__(self, settings: SettingsStore, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        pages = settings.value.pages
        kept = read_choice(pages[KEEPER]) if KEEPER in pages else FIRST
        if kept is not None and kept.precision == "int8":  # which once could be chosen, and follows from a recipe now
            kept = kept.model_copy(update={"precision": "fp32"})
        self.choice = kept

    def follow(self, phone: Phone | None) -> None:
        """Estimate for a phone that was plugged in, once for each: what a person chooses afterwards stays.

        Who wants no phone is left without, and a simulated one is none.
        """
        if phone is None or self.choice is None or phone.simulated or phone.soc_key not in estimated_socs():
            return
        if self._settings.value.pages.get(FOLLOWED) == phone.serial:
            return
        self._settings.update(pages={**self._settings.value.pages, FOLLOWED: phone.serial})
        precision = self.choice.precision if estimated_socs()[phone.soc_key].fp16 else "fp32"
        self.choose(self.choice.model_copy(update={"soc": phone.soc_key, "precision": precision}))

    def choose(self, choice: PhoneChoice | None) -> None:
        """Estimate for another phone from now on, or for none."""
        if choice != self.choice:
            self.choice = choice
            kept = choice.model_dump() if choice is not None else None
            self._settings.update(pages={**self._settings.value.pages, KEEPER: kept})
            self.changed.emit()


def read_choice(kept: object) -> PhoneChoice | None:
    """A remembered choice; None for one that cannot be read or names a chip without estimates."""
    try:
        choice = PhoneChoice.model_validate(kept)
    except ValueError:
        return None
    return choice if choice.soc in estimated_socs() else None
