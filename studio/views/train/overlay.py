"""Which runs lie over the shown one: a menu that takes them, and a legend that names them and switches them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QMouseEvent
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from studio.bound_texts import bind, on_language
from studio.i18n import tr
from studio.presenters.train.overlay import MOST, slots
from studio.stores.run import Run
from studio.theme import theme
from studio.views.train.curve_panel import run_colour, swatch
from studio.widgets.flow_layout import FlowLayout


class StayingMenu(QMenu):
    """A menu that stays open while several of its entries are ticked."""

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Tick, and stay."""
        action = self.activeAction()
        if isinstance(action, QAction) and action.isCheckable() and action.isEnabled():
            action.trigger()
        else:
            super().mouseReleaseEvent(event)


class RunsOver(QToolButton):
    """The button "with..."; `changed` after others were taken. Slots of colours stay with their runs."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: Run | None = None
        self._runs: Sequence[Run] = ()
        self._wanted: list[str] = []
        self._slots: dict[str, int] = {}
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.list = StayingMenu(self)
        self.list.setToolTipsVisible(True)
        self.list.aboutToShow.connect(self._fill)
        self.setMenu(self.list)
        bind(self.setText, "studio.train.with")
        bind(self.setToolTip, "studio.train.with_tip")
        bind(self.setAccessibleName, "studio.train.with")

    def offer(self, shown: Run | None, runs: Sequence[Run]) -> None:
        """The run that is shown, and all there are; what was taken and is still there stays taken."""
        self._shown, self._runs = shown, runs
        names = {run.name for run in runs}
        self._wanted = [name for name in self._wanted if name in names]
        self.setEnabled(shown is not None and len(runs) > 1)

    def taken(self) -> list[tuple[Run, int]]:
        """The runs to draw, the shown one first, each with its slot."""
        if self._shown is None:
            return []
        by_name = {run.name: run for run in self._able()}
        runs = [self._shown, *(by_name[name] for name in self._wanted if name in by_name)]
        self._slots = slots([run.name for run in runs], self._slots)
        return [(run, self._slots[run.name]) for run in runs if run.name in self._slots]

    def take(self, name: str, on: bool) -> None:
        """Lay a run over the shown one, or take it away."""
        self._wanted = [other for other in self._wanted if other != name] + [name] * on
        self.changed.emit()

    def clear(self) -> None:
        """Take all others away."""
        self._wanted.clear()
        self.changed.emit()

    def _able(self) -> list[Run]:
        return [run for run in self._runs if run is not self._shown and run.state.metrics]

    def _fill(self) -> None:
        self.list.clear()
        for run in reversed(self._able()):
            action = self.list.addAction(f"{run.number:04d}  {run.label}".replace("&", "&&"))
            action.setCheckable(True)
            action.setData(run.name)
            action.toggled.connect(lambda on, name=run.name: self._on_ticked(name, on))
        self._tick()
        self.list.addSeparator()
        nothing = self.list.addAction(tr("studio.train.with_none"))
        nothing.triggered.connect(self.clear)

    def _on_ticked(self, name: str, on: bool) -> None:
        if on != (name in self._wanted):
            self.take(name, on)
            self._tick()

    def _tick(self) -> None:
        full = len(self.taken()) >= MOST
        for action in self.list.actions():
            if action.isCheckable():
                on = action.data() in self._wanted
                action.setChecked(on)
                action.setEnabled(on or not full)
                action.setToolTip(tr("studio.train.with_most", count=MOST) if full and not on else action.text())


class RunLegend(QWidget):
    """Names the runs that lie over each other, each a switch; hidden where there is only one. `hidden` tells which."""

    switched = Signal(str, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.buttons: dict[str, QToolButton] = {}
        self._slots: dict[str, int] = {}
        self._flow = FlowLayout(self, 4)
        theme.changed.connect(self._paint)
        on_language(self._name)
        self.hide()

    def show_runs(self, runs: Sequence[tuple[Run, int]]) -> None:
        """Name these."""
        off = {name for name, button in self.buttons.items() if not button.isChecked()}
        while self._flow.count():
            item = self._flow.takeAt(0)
            if item is not None:
                cast(QWidget, item.widget()).deleteLater()
        self.buttons = {run.name: self._button(run, run.name not in off) for run, _ in runs}
        self._slots = {run.name: slot for run, slot in runs}
        self.setVisible(len(runs) > 1)
        self._paint()
        self._name()

    def _button(self, run: Run, on: bool) -> QToolButton:
        button = QToolButton()
        button.setProperty("role", "legend")
        button.setCheckable(True)
        button.setChecked(on)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setIconSize(QSize(16, 12))
        button.setText(f"{run.number:04d}  {run.label}")
        button.toggled.connect(lambda on, name=run.name: self.switched.emit(name, on))
        self._flow.addWidget(button)
        return button

    def _paint(self) -> None:
        for name, button in self.buttons.items():
            button.setIcon(swatch(run_colour(self._slots[name])))

    def _name(self) -> None:
        for button in self.buttons.values():
            button.setToolTip(tr("studio.train.legend_tip"))
