"""Figures of the catalogue's detectors at a size, and on the chosen phone: counted one after the other, and kept."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from engine.contract.figures import Figure
from engine.contract.latency import PhoneChoice
from engine.contract.project import DetectorChoice
from engine.contract.text.messages import Message
from studio.stores.kept_figures import keep_figures, read_figures
from studio.stores.phone.chosen import ChosenPhone
from studio.stores.previews.previews import Figures, PreviewStore

Known = tuple[Figure, ...] | Message
_Counted = tuple[str, int, int]


class DetectorFigures(QObject):
    """What is wanted is counted in its order; what is known is there at once, be it of an earlier start."""

    changed = Signal()

    def __init__(self, previews: PreviewStore, phone: ChosenPhone, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._previews, self._phone = previews, phone
        self._known: dict[tuple[_Counted, PhoneChoice | None], Known] = {}
        self._counts: dict[_Counted, Figures] = {}
        self._wanted: tuple[DetectorChoice, ...] = ()
        self._asked: DetectorChoice | None = None
        phone.changed.connect(self._other_phone)

    @property
    def progress(self) -> tuple[int, int] | None:
        """How many of the wanted detectors are counted, and how many there are; None when all are."""
        missing = len(self._missing())
        return (len(self._wanted) - missing, len(self._wanted)) if missing or self._asked is not None else None

    def known(self, choice: DetectorChoice) -> Known | None:
        """The figures of a detector, or why there are none; None while they are being counted.

        While another phone is being estimated for, all but its time is there.
        """
        found = self._known.get((_counted(choice), self._phone.choice))
        return found if found is not None else self._counts.get(_counted(choice))

    def want(self, choices: Sequence[DetectorChoice]) -> None:
        """Have these counted, in their order; what was wanted before and is not among them no more."""
        self._wanted = tuple(choices)
        for choice in self._missing():
            kept = read_figures(choice, self._phone.choice)
            if kept is not None:
                self._note(choice, self._phone.choice, kept)
        self._next()
        self.changed.emit()

    def retry(self) -> None:
        """Count again what could not be counted."""
        self._known = {key: known for key, known in self._known.items() if not isinstance(known, Message)}

    def _missing(self) -> list[DetectorChoice]:
        phone = self._phone.choice
        return [choice for choice in self._wanted if (_counted(choice), phone) not in self._known]

    def _next(self) -> None:
        missing = self._missing()
        if self._asked is not None or not missing:
            return
        choice, phone = missing[0], self._phone.choice
        self._asked = choice
        self._previews.figures_of(choice, lambda answer: self._receive(choice, phone, answer), phone)

    def _receive(self, choice: DetectorChoice, phone: PhoneChoice | None, answer: Known) -> None:
        self._asked = None
        self._note(choice, phone, answer)
        if not isinstance(answer, Message):
            keep_figures(choice, phone, answer)
        self._next()
        self.changed.emit()

    def _note(self, choice: DetectorChoice, phone: PhoneChoice | None, known: Known) -> None:
        self._known[_counted(choice), phone] = known
        if not isinstance(known, Message):
            self._counts[_counted(choice)] = tuple(figure for figure in known if figure.name != "phone_ms")

    def _other_phone(self) -> None:
        self.want(self._wanted)


def _counted(choice: DetectorChoice) -> _Counted:
    """What of a choice its figures hang on: anchors and the names of classes change none."""
    return choice.key, choice.size, len(choice.classes)
