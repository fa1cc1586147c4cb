"""A detector to choose: what it is, what it costs at the chosen size on the chosen phone, its published score."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QGridLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from engine.contract.catalog import DetectorCard
from engine.contract.figures import Figure, FigureName
from engine.contract.figures import pick as pick_figure
from engine.contract.latency import PhoneChoice
from engine.contract.text.messages import Message
from studio.bound_texts import on_language
from studio.i18n import pick, text_of, tr
from studio.presenters.detector_choice import published_line, published_of
from studio.presenters.figure_words import not_published, scaled_text
from studio.presenters.numbers import NAMES, bare_ms, show, show_value
from studio.theme import palette, theme
from studio.widgets.labels import Chip, Heading, Muted, Text

_SHOWN: tuple[FigureName, ...] = ("macs", "params", "nb_bytes", "phone_ms")
_ROW = 3
"""So many figures stand beside each other; what is left begins a row of its own, beside what was published."""
_FAMILIES = {"ssd": "SSD", "yolov3": "YOLOv3", "rcnn": "R-CNN", "picodet": "PicoDet"}
_WAITING = "…"


class FigureCell(QWidget):
    """A number above its label, both on the left; a `quiet` one is not for comparing with the others."""

    def __init__(self, parent: QWidget | None = None, *, quiet: bool = False) -> None:
        super().__init__(parent)
        self.number, self.label = Text(role="muted" if quiet else "value"), Text(role="muted")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.number)
        column.addWidget(self.label)

    def tell(self, number: str, label: str, tip: str) -> None:
        """Show a number with its label; `tip` says where it comes from."""
        self.number.setText(number)
        self.label.setText(label)
        self.setToolTip(tip)


class DetectorButton(QAbstractButton):
    """One detector of the catalogue as a button that stays down; one of its group is down."""

    def __init__(self, card: DetectorCard, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.card = card
        self._size = card.sizes["default"]
        self._figures: Sequence[Figure] | Message | None = None
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)  # as high as its neighbour
        self.title, self.summary = Heading(), Muted()
        self.family = Chip()
        self.family.show_text(_FAMILIES.get(card.family, card.family))
        self.cells = {name: FigureCell(self) for name in _SHOWN}
        self.score = FigureCell(self, quiet=True)
        self._phone: PhoneChoice | None = None
        self._lay_out()
        theme.changed.connect(self.update)
        on_language(self._retranslate)
        self._retranslate()

    def _lay_out(self) -> None:
        first = QHBoxLayout()
        first.setSpacing(8)
        first.addSpacing(28)
        first.addWidget(self.title, 1)
        first.addWidget(self.family)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(8)
        column.addLayout(first)
        column.addWidget(self.summary)
        grid = QGridLayout()
        grid.setContentsMargins(0, 4, 0, 0)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(8)
        for place, cell in enumerate(self.cells.values()):
            grid.addWidget(cell, place // _ROW, place % _ROW, 1, 1 if place < _ROW else 2)
        grid.addWidget(self.score, 1, _ROW - 1, Qt.AlignmentFlag.AlignBottom)
        for place in range(_ROW):
            grid.setColumnStretch(place, 1)
        column.addLayout(grid)
        column.addStretch(1)

    def show_figures(
        self, size: int, figures: Sequence[Figure] | Message | None, phone: PhoneChoice | None = None
    ) -> None:
        """Show the figures at an input size; None while they are being counted, a Message when they cannot be.

        `phone` is the one that is estimated for, None for none.
        """
        self._size, self._figures, self._phone = size, figures, phone
        self._retranslate()

    def sizeHint(self) -> QSize:  # noqa: N802
        """As the layout wants it."""
        layout = self.layout()
        return layout.sizeHint() if layout is not None else super().sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """A card with a round mark; the chosen one has a thick frame and a filled mark."""
        colours, chosen = palette(), self.isChecked()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        strong = chosen or self.hasFocus() or self.underMouse()
        width = 2 if chosen or self.hasFocus() else 1
        edge = colours.accent if strong else colours.border
        painter.setPen(
            QPen(QColor(edge), width, Qt.PenStyle.DashLine if self.hasFocus() and not chosen else Qt.PenStyle.SolidLine)
        )
        painter.setBrush(QColor(colours.surface))
        inset = width / 2
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(inset, inset, -inset, -inset), 8, 8)
        mark = QRectF(16, 0, 16, 16)
        mark.moveCenter(mark.center() + QRectF(self.title.geometry()).center() - QRectF(0, 0, 0, 16).center())
        mark.moveLeft(16)
        painter.setPen(QPen(QColor(colours.accent if chosen else colours.border_strong), 1.5))
        painter.setBrush(QColor(colours.surface))
        painter.drawEllipse(mark.adjusted(1, 1, -1, -1))
        if chosen:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.accent))
            painter.drawEllipse(mark.adjusted(4, 4, -4, -4))

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Draw anew when it is enabled or not."""
        super().changeEvent(event)
        self.update()

    def _retranslate(self) -> None:
        self.title.setText(self.card.title)
        self.summary.setText(pick(self.card.summary))
        for name, cell in self.cells.items():
            cell.tell(*self._computed(name))
        self.cells["phone_ms"].setVisible(self._phone is not None)
        score = published_of(self.card, "map", self._size)
        self.score.setVisible(score is not None)
        if score is not None:
            scope = tr("studio.detector.zoo_score", size=score.input or "-")
            self.score.tell(f"◇ {show_value(score.value, score.unit)}", scope, self._all_published("map"))
        self.setAccessibleName(f"{self.card.title}: {', '.join(self._spoken())}")

    def _computed(self, name: FigureName) -> tuple[str, str, str]:
        label = self._on_phone() if name == "phone_ms" else tr(NAMES[name])
        if self._figures is None:
            return _WAITING, label, tr("studio.detector.counting", size=self._size)
        if isinstance(self._figures, Message):
            return "–", label, text_of(self._figures)
        figure = pick_figure(self._figures, name)
        if figure is None and name == "phone_ms":
            return _WAITING, label, tr("studio.detector.estimating")
        if figure is None:
            return "–", label, tr("studio.detector.not_known")
        if name == "phone_ms":
            label = "\n".join(filter(None, (label, not_published(figure))))
            interval = tr("studio.bench.interval", low=bare_ms(figure.low or 0.0), high=bare_ms(figure.high or 0.0))
            told = (interval, scaled_text(figure), tr("studio.detector.phone_tip", size=self._size))
            return show(figure), label, "\n".join(filter(None, told))
        if figure.source == "estimated":
            return show(figure), label, tr("studio.detector.estimated_tip", size=self._size)
        return f"○ {show(figure)}", label, tr("studio.detector.computed_tip", size=self._size)

    def _on_phone(self) -> str:
        """What its time is of, since that is what tells two cards of two sessions apart."""
        phone = self._phone
        if phone is None:
            return ""
        return ", ".join([phone.soc, tr("studio.detector.threads", count=phone.threads), phone.precision])

    def _all_published(self, name: FigureName) -> str:
        rows = [published_line(row) for row in self.card.published if row.name == name]
        return "\n".join([tr("studio.detector.published_tip"), *rows])

    def _spoken(self) -> list[str]:
        cells = [cell for cell in (*self.cells.values(), self.score) if not cell.isHidden()]
        return [f"{cell.label.text()} {cell.number.text()}".replace("\n", ", ") for cell in cells]
