"""The page Detector: which network is trained, at which input size, and what its training starts from."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QProgressBar,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from engine.contract.project import DetectorChoice
from engine.contract.text.messages import Argument, Message
from studio.bound_texts import bind, on_language
from studio.presenters.detector_choice import AnchorMemory, can_start_from, choice_of, other_runs
from studio.presenters.page_state import PageState
from studio.studio import Studio
from studio.views.detector.card import DetectorButton
from studio.views.detector.inspector import DetectorInspector
from studio.views.detector.start import StartPanel
from studio.views.imports.dialog import ImportDialog
from studio.views.page import Page
from studio.views.shared.detector_size import SizeControl
from studio.views.shared.soc_chooser import PhoneChooser
from studio.widgets.labels import Chip, Heading, Muted, Text, Title
from studio.widgets.panels import Card, EmptyState, ErrorBanner
from studio.widgets.scrolled import Scrolled

_COLUMNS = 2
_BAR_WIDTH = 120


class DetectorPage(Page):
    """Cards of the catalogue with figures at the size and on the phone that are chosen; choices are saved at once."""

    key: ClassVar[str] = "detector"

    def __init__(self, studio: Studio) -> None:
        super().__init__(studio)
        self._memory = AnchorMemory()
        self.buttons: dict[str, DetectorButton] = {}
        self.size_control, self.start = SizeControl(), StartPanel()
        self.about, self.anchors = Muted(), Chip("studio.detector.anchors_chip", "good")
        bind(self.anchors.setToolTip, "studio.detector.anchors_fitted")
        self.phone = PhoneChooser(none=True, wide=True, floats=True)
        self.counting, self.bar = Text(role="muted"), QProgressBar()
        self.runs_note, self.problem = ErrorBanner(tone="info"), ErrorBanner(tone="warn")
        # Ours until the window puts it into its dock.
        self.details = DetectorInspector(self)
        self.details.hide()
        self.empty = EmptyState("detector", "studio.detector.empty", "studio.data.import", self._import)
        self._lay_out()
        self._connect()
        on_language(self._tell)
        self._offer()
        self._show()

    @property
    def settled(self) -> bool:
        """Whether every card is counted at the chosen size."""
        return self.studio.detector_figures.progress is None

    def _lay_out(self) -> None:
        inside = QWidget()
        inside.setObjectName("scrolled")
        column = QVBoxLayout(inside)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(16)
        head = QVBoxLayout()
        head.setSpacing(4)
        head.addWidget(Title("studio.detector.title"))
        head.addWidget(self.about)
        column.addLayout(head)
        column.addLayout(self._terms())
        self._grid = QGridLayout()
        self._grid.setSpacing(16)
        for place in range(_COLUMNS):
            self._grid.setColumnStretch(place, 1)
        column.addLayout(self._grid)
        column.addWidget(self.runs_note)
        column.addWidget(Heading("studio.detector.start"))
        column.addWidget(self.problem)
        card = Card()
        card.body.addWidget(self.start)
        column.addWidget(card)
        column.addStretch(1)
        scroll = Scrolled(inside)
        self.stack = QStackedWidget(self)
        self.stack.addWidget(self.empty)
        self.stack.addWidget(scroll)
        outside = QVBoxLayout(self)
        outside.setContentsMargins(0, 0, 0, 0)
        outside.addWidget(self.stack)

    def _terms(self) -> QGridLayout:
        """At which size, and on which phone; behind that how far the counting is."""
        self.size_control.setMaximumWidth(560)
        self.bar.setTextVisible(False)
        self.bar.setMaximumWidth(_BAR_WIDTH)
        self.bar.setMinimumWidth(_BAR_WIDTH // 2)
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(8)
        size: tuple[QWidget, ...] = (self.size_control, self.anchors)
        phone: tuple[QWidget, ...] = (self.phone, self.counting, self.bar)
        for place, (code, widgets) in enumerate((("studio.detector.size", size), ("studio.detector.phone", phone))):
            row = QHBoxLayout()
            row.setSpacing(16)
            for widget in widgets:
                row.addWidget(widget, 4 if widget is self.size_control else 0)
            row.addStretch(1)
            grid.addWidget(Heading(code), place, 0)
            grid.addLayout(row, place, 1)
        grid.setColumnStretch(1, 1)
        return grid

    def _connect(self) -> None:
        studio = self.studio
        studio.catalog.changed.connect(self._offer)
        studio.project.opened.connect(self._opened)
        studio.project.closed.connect(self._opened)
        studio.project.changed.connect(self._show)
        for signal in (studio.runs.added, studio.runs.removed, studio.runs.changed):
            signal.connect(self._tell)
        self.phone.show_whole()
        self.phone.take(studio.chosen_phone.choice)
        self.phone.chosen.connect(studio.chosen_phone.choose)
        studio.chosen_phone.changed.connect(lambda: self.phone.take(studio.chosen_phone.choice))
        studio.detector_figures.changed.connect(self._show_figures)
        self.size_control.changed.connect(self._show_figures)
        self.size_control.settled.connect(lambda _: self._choose())
        self.start.chosen.connect(studio.project.set_start_point)

    def inspector(self) -> QWidget | None:
        """The chosen detector in detail."""
        return self.details

    def activated(self) -> None:
        """Ask for the catalogue and for figures that are not there yet."""
        self.studio.catalog.load()
        self.studio.detector_figures.retry()
        self._ask()

    def choice(self) -> DetectorChoice | None:
        """What the project has."""
        project = self.studio.project.project
        return project.detector if project is not None else None

    def _offer(self) -> None:
        catalog = self.studio.catalog.catalog
        if catalog is None or self.buttons:
            return
        for place, card in enumerate(catalog.detectors):
            button = self.buttons[card.key] = DetectorButton(card)
            button.clicked.connect(self._choose)
            self._grid.addWidget(button, place // _COLUMNS, place % _COLUMNS)
        self._show()

    def _opened(self) -> None:
        self._memory.see(None)
        self._show()

    def _show(self) -> None:
        """Show what the project has."""
        choice = self.choice()
        self._memory.see(choice)
        self.stack.setCurrentIndex(0 if choice is None else 1)
        button = self.buttons.get(choice.key) if choice is not None else None
        if choice is not None and button is not None:
            button.setChecked(True)
            self.size_control.offer(button.card.sizes, choice.size)
        self._show_figures()
        self._tell()
        if self.isVisible():
            self._ask()

    def _choose(self) -> None:
        """Make what is shown the project's own."""
        button = next((button for button in self.buttons.values() if button.isChecked()), None)
        choice = self.choice()
        if button is not None and choice is not None:
            chosen = choice_of(button.card, self.size_control.size_px(), choice.classes, self._memory)
            self.studio.project.set_detector(chosen)
            self._ask()

    def _candidates(self) -> list[tuple[DetectorButton, DetectorChoice]]:
        """Every detector at the shown size; the chosen one first."""
        choice = self.choice()
        if choice is None:
            return []
        size = self.size_control.size_px()
        ordered = sorted(self.buttons.values(), key=lambda button: not button.isChecked())
        return [(button, choice_of(button.card, size, choice.classes, AnchorMemory())) for button in ordered]

    def _show_figures(self) -> None:
        phone = self.studio.chosen_phone.choice
        for button, choice in self._candidates():
            button.show_figures(choice.size, self.studio.detector_figures.known(choice), phone)
        progress = self.studio.detector_figures.progress
        self.counting.setVisible(progress is not None)
        self.bar.setVisible(progress is not None)
        if progress is not None:
            done, total = progress
            self.counting.show_code("studio.detector.counting_now", done=done, total=total)
            self.bar.setRange(0, total)
            self.bar.setValue(done)

    def _ask(self) -> None:
        """Have counted what is not known yet."""
        self.studio.detector_figures.want([choice for _, choice in self._candidates()])

    def _tell(self) -> None:
        """Say what the choice means."""
        choice, runs = self.choice(), self.studio.runs.runs
        if choice is None:
            self.details.show_choice(None, None)
            self.set_state(PageState.EMPTY)
            return
        button = self.buttons.get(choice.key)
        title = button.card.title if button is not None else choice.key
        self.about.show_code("studio.detector.about", count=len(choice.classes))
        self.anchors.setVisible(choice.anchors is not None)
        others = other_runs(runs, choice)
        told: dict[str, Argument] = {"count": len(others), "title": title, "size": choice.size}
        self.runs_note.tell(Message(code="studio.detector.other_runs", args=told) if others else None)
        start = self.studio.project.start_point
        self.start.offer(runs, choice, start)
        begun = self.studio.runs.by_name(start)
        misfit = begun is not None and not can_start_from(begun, choice)
        told = {"run": begun.name if begun is not None else "", "title": title}
        self.problem.tell(Message(code="studio.detector.start_misfit", args=told) if misfit else None)
        self.details.show_choice(button.card if button is not None else None, choice)
        self.set_state(PageState.PROBLEM if misfit else PageState.DONE)

    def _import(self) -> None:
        ImportDialog(self.studio, parent=self).open()
