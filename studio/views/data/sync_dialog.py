"""What bringing the data up to date would do, or mending it, listed before it is done."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from engine.contract.source.changes import SyncResult
from engine.contract.text.messages import Message
from studio.bound_texts import on_language
from studio.i18n import text_of, tr
from studio.presenters.data.sync_lines import Group, changes, first_error, mend_count, mends
from studio.stores.data.sync import read_result
from studio.stores.work.task import Task
from studio.studio import Studio
from studio.widgets.buttons import Button
from studio.widgets.labels import Heading, Muted, Text, Title
from studio.widgets.on_screen import OnScreenDialog
from studio.widgets.panels import ErrorBanner
from studio.widgets.scrolled import Scrolled

_WIDTH, _HEIGHT = 560, 240


class SyncDialog(OnScreenDialog):
    """Has the engine look first; the button then does what is listed. Use `open()`; it deletes itself when closed."""

    grows = True

    def __init__(self, studio: Studio, fix: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio, self._fix = studio, fix
        self.result_: SyncResult | None = None
        self._refusal: Message | None = None
        self._mendable: Message | None = None  # what stands in the way of a plain sync, and goes if it is mended
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.title = Title("studio.source.fix_title" if fix else "studio.source.look_title")
        self.told = Muted("studio.source.fix_text" if fix else "studio.source.look_text")
        self.problem = ErrorBanner()
        self.bar, self.stage = QProgressBar(self), Text(role="muted")
        self.list = QWidget(self)
        self._lines = QVBoxLayout(self.list)
        self.cancel = QPushButton(self)
        self.cancel.clicked.connect(self.reject)
        self.start = Button("studio.source.bring", self._start, "primary")
        self._lay_out()
        self.task: Task | None = studio.sync.look_closely()
        self.task.changed.connect(self._show)
        self.task.finished.connect(self._looked)
        studio.sync.changed.connect(self._offer)
        on_language(self._show)
        self._show()

    def _lay_out(self) -> None:
        self._lines.setContentsMargins(0, 0, 8, 0)
        self._lines.setSpacing(4)
        self.bar.setTextVisible(False)
        self.cancel.setAutoDefault(False)
        self.start.setDefault(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(16)
        self.told.setMinimumWidth(_WIDTH)
        body = Scrolled(self.list)
        body.setMinimumHeight(_HEIGHT)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self.stage, 1)
        foot.addWidget(self.cancel)
        foot.addWidget(self.start)
        for widget in (self.title, self.told, self.problem, body, self.bar):
            column.addWidget(widget, 1 if widget is body else 0)
        column.addLayout(foot)

    def reject(self) -> None:
        """Close; a look that goes on is stopped."""
        task, self.task = self.task, None
        if task is not None:
            task.changed.disconnect(self._show)
            task.finished.disconnect(self._looked)
            task.cancel()
        super().reject()

    def _looked(self) -> None:
        task, self.task = self.task, None
        if task is None:
            return
        if task.status == "finished":
            self.result_ = read_result(task)
            self._studio.tasks.dismiss(task)
        if self.result_ is None:
            self._refusal = task.error or Message(code="studio.source.lost", args={"path": str(task.root)})
        else:
            self._offer_to_mend(self.result_)
        self._show()

    def _offer_to_mend(self, result: SyncResult) -> None:
        """What stops a plain sync, and can be mended, is no dead end: the button mends it as well."""
        stops = first_error(result, fix=False)
        if not self._fix and stops is not None and first_error(result, fix=True) is None:
            self._fix, self._mendable = True, stops

    def _start(self) -> None:
        self._studio.sync.bring(fix=True if self._fix else None)
        self.accept()

    def _show(self) -> None:
        looking, result = self.task is not None, self.result_
        stops = first_error(result, self._fix) if result is not None else None
        code, reason = ("stops", stops) if stops is not None else ("mendable", self._mendable)
        refusal = Message(code=f"studio.source.{code}", args={"reason": reason}) if reason else self._refusal
        self.problem.tell(refusal)
        self.bar.setVisible(looking)
        self.stage.setText(self._stage())
        self.cancel.setText(tr("studio.data.cancel"))
        self._fill(result)
        self._offer()

    def _offer(self) -> None:
        """Let it be done where it can be, and nothing else is at work."""
        result = self.result_
        stops = first_error(result, self._fix) if result is not None else None
        count = mend_count(result) if result is not None else 0
        idle = not self._studio.sync.busy
        ready = result is not None and stops is None and idle
        found = self.start.isEnabled()
        self.start.setEnabled(ready and bool(count if self._fix else result is not None and result.changes.any))
        if self.start.isEnabled() and not found:
            self.start.setFocus()
        if self._mendable is not None:
            self.start.show_text(tr("studio.source.fix_and_bring", count=count))
        elif self._fix:
            self.start.show_text(tr("studio.source.fix_now", count=count) if count else tr("studio.source.fix_title"))
        else:
            self.start.show_text(tr("studio.source.bring"))

    def _stage(self) -> str:
        state = self.task.state if self.task is not None else None
        progress = state.progress if state is not None else None
        self.bar.setRange(0, int(progress.total) if progress is not None and progress.total else 0)
        self.bar.setValue(int(progress.done) if progress is not None else 0)
        if state is None:
            return ""
        return text_of(state.stage.message) if state.stage is not None else tr("studio.source.looking")

    def _fill(self, result: SyncResult | None) -> None:
        while (item := self._lines.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        if result is None:
            return
        others = changes(result)
        if self._fix:
            self._add(mends(result) or [Group(tr("studio.source.fix_none"))])
            if others and result.changes.any:
                self._lines.addWidget(Muted("studio.source.also"))
        elif not others:
            others = [Group(tr("studio.source.nothing"))]
        self._add(others)
        self._lines.addStretch(1)

    def _add(self, groups: list[Group]) -> None:
        for group in groups:
            heading = Heading()
            heading.setText(group.heading)
            self._lines.addWidget(heading)
            for line in group.lines:
                label = Muted()
                label.setText(line)
                self._lines.addWidget(label)
            self._lines.addSpacing(8)
