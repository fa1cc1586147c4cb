"""What groups things on a page, or stands where there is nothing: cards, sections, empty states, messages."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from engine.contract.text.messages import Argument, Message
from studio.bound_texts import on_language
from studio.i18n import text_of
from studio.widgets.buttons import Button, IconButton
from studio.widgets.labels import Heading, IconLabel, Muted


class Card(QFrame):
    """A bordered surface; put things into `body`."""

    def __init__(self, margin: int = 16, spacing: int = 8) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(margin, margin, margin, margin)
        self.body.setSpacing(spacing)


class Section(QWidget):
    """A heading, things of its own on the right of it (`tools`), and what belongs below it (`body`)."""

    def __init__(self, code: str, **args: Argument) -> None:
        super().__init__()
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(8)
        self.heading = Heading(code, **args)
        self.tools = QHBoxLayout()
        self.tools.setSpacing(8)
        row = QHBoxLayout()
        row.addWidget(self.heading)
        row.addStretch(1)
        row.addLayout(self.tools)
        outer.addLayout(row)
        self.body = QVBoxLayout()
        self.body.setSpacing(8)
        outer.addLayout(self.body)


class EmptyState(QWidget):
    """An icon, one sentence, and the next action as a button."""

    def __init__(
        self,
        icon_name: str,
        code: str,
        button_code: str = "",
        callback: Callable[[], object] | None = None,
        **args: Argument,
    ) -> None:
        super().__init__()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(32, 32, 32, 32)
        layout.setSpacing(16)
        centre = Qt.AlignmentFlag.AlignHCenter
        self.sentence = Muted(code, **args)
        self.sentence.setAlignment(centre)
        self.sentence.setMaximumWidth(440)
        self.sentence.setMinimumWidth(240)
        self.button = Button(button_code, callback, "primary") if button_code else None
        layout.addStretch(2)
        layout.addWidget(IconLabel(icon_name, 48, "border_strong"), 0, centre)
        # Not by an alignment: a text that wraps would not get the height that it needs.
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.sentence, 100)
        row.addStretch(1)
        layout.addLayout(row)
        if self.button is not None:
            layout.addWidget(self.button, 0, centre)
        layout.addStretch(3)


class ErrorBanner(QFrame):
    """A message in a coloured field, with a way to try again; hidden until it has one. `tone` bad, warn, info, good."""

    def __init__(
        self, message: Message | None = None, retry: Callable[[], object] | None = None, tone: str = "bad"
    ) -> None:
        super().__init__()
        self._message = message
        self._retry = retry
        self.setProperty("role", "banner")
        self.setProperty("tone", tone)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 8, 8)
        row.setSpacing(8)
        self.icon = IconLabel("info" if tone in ("info", "good") else "alert", 18, "accent" if tone == "good" else tone)
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.again = Button("studio.core.retry", self._try_again)
        self.away = IconButton("close", "studio.core.dismiss", self.clear)
        top = Qt.AlignmentFlag.AlignTop
        row.addWidget(self.icon, 0, top)
        row.addWidget(self.text, 1)
        row.addWidget(self.again, 0, top)
        row.addWidget(self.away, 0, top)
        on_language(self._show)
        self._show()

    def tell(self, message: Message | None, retry: Callable[[], object] | None = None) -> None:
        """Show a message, with a button if there is something to try again; None hides it."""
        self._message = message
        self._retry = retry
        self._show()

    def clear(self) -> None:
        """Hide it."""
        self.tell(None)

    def _show(self) -> None:
        self.text.setText(text_of(self._message) if self._message else "")
        self.again.setVisible(self._retry is not None)
        self.setVisible(self._message is not None)

    def _try_again(self) -> None:
        retry = self._retry
        self.clear()
        if retry is not None:
            retry()


class Rule(QFrame):
    """A thin line between what stands above and below."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "line")
        self.setFixedHeight(1)
