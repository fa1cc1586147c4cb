"""The phones that adb knows, live: what each is, why one cannot be used, and what to do when there is none."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from engine.contract.phones import Phone
from engine.contract.text.messages import Message
from studio.bound_texts import on_language
from studio.i18n import text_of, tr
from studio.presenters.phone.bench_words import phone_facts, phone_title
from studio.stores.phone.phones import DEFAULT_SOC, PhonesStore
from studio.theme import restyle
from studio.views.shared.soc_chooser import add_chips
from studio.widgets.buttons import Button, IconButton
from studio.widgets.controls import QuietCombo
from studio.widgets.labels import Chip, Elided, Heading, Muted, Text
from studio.widgets.panels import Card, ErrorBanner, Rule

_STATES = {
    "ready": "studio.bench.state_ready",
    "unauthorized": "studio.bench.state_unauthorized",
    "offline": "studio.bench.state_offline",
    "no_permissions": "studio.bench.state_no_permissions",
    "connecting": "studio.bench.state_connecting",
    "silent": "studio.bench.state_silent",
    "unknown": "studio.bench.state_unknown",
}
_TONES = {"ready": "good", "connecting": "info"}


class PhoneRow(QFrame):
    """One phone; a click, space or return chooses it."""

    chosen = Signal(str)

    def __init__(self, phone: Phone, selected: bool) -> None:
        super().__init__()
        self.phone = phone
        self.setObjectName("phoneRow")
        self.setProperty("role", "card")
        self.setProperty("selected", selected)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(f"{phone_title(phone)} {phone_facts(phone)}")
        self.state = Chip(_STATES[phone.state], _TONES.get(phone.state, "warn"))
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 10)
        column.setSpacing(4)
        head = QHBoxLayout()
        head.setSpacing(6)
        name = Elided(phone_title(phone), "heading")
        head.addWidget(name, 1)
        if phone.simulated:
            head.addWidget(Chip("studio.bench.simulated", "warn"))
        head.addWidget(self.state)
        column.addLayout(head)
        facts = Muted()
        facts.show_text(phone_facts(phone) or phone.serial)
        column.addWidget(facts)
        for message, tone in ((phone.problem, "bad"), *((note, "") for note in phone.notes)):
            if message is not None:
                column.addWidget(_sentence(message, tone))

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Choose it."""
        super().mousePressEvent(event)
        self.chosen.emit(self.phone.serial)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Choose it by the keyboard."""
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.chosen.emit(self.phone.serial)
        else:
            super().keyPressEvent(event)


class DeviceCard(Card):
    """Reads and calls the store of phones."""

    def __init__(self, store: PhonesStore) -> None:
        super().__init__()
        self._store = store
        self._shown: object = None
        self.again = IconButton("refresh", "studio.bench.look_again", store.look_again)
        head = QHBoxLayout()
        head.addWidget(Heading("studio.bench.devices"), 1)
        head.addWidget(self.again)
        self.problem = ErrorBanner(tone="warn")
        self.problem.away.hide()
        self.empty = _how_to()
        self.looking = Muted("studio.bench.looking")
        self._list = QVBoxLayout()
        self._list.setSpacing(8)
        self.rows: list[PhoneRow] = []
        self.body.addLayout(head)
        for widget in (self.looking, self.problem, self.empty):
            self.body.addWidget(widget)
        self.body.addLayout(self._list)
        self._add_simulation()
        store.changed.connect(self.refresh)
        on_language(self._anew)
        self.refresh()

    def _add_simulation(self) -> None:
        self.soc = QuietCombo()
        # As wide as the longest name, the heading among the entries would press the card beyond its column.
        self.soc.setSizeAdjustPolicy(QuietCombo.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.soc.setMinimumContentsLength(13)
        self.simulate = Button("studio.bench.simulate", self._simulate, "quiet", "phone")
        self.end = Button("studio.bench.end_simulation", self._store.end_simulation, "quiet", "stop")
        self.simulation_line = Muted("studio.bench.simulation_line")
        self.simulation_problem = ErrorBanner()
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.simulate)
        row.addWidget(self.end)
        row.addStretch(1)
        row.addWidget(self.soc)
        self.body.addWidget(Rule())
        self.body.addLayout(row)
        self.body.addWidget(self.simulation_line)
        self.body.addWidget(self.simulation_problem)
        self._name_soc()

    def refresh(self) -> None:
        """Show what the store knows; a person's focus stays where it is."""
        store = self._store
        problem = store.problem
        self.problem.tell(problem)
        self.problem.away.hide()
        self.looking.setVisible(store.list is None and problem is None)
        self.empty.setVisible(store.list is not None and problem is None and not store.phones)
        self.simulate.setVisible(not store.simulating)
        self.soc.setVisible(not store.simulating and self.soc.count() > 0)
        self.end.setVisible(store.simulating)
        self.simulate.why_not("studio.bench.no_adb" if problem is not None and store.list is None else None)
        self.simulation_problem.tell(store.simulation_error)
        chosen = store.chosen
        state = (store.phones, chosen.serial if chosen else None)
        if state != self._shown:
            self._shown = state
            self._rebuild(chosen)

    def _rebuild(self, chosen: Phone | None) -> None:
        focused = next((row.phone.serial for row in self.rows if row.hasFocus()), None)
        for row in self.rows:
            self._list.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = [PhoneRow(phone, phone == chosen) for phone in self._store.phones]
        before: QWidget = self.again
        for row in self.rows:
            row.chosen.connect(self._store.choose, Qt.ConnectionType.QueuedConnection)
            self._list.addWidget(row)
            QWidget.setTabOrder(before, row)  # else Tab came to it after all else of the page
            before = row
            if row.phone.serial == focused:
                row.setFocus()

    def _simulate(self) -> None:
        self._store.simulate(self.soc.currentData() or DEFAULT_SOC)

    def _anew(self) -> None:
        self._shown = None
        self._name_soc()
        self.refresh()

    def _name_soc(self) -> None:
        wish = self.soc.currentData() or self._store.memory.get("soc", DEFAULT_SOC)
        self.soc.clear()
        add_chips(self.soc)
        self.soc.setCurrentIndex(max(0, self.soc.findData(wish)))
        self.soc.setAccessibleName(tr("studio.bench.soc"))
        self.soc.setToolTip(tr("studio.bench.soc"))


def _how_to() -> QWidget:
    """How a phone is connected, and what is not to be expected of it."""
    made = QWidget()
    column = QVBoxLayout(made)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(6)
    column.addWidget(Muted("studio.bench.no_phone"))
    for code in ("studio.bench.step_debugging", "studio.bench.step_cable", "studio.bench.step_check"):
        column.addWidget(Muted(code))
    column.addWidget(Muted("studio.bench.no_hexagon"))
    return made


def _sentence(message: Message, tone: str) -> Text:
    label = Text("", "caption")
    label.setWordWrap(True)
    label.show_text(text_of(message))
    if tone:
        restyle(label, tone=tone)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
