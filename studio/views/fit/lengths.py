"""How much work a fit may do: trials and their length, the last training, pictures."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from studio.bound_texts import bind
from studio.presenters.fit.choices import AS_BASE, FitChoices
from studio.views.fit.field_grid import WIDTH, field_grid
from studio.widgets.controls import IntegerSpin
from studio.widgets.labels import Text

_FIELDS: tuple[tuple[str, int, int], ...] = (
    ("trials", 1, 100),
    ("trial_epochs", 0, 10_000),
    ("at_once", 1, 64),
    ("epochs", AS_BASE, 10_000),
    ("pictures", 1, 100_000),
    ("limit", 0, 1_000_000),
)


class Lengths(QWidget):
    """`changed` tells that something else is wanted."""

    changed = Signal()

    def __init__(self, choices: FitChoices) -> None:
        super().__init__()
        self.spins: dict[str, IntegerSpin] = {}
        grid = field_grid(self)
        for row, (name, least, most) in enumerate(_FIELDS):
            spin = self.spins[name] = IntegerSpin()
            spin.setRange(least, most)
            spin.setFixedWidth(WIDTH)
            spin.setValue(getattr(choices, name))
            label = Text(role="caption")
            label.setBuddy(spin)
            grid.addWidget(label, row, 0)
            grid.addWidget(spin, row, 1)
            self._name(name, label, spin)
            spin.valueChanged.connect(self.changed)
        bind(self.spins["epochs"].setSpecialValueText, "studio.fit.as_base")
        bind(self.spins["limit"].setSpecialValueText, "studio.fit.all_pictures")

    def values(self) -> dict[str, int]:
        """Every number by its name."""
        return {name: spin.value() for name, spin in self.spins.items()}

    @staticmethod
    def _name(name: str, label: Text, spin: IntegerSpin) -> None:
        codes = {
            "trials": ("studio.fit.trials", "studio.fit.trials_tip"),
            "trial_epochs": ("studio.fit.trial_epochs", "studio.fit.trial_epochs_tip"),
            "at_once": ("studio.fit.at_once", "studio.fit.at_once_tip"),
            "epochs": ("studio.fit.epochs", "studio.fit.epochs_tip"),
            "pictures": ("studio.fit.pictures", "studio.fit.pictures_tip"),
            "limit": ("studio.fit.limit", "studio.fit.limit_tip"),
        }
        title, tip = codes[name]
        bind(label.setText, title)
        bind(spin.setAccessibleName, title)
        bind(spin.setToolTip, tip)
