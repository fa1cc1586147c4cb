"""The quiet rows above the pictures: what waits, what changed in the source, what is being done about it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from studio.bound_texts import on_language
from studio.i18n import text_of
from studio.presenters.data.notices import Act, Notice, Standing, notices
from studio.studio import Studio
from studio.theme import restyle
from studio.widgets.buttons import Button, IconButton
from studio.widgets.folder_dialog import ask_folder
from studio.widgets.labels import IconLabel

_BAR = 160


class NoticeRow(QFrame):
    """One notice; `asked` tells which of its acts is wanted."""

    asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "banner")
        self.icon, self.text, self.bar = IconLabel("info", 18), QLabel(self), QProgressBar(self)
        self.text.setWordWrap(True)
        self.bar.setFixedWidth(_BAR)
        self.bar.setTextVisible(False)
        self.acts: dict[Act, Button | IconButton] = {
            "save": Button("studio.core.retry", self._asking("save")),
            "apply": Button("studio.labels.apply", self._asking("apply")),
            "bring": Button("studio.source.bring", self._asking("bring")),
            "find": Button("studio.source.find", self._asking("find")),
            "mend": Button("studio.data.mend_all", self._asking("mend")),
            "look": Button("studio.source.look", self._asking("look")),
            "later": Button("studio.source.later", self._asking("later"), "quiet"),
            "stop": Button("studio.source.stop", self._asking("stop"), "quiet"),
            "dismiss": IconButton("close", "studio.core.dismiss", self._asking("dismiss")),
        }
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 8, 6)
        row.setSpacing(8)
        row.addWidget(self.icon)
        row.addWidget(self.text, 1)
        row.addWidget(self.bar)
        for button in self.acts.values():
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)

    def show_notice(self, notice: Notice, share: float | None) -> None:
        """Show a notice; `share` is how much of it is done, None while that is not known."""
        restyle(self, tone=notice.tone)
        tones = {
            "bad": ("alert", "bad"),
            "warn": ("alert", "warn"),
            "info": ("info", "info"),
            "good": ("check", "good"),
        }
        self.icon.set_icon(*tones[notice.tone])
        self.text.setText(notice.text)
        self.setAccessibleName(notice.text)
        for act, button in self.acts.items():
            button.setVisible(act in notice.acts)
        self.bar.setVisible(notice.busy)
        self.bar.setMaximum(1000 if share is not None else 0)
        self.bar.setValue(round(1000 * share) if share is not None else 0)

    def _asking(self, act: Act) -> Callable[[], None]:
        return lambda: self.asked.emit(act)


class Notices(QWidget):
    """As many rows as there is to say; hidden where there is nothing. `look_wanted`, `mend_wanted` ask for dialogs."""

    look_wanted = Signal()
    mend_wanted = Signal()

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.rows: list[NoticeRow] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        for store in (studio.sync, studio.label_export):
            store.changed.connect(self.refresh)
        on_language(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Say anew how labels and source stand."""
        told = notices(standing_of(self._studio))
        while len(self.rows) < len(told):
            row = NoticeRow(self)
            row.asked.connect(self._act)
            self.rows.append(row)
            self._column.addWidget(row)
        for place, row in enumerate(self.rows):
            row.setVisible(place < len(told))
            if place < len(told):
                row.show_notice(told[place], self._share())
        self.setVisible(bool(told))

    def _share(self) -> float | None:
        task = self._studio.sync.task
        progress = task.state.progress if task is not None else None
        return progress.done / progress.total if progress is not None and progress.total else None

    def _act(self, act: Act) -> None:
        sync, labels = self._studio.sync, self._studio.labels
        calls: dict[str, Callable[[], object]] = {
            "save": labels.save, "apply": sync.apply, "bring": sync.apply, "later": sync.later,
            "stop": sync.stop, "dismiss": self._dismiss, "find": self._find,
            "look": self.look_wanted.emit, "mend": self.mend_wanted.emit,
        }  # fmt: skip
        calls[act]()

    def _dismiss(self) -> None:
        self._studio.label_export.dismiss()
        self._studio.sync.dismiss()

    def _find(self) -> None:
        ask_folder(self, "studio.source.find_title", lambda path: self._studio.sync.bring(source=path))


def standing_of(studio: Studio) -> Standing:
    """How labels and source stand, as plain values."""
    sync, labels = studio.sync, studio.labels
    state = sync.task.state if sync.task is not None else None
    stage = text_of(state.stage.message) if state is not None and state.stage is not None else ""
    return Standing(
        corrected=len(labels.digests()),
        waiting=labels.waiting,
        refused=labels.problem,
        correcting=sync.held,
        tried=sync.tried,
        syncing=stage if sync.task is not None else None,
        quiet=sync.quiet,
        failed=sync.problem,
        changes=sync.changes,
        put_off=sync.put_off is not None,
        old_counts=sync.old_counts,
        done=sync.result.changes if sync.result is not None else None,
        exported=studio.label_export.written,
        not_exported=studio.label_export.problem,
    )
