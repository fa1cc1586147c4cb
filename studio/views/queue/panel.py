"""The queue of all that computes: what runs, what waits and when it begins, and what can be done about it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QStackedWidget, QVBoxLayout, QWidget

from engine.contract.queue.entries import Entry
from studio.bound_texts import bind, on_language
from studio.i18n import text_of, tr
from studio.presenters.queue.queue_rows import QueueRow, queue_rows, summary
from studio.stores.work.queue import QueueStore
from studio.stores.work.taken_out import TakenOut
from studio.views.queue.model import QueueModel
from studio.views.queue.table import QueueTable
from studio.widgets.buttons import Button, IconButton
from studio.widgets.controls import QuietCombo
from studio.widgets.labels import Elided, Muted, Text

_UNDO_MS = 30_000
_FAR = 10_000
_MOST_AT_ONCE, _LETTERS = 8, 9


class QueuePanel(QWidget):
    """`show_wanted` and `log_wanted` tell the entry that somebody wants to see."""

    show_wanted = Signal(object)
    log_wanted = Signal(object)

    def __init__(self, store: QueueStore) -> None:
        super().__init__()
        self._store = store
        self.model = QueueModel(self)
        self.table = QueueTable(self.model)
        self.sum = Elided("", mode=Qt.TextElideMode.ElideRight)
        self.up = IconButton("chevron-up", "studio.queue.up_tip", lambda: self._act("up"))
        self.down = IconButton("chevron-down", "studio.queue.down_tip", lambda: self._act("down"))
        self.toggle = IconButton("pause", "studio.queue.pause_tip", lambda: self._act("toggle"))
        self.cancel = IconButton("close", "studio.queue.cancel_tip", lambda: self._act("cancel"))
        self.hold = Button("studio.queue.pause_all", self._hold, "quiet", "pause")
        self.at_once = self._at_once()
        self.undo = UndoLine(store.restore)
        self._empty = QWidget()
        self._lay_out()
        self._connect()
        self._show()

    def _lay_out(self) -> None:
        bar = QHBoxLayout()
        bar.setContentsMargins(12, 4, 8, 4)
        bar.setSpacing(4)
        bar.addWidget(self.sum, 1)
        for button in (self.up, self.down, self.toggle, self.cancel):
            bar.addWidget(button)
        bar.addSpacing(12)
        bar.addWidget(Text("studio.queue.at_once", "muted"))
        bar.addSpacing(4)
        bar.addWidget(self.at_once)
        bar.addSpacing(8)
        bar.addWidget(self.hold)
        around = QVBoxLayout(self._empty)
        around.setContentsMargins(12, 8, 12, 8)
        around.addWidget(Muted("studio.queue.empty"), 0, Qt.AlignmentFlag.AlignTop)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.table)
        self._stack.addWidget(self._empty)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addWidget(self.undo)
        column.addWidget(self._stack, 1)

    def _connect(self) -> None:
        self._store.changed.connect(self._show)
        self._store.taken_out.connect(self.undo.offer)
        self.table.asked.connect(self._act)
        self.table.current_changed.connect(self._show_actions)
        self.model.dropped.connect(self._drop)
        on_language(self._show)

    def select(self, number: int) -> None:
        """Select an entry, and have the keys go there."""
        self.table.select(number)
        self.table.setFocus()

    def _at_once(self) -> QuietCombo:
        box = QuietCombo()
        box.setMinimumContentsLength(_LETTERS)
        bind(box.setAccessibleName, "studio.queue.at_once")
        bind(box.setToolTip, "studio.queue.at_once_tip")
        for count in range(_MOST_AT_ONCE + 1):
            box.addItem(str(count), count)

        def fill() -> None:
            box.setItemText(0, tr("studio.queue.automatic"))

        fill()
        on_language(fill)
        box.activated.connect(lambda place: self._store.set_at_once(box.itemData(place)))
        return box

    def _show(self) -> None:
        look = self._store.latest
        self.model.show(queue_rows(look))
        self._stack.setCurrentWidget(self.table if look.entries else self._empty)
        self.sum.set_full(summary(look))
        if self.at_once.findData(look.settings.at_once) < 0:  # the command line takes more than are listed here
            self.at_once.addItem(str(look.settings.at_once), look.settings.at_once)
        self.at_once.setCurrentIndex(self.at_once.findData(look.settings.at_once))
        held = look.settings.paused
        code = "go_on_all" if held else "pause_all"
        bind(self.hold.show_text, f"studio.queue.{code}")
        bind(self.hold.setToolTip, f"studio.queue.{code}_tip")
        self.hold.set_icon("play" if held else "pause")
        self._show_actions()

    def _show_actions(self) -> None:
        row = self.table.current()
        self.up.setEnabled(row is not None and row.can_up)
        self.down.setEnabled(row is not None and row.can_down)
        goes_on = row is not None and row.can_go_on
        self.toggle.set_icon("play" if goes_on else "pause")
        self.toggle.say("studio.queue.go_on_tip" if goes_on else "studio.queue.pause_tip")
        self.toggle.setEnabled(goes_on or (row is not None and row.can_pause))
        self.cancel.setEnabled(row is not None and row.can_cancel)

    def _act(self, what: str) -> None:
        row = self.table.current()
        entry = next((each for each in self._store.entries if row and each.number == row.number), None)
        if row is None or entry is None:
            return
        call = self._calls(row, entry).get(what)
        if call is not None:
            call()

    def _calls(self, row: QueueRow, entry: Entry) -> dict[str, Callable[[], object]]:
        """What can be done with an entry now, by its name."""
        store, number = self._store, row.number
        found: dict[str, Callable[[], object]] = {
            "show": lambda: self.show_wanted.emit(entry),
            "log": lambda: self.log_wanted.emit(entry),
            "menu": lambda: self._open_menu(row, entry),
        }
        if row.can_up:
            found |= {"up": lambda: store.move_by(number, -1), "top": lambda: store.move_by(number, -_FAR)}
        if row.can_down:
            found |= {"down": lambda: store.move_by(number, 1), "end": lambda: store.move_by(number, _FAR)}
        if row.can_pause:
            found["toggle"] = lambda: store.pause(number)
        elif row.can_go_on:
            found["toggle"] = lambda: store.go_on(number)
        if row.can_cancel:
            found["cancel"] = lambda: store.cancel(entry)
        return found

    def _open_menu(self, row: QueueRow, entry: Entry) -> None:
        calls = self._calls(row, entry)
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        toggle = "studio.queue.go_on" if row.can_go_on else "studio.queue.pause"
        lines = [("show", "studio.queue.show"), ("log", "studio.queue.show_log"), ("", "")]
        lines += [("up", "studio.queue.up"), ("down", "studio.queue.down")]
        lines += [("top", "studio.queue.top"), ("end", "studio.queue.end"), ("", "")]
        for name, code in (*lines, ("toggle", toggle), ("cancel", "studio.queue.cancel")):
            if not name:
                menu.addSeparator()
                continue
            action = menu.addAction(tr(code))
            action.setEnabled(name in calls)
            action.triggered.connect(lambda _=False, name=name: self._act(name))
        place = self.table.visualRect(self.table.currentIndex()).bottomLeft()
        menu.popup(self.table.viewport().mapToGlobal(place))

    def _drop(self, number: int, before: int | None) -> None:
        if before == number:
            return
        if before is not None:
            self._store.move(number, before=before)
        else:
            self._store.move_by(number, _FAR)

    def _hold(self) -> None:
        self._store.pause_all(not self._store.settings.paused)


class UndoLine(QFrame):
    """Says for some seconds what was taken out of the queue, with a way back."""

    def __init__(self, restore: Callable[[TakenOut], object]) -> None:
        super().__init__()
        self._restore = restore
        self._out: TakenOut | None = None
        self.setProperty("role", "banner")
        self.setProperty("tone", "info")
        self.text = Elided()
        self.button = Button("studio.queue.put_back", self._on_undo, "link")
        self.away = IconButton("close", "studio.core.dismiss", self.hide)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 2, 4, 2)
        row.setSpacing(12)
        row.addWidget(self.text, 1)
        row.addWidget(self.button)
        row.addWidget(self.away)
        self._timer = QTimer(self)
        self._timer.setInterval(_UNDO_MS)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.hide)
        on_language(self._tell)
        self.hide()

    def offer(self, out: TakenOut) -> None:
        """Offer to put it back."""
        self._out = out
        self._tell()
        self.show()
        self._timer.start()

    def _tell(self) -> None:
        if self._out is not None:
            self.text.set_full(tr("studio.queue.removed", title=text_of(self._out.entry.title)))

    def _on_undo(self) -> None:
        self._timer.stop()
        self.hide()
        out, self._out = self._out, None
        if out is not None:
            self._restore(out)
