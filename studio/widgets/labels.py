"""Labels with a role of the sheet, whose texts follow the language."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy

from engine.contract.text.messages import Argument
from studio.bound_texts import bind, unbind
from studio.theme import palette, pixmap, restyle, theme


class Text(QLabel):
    """A label with a code and a role of the sheet; without a code it shows what `setText` is given."""

    def __init__(self, code: str = "", role: str = "", **args: Argument) -> None:
        super().__init__()
        if role:
            self.setProperty("role", role)
        if code:
            bind(self.setText, code, **args)

    def show_code(self, code: str, **args: Argument) -> None:
        """Show another sentence from now on."""
        bind(self.setText, code, **args)

    def show_text(self, text: str) -> None:
        """Show a text as it is, whatever the language."""
        unbind(self.setText)
        self.setText(text)

    def set_tone(self, tone: str) -> None:
        """Colour it: good, bad, warn, info, accent, a, b, or "" for none."""
        restyle(self, tone=tone)


class Title(Text):
    """The name of a page."""

    def __init__(self, code: str = "", **args: Argument) -> None:
        super().__init__(code, "title", **args)


class Heading(Text):
    """The name of a part of a page."""

    def __init__(self, code: str = "", **args: Argument) -> None:
        super().__init__(code, "heading", **args)


class Muted(Text):
    """A quieter text; it wraps."""

    def __init__(self, code: str = "", **args: Argument) -> None:
        super().__init__(code, "muted", **args)
        self.setWordWrap(True)


class Chip(Text):
    """A word in a rounded field; `tone` good, bad, warn or info."""

    def __init__(self, code: str = "", tone: str = "", **args: Argument) -> None:
        super().__init__(code, "chip", **args)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        if tone:
            self.setProperty("tone", tone)


class Elided(QLabel):
    """A text that is cut with "…" where it does not fit, and then has itself as its tooltip."""

    def __init__(self, text: str = "", role: str = "", mode: Qt.TextElideMode = Qt.TextElideMode.ElideMiddle) -> None:
        super().__init__()
        self._full = text
        self._mode = mode
        if role:
            self.setProperty("role", role)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.set_full(text)

    @property
    def full(self) -> str:
        """The whole text."""
        return self._full

    def set_full(self, text: str) -> None:
        """Show another text."""
        self._full = text
        self.setAccessibleName(text)
        self._elide()
        self.updateGeometry()

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """As high as a line, as narrow as need be."""
        return QSize(24, super().minimumSizeHint().height())

    def sizeHint(self) -> QSize:  # noqa: N802
        """As wide as the whole text."""
        return QSize(self.fontMetrics().horizontalAdvance(self._full) + 4, super().sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Cut anew."""
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        shown = self.fontMetrics().elidedText(self._full, self._mode, max(0, self.contentsRect().width()))
        if shown != self.text():
            self.setText(shown)
        self.setToolTip(self._full if shown != self._full else "")


class IconLabel(QLabel):
    """An icon that takes the theme's colours; `colour` names a field of Palette."""

    def __init__(self, name: str, size: int = 20, colour: str = "muted") -> None:
        super().__init__()
        self._name = name
        self._size = size
        self._colour = colour
        self.setFixedSize(size, size)
        theme.changed.connect(self._draw)
        self._draw()

    def set_icon(self, name: str, colour: str | None = None) -> None:
        """Show another icon."""
        self._name = name
        self._colour = colour or self._colour
        self._draw()

    def _draw(self) -> None:
        self.setPixmap(pixmap(self._name, getattr(palette(), self._colour), self._size))
