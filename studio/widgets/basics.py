"""Small widgets that all pages share; every text of theirs follows the language."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from engine.contract.text.messages import Argument, Message
from studio.bound_texts import bind, on_language, unbind
from studio.i18n import text_of
from studio.theme import icon, palette, theme
from studio.widgets.flow_layout import FlowLayout
from studio.widgets.labels import Chip, Elided, Heading, IconLabel, Muted, Text, Title, set_role

__all__ = [
    "Button", "Card", "Chip", "Elided", "EmptyState", "ErrorBanner", "FlowLayout", "Heading", "IconButton",
    "IconLabel", "Muted", "Section", "Text", "Title", "set_role",
]  # fmt: skip


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


class IconButton(QToolButton):
    """A button with an icon only; its sentence is its tooltip and what a screen reader says."""

    def __init__(self, name: str, code: str, callback: Callable[[], object] | None = None, **args: Argument) -> None:
        super().__init__()
        self._name = name
        self.setIconSize(QSize(18, 18))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.say(code, **args)
        if callback is not None:
            self.clicked.connect(lambda: callback())
        theme.changed.connect(self._draw)
        self._draw()

    def say(self, code: str, **args: Argument) -> None:
        """Another tooltip and accessible name: what a disabled button needs, for example."""
        bind(self.setToolTip, code, **args)
        bind(self.setAccessibleName, code, **args)

    def set_icon(self, name: str) -> None:
        """Show another icon."""
        self._name = name
        self._draw()

    def _draw(self) -> None:
        self.setIcon(icon(self._name))


class Button(QPushButton):
    """A button with a sentence; `role` primary, quiet, danger, link or "" for a plain one; an icon if it has a name."""

    def __init__(
        self, code: str, callback: Callable[[], object] | None = None, role: str = "", icon_name: str = ""
    ) -> None:
        super().__init__()
        self._icon_name = icon_name
        if role:
            self.setProperty("role", role)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        bind(self.show_text, code)
        if callback is not None:
            self.clicked.connect(lambda: callback())
        if icon_name:
            theme.changed.connect(self._draw)
            self._draw()

    def show_text(self, text: str) -> None:
        """Show a text, a little away from the icon."""
        self.setText(f" {text}" if self._icon_name else text)

    def why_not(self, code: str | None, **args: Argument) -> None:
        """Disable it and say why in its tooltip, or enable it (None)."""
        self.setEnabled(code is None)
        if code is None:
            unbind(self.setToolTip)
            self.setToolTip("")
        else:
            bind(self.setToolTip, code, **args)

    def _draw(self) -> None:
        colours = palette()
        named = {"primary": colours.accent_text, "danger": colours.bad, "link": colours.info}
        self.setIcon(icon(self._icon_name, named.get(str(self.property("role")))))


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
