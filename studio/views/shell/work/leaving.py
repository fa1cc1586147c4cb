"""Quitting with work going on: asks once whether it is to go on without the window, or to stop."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QCloseEvent, QShowEvent
from PySide6.QtWidgets import QCheckBox, QGridLayout, QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from studio.bound_texts import bind, on_language
from studio.i18n import text_of, tr
from studio.studio import Studio
from studio.widgets.buttons import Button
from studio.widgets.labels import Heading, Muted, Text
from studio.widgets.on_screen import OnScreenDialog

_WIDTH = 560
_NAMED = 3


class Leaving(QObject):
    """Lets a window close, or asks first. `quietly`: a signal or the session ends it, and nobody is there to answer."""

    def __init__(self, studio: Studio, window: QWidget) -> None:
        super().__init__(window)
        self._studio = studio
        self._window = window
        self._dialog: LeavingDialog | None = None
        self.quietly = False

    def may_close(self) -> bool:
        """Whether the window may close now; if not, it closes by itself once that was answered."""
        wish = self._studio.settings.value.quit_with_work
        if self.quietly or wish == "keep" or not self._studio.queue.at_work():
            return True
        if self._dialog is None:
            dialog = self._dialog = LeavingDialog(self._studio, self._window)
            dialog.decided.connect(self._close)
            dialog.destroyed.connect(self._forget)
            dialog.open()
            if wish == "stop":
                dialog.stop()
        return False

    def _close(self) -> None:
        self.quietly = True
        self._window.close()

    def _forget(self) -> None:
        self._dialog = None


class LeavingDialog(OnScreenDialog):
    """`decided` when the window may close: at once where the work goes on, else when it has stopped."""

    decided = Signal()

    def __init__(self, studio: Studio, parent: QWidget) -> None:
        super().__init__(parent)
        self._studio = studio
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(_WIDTH)
        bind(self.setWindowTitle, "studio.queue.quit_title")
        self.keep = Button("studio.queue.quit_keep", self._keep, "primary", "play")
        self.halt = Button("studio.queue.quit_stop", self.stop, "", "stop")
        self.stay = Button("studio.queue.quit_cancel", self.reject, "quiet")
        self.remember = QCheckBox()
        bind(self.remember.setText, "studio.queue.quit_remember")
        self.stopping = Muted("studio.queue.quit_stopping")
        self.bar = QProgressBar()
        self.bar.setRange(0, 0)
        self._lay_out()
        self.keep.setDefault(True)
        self.keep.setFocus()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 16)
        column.setSpacing(16)
        self.names = names = Text()
        names.setWordWrap(True)
        self._tell()
        on_language(self._tell)
        self._studio.queue.changed.connect(self._tell)
        column.addWidget(Heading("studio.queue.quit_title"))
        column.addWidget(names)
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(16)
        grid.setColumnStretch(1, 1)
        rows = ((self.keep, "studio.queue.quit_keep_text"), (self.halt, "studio.queue.quit_stop_text"))
        for place, (button, code) in enumerate(rows):
            grid.addWidget(button, place, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(Muted(code), place, 1)
        column.addLayout(grid)
        for widget in (self.stopping, self.bar):
            column.addWidget(widget)
            widget.hide()
        row = QHBoxLayout()
        row.addWidget(self.remember)
        row.addStretch(1)
        row.addWidget(self.stay)
        column.addLayout(row)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """As high as its texts need at its width."""
        layout = self.layout()
        if layout is not None:
            self.resize(_WIDTH, layout.heightForWidth(_WIDTH))
        super().showEvent(event)

    def stop(self) -> None:
        """Have it stop, and close then."""
        self._remember("stop")
        for widget in (self.keep, self.halt, self.stay, self.remember):
            widget.setEnabled(False)
        self.stopping.show()
        self.bar.show()
        self._studio.queue.stop_all(self._stopped, super().reject)

    def reject(self) -> None:
        """Stay; not while it is stopping, which cannot be taken back."""
        if self.stay.isEnabled():
            super().reject()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        """The same by the frame's button."""
        if self.stay.isEnabled():
            super().closeEvent(event)
        else:
            event.ignore()

    def _tell(self) -> None:
        self.names.show_text(_names(self._studio))

    def _keep(self) -> None:
        self._remember("keep")
        self.accept()
        self.decided.emit()

    def _stopped(self) -> None:
        self.accept()
        self.decided.emit()

    def _remember(self, choice: str) -> None:
        if self.remember.isChecked():
            self._studio.settings.update(quit_with_work=choice)


def _names(studio: Studio) -> str:
    """What goes on and what waits: how many, and the first of them by name."""
    running = studio.queue.at_work()
    waiting = [entry for entry in studio.queue.resting() if entry.state == "waiting"]
    names = [text_of(entry.title) for entry in (*running, *waiting)]
    shown = ", ".join(names[:_NAMED]) + (", …" if len(names) > _NAMED else "")
    return tr("studio.queue.quit_text", running=len(running), waiting=len(waiting), names=shown)
