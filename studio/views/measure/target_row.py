"""The row that says what a proposal is to keep within: of MACs, of size, of a time on a phone, or of points."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from engine.contract.figures import pick
from engine.contract.latency import PhoneChoice
from studio.bound_texts import on_language
from studio.i18n import tr
from studio.stores.phone.chosen import FIRST
from studio.studio import Studio
from studio.views.shared.soc_chooser import PhoneChooser
from studio.widgets.controls import NumberSpin, QuietCombo
from studio.widgets.labels import Text

_TARGETS = {"macs": 40.0, "size": 20.0, "ms": 10.0, "points": 3.0}
"""What is asked for first: percent of the MACs, percent of the size, milliseconds, points."""
KINDS = tuple(_TARGETS)
_LEAST = {"macs": 1.0, "size": 1.0, "ms": 0.1, "points": 0.1}
_MOST = {"macs": 100.0, "size": 100.0, "ms": 100_000.0, "points": 100.0}
_STEP = {"macs": 5.0, "size": 5.0, "ms": 1.0, "points": 0.5}


class TargetRow(QWidget):
    """`changed` tells that something else is asked for."""

    changed = Signal()

    def __init__(self, studio: Studio, *, int8: bool, parent: QWidget | None = None) -> None:
        """`int8`: a time on a phone is one in int8."""
        super().__init__(parent)
        self._studio, self._int8 = studio, int8
        self._kinds: Sequence[str] = KINDS
        self._limits = {**_TARGETS, "ms": _first_ms(studio)}
        self.target = QuietCombo()
        self.limit = NumberSpin()
        self.phone = PhoneChooser(wide=True, floats=True, bare=int8)
        self.phone.show_whole()
        self.phone.take(studio.chosen_phone.choice or FIRST)
        self._lay_out()
        self.target.currentIndexChanged.connect(lambda _: self._retarget())
        self.limit.valueChanged.connect(self._limit_changed)
        self.phone.chosen.connect(self._choose_phone)
        on_language(self._name_targets)
        self._name_targets()
        self._retarget()

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        label = Text("studio.measure.target", "caption")
        label.setBuddy(self.target)
        self.limit.setFixedWidth(112)
        for widget in (label, self.target, self.limit):
            row.addWidget(widget)
        row.addWidget(self.phone)
        row.addStretch(1)

    @property
    def kind(self) -> str:
        """The chosen target: macs, size, ms or points."""
        return self._kinds[max(self.target.currentIndex(), 0)]

    def offer(self, kinds: Sequence[str]) -> None:
        """Let these be asked for, and no others; the chosen one stays where it is among them. It tells nobody."""
        before = self.kind
        self._kinds = tuple(kinds)
        with QSignalBlocker(self):
            self._name_targets(before)
            self._retarget()

    def words(self) -> list[str]:
        """The options of the command line that ask for it."""
        value = self.limit.value() / (100 if self.kind in ("macs", "size") else 1)
        words = [f"--{self.kind}", f"{value:g}"]
        if self.kind == "ms":
            phone = self.chosen_phone()
            words += [f"--phone={phone.soc}", f"--threads={phone.threads}", f"--precision={phone.precision}"]
        return words

    def chosen_phone(self) -> PhoneChoice:
        """What a time is of: in int8 where the recipe quantises."""
        choice = self.phone.choice() or FIRST
        return choice.model_copy(update={"precision": "int8"}) if self._int8 else choice

    def _choose_phone(self, choice: PhoneChoice) -> None:
        self._studio.chosen_phone.choose(choice)
        self.changed.emit()

    def _name_targets(self, chosen: str | None = None) -> None:
        with QSignalBlocker(self.target):
            at = max(self.target.currentIndex(), 0)
            if chosen is not None:
                at = self._kinds.index(chosen) if chosen in self._kinds else 0
            self.target.clear()
            self.target.addItems([tr(f"studio.measure.target_{kind}") for kind in self._kinds])
            self.target.setCurrentIndex(at)
        self.target.setAccessibleName(tr("studio.measure.target"))
        self.limit.setAccessibleName(self.target.currentText())
        units = {"points": tr("studio.measure.points"), "ms": "ms"}
        self.limit.setSuffix(f" {units.get(self.kind, '%')}")

    def _retarget(self) -> None:
        kind = self.kind
        with QSignalBlocker(self.limit):
            self.limit.setDecimals(2 if kind == "ms" else 1)
            self.limit.setRange(_LEAST[kind], _MOST[kind])
            self.limit.setSingleStep(_STEP[kind])
            self.limit.setValue(self._limits[kind])
        self.phone.setVisible(kind == "ms")
        self._name_targets()
        self.changed.emit()

    def _limit_changed(self, value: float) -> None:
        self._limits[self.kind] = value
        self.changed.emit()


def _first_ms(studio: Studio) -> float:
    """The project's own target, else two thirds of what the recipe's start takes, else some milliseconds."""
    wanted = studio.targets.get("phone_ms")
    if wanted:
        return wanted
    base = pick(studio.previews.latest.base, "phone_ms") if studio.previews.latest is not None else None
    return round(base.value * 2 / 3, 1) if base is not None else _TARGETS["ms"]
