"""The right side of the Recipe page: totals against base and target, the runs to come, and the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from engine.contract.figures import Figure, FigureName, pick
from engine.contract.latency import PhoneEstimate
from engine.contract.recipe import PlannedJob
from studio.bound_texts import bind, on_language
from studio.i18n import tr
from studio.views.recipe.tradeoff_jobs import JobChain
from studio.views.shared.precision_rows import PrecisionRows
from studio.views.shared.share_bars import ShareBars, interval_text
from studio.views.shared.soc_chooser import PhoneChooser
from studio.views.shared.tradeoff_rows import FigureRow
from studio.widgets.controls import put_icon
from studio.widgets.labels import Muted
from studio.widgets.panels import Rule
from studio.widgets.scrolled import Scrolled

ALWAYS: tuple[FigureName, ...] = ("macs", "params", "nb_bytes")
ON_PHONE: FigureName = "phone_ms"
WHEN_THERE: tuple[FigureName, ...] = ("host_ms_network", "host_ms_total")
_COPIED_MS = 1500


class TradeoffPanel(QWidget):
    """Draws what it is given; `target_edited` tells a figure's name and its limit, 0 for none."""

    target_edited = Signal(str, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: dict[FigureName, FigureRow] = {}
        self.state = QLabel()
        self.state.setProperty("role", "caption")
        self.phone = PhoneChooser(none=True, floats=True)
        self.interval, self.shares, self.precisions = Muted(), ShareBars(), PrecisionRows()
        self.score = QLabel()
        self.score.setProperty("role", "caption")
        self.score.setWordWrap(True)
        self.jobs = JobChain()
        self.command = QLabel()
        self.command.setObjectName("commandLine")
        self.command.setProperty("role", "command")
        self.command.setWordWrap(True)
        self.command.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.copy = QPushButton()
        put_icon(self.copy, "copy")
        self.copy.setProperty("role", "quiet")
        self.copy.clicked.connect(self._copy)
        self._copied = QTimer(self)
        self._copied.setSingleShot(True)
        self._copied.timeout.connect(self._name_copy)
        self._lay_out()
        self.retranslate()
        on_language(self.retranslate)

    def _lay_out(self) -> None:
        inner = QWidget()
        inner.setObjectName("scrolled")
        column = QVBoxLayout(inner)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(16)
        head = QHBoxLayout()
        head.addWidget(_heading("studio.recipe.tradeoff"))
        head.addStretch(1)
        head.addWidget(self.state)
        column.addLayout(head)
        self._add_figures(column)
        column.addWidget(self.score)
        column.addWidget(Rule())
        column.addWidget(_heading("studio.recipe.becomes"))
        column.addWidget(self.jobs)
        column.addWidget(Rule())
        line = QHBoxLayout()
        line.addWidget(_heading("studio.recipe.command"))
        line.addStretch(1)
        line.addWidget(self.copy)
        column.addLayout(line)
        column.addWidget(self.command)
        column.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(Scrolled(inner))

    def _add_figures(self, column: QVBoxLayout) -> None:
        for name in (*ALWAYS, ON_PHONE, *WHEN_THERE):
            row = FigureRow(name)
            row.target_edited.connect(self.target_edited)
            row.setVisible(name in ALWAYS)
            self.rows[name] = row
        for name in ALWAYS:
            column.addWidget(self.rows[name])
        column.addWidget(Rule())
        column.addLayout(self._of_phone())
        for name in WHEN_THERE:
            column.addWidget(self.rows[name])
        column.addWidget(Rule())

    def _of_phone(self) -> QVBoxLayout:
        """Which phone, and below it what the recipe takes there."""
        column = QVBoxLayout()
        column.setSpacing(10)
        caption = QLabel()
        caption.setProperty("role", "caption")
        bind(caption.setText, "studio.bench.phone_time")
        for widget in (caption, self.phone, self.rows[ON_PHONE], self.interval, self.shares, self.precisions):
            column.addWidget(widget)
        return column

    def show_figures(self, base: Sequence[Figure], now: Sequence[Figure]) -> None:
        """Show the totals of the base and of the recipe."""
        for name, row in self.rows.items():
            old, new = pick(base, name), pick(now, name)
            row.show_figures(old, new)
            row.setVisible(name in ALWAYS or old is not None or new is not None)

    def show_phone(self, told: PhoneEstimate | None) -> None:
        """Show the interval of the phone's latency, where its time goes, what to shrink next, and which precision."""
        self.interval.setVisible(told is not None)
        self.interval.show_text(interval_text(told) if told is not None else "")
        self.shares.show_estimate(told)
        self.precisions.show_advice(told.precisions if told is not None else None)

    def show_score(self, figure: Figure | None) -> None:
        """Say what the base scores, and that a recipe's mAP is measured only after its training."""
        text = tr("studio.recipe.score_none")
        if figure is not None:
            text = tr("studio.recipe.score_base", value=f"{figure.value:.1f}")
        self.score.setText(text)

    def set_targets(self, targets: Mapping[str, float]) -> None:
        """Show the targets, in G MACs, MB and ms."""
        for name, row in self.rows.items():
            row.set_target(targets.get(name))

    def show_jobs(self, jobs: Sequence[PlannedJob], title: Callable[[str], str]) -> None:
        """Show the runs that the recipe becomes, each technique under its title."""
        self.jobs.show_jobs(jobs, title)

    def show_command(self, command: str) -> None:
        """Show the command that does the same without a screen."""
        self.command.setText(command or tr("studio.recipe.no_command"))
        self.copy.setEnabled(bool(command))

    def show_state(self, text: str) -> None:
        """Say that the figures are being worked out, or for what they hold."""
        self.state.setText(text)

    def retranslate(self) -> None:
        """Take texts in the current language."""
        for row in self.rows.values():
            row.retranslate()
        self._name_copy()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.command.text())
        self.copy.setText(tr("studio.recipe.copied"))
        self._copied.start(_COPIED_MS)

    def _name_copy(self) -> None:
        self.copy.setText(tr("studio.recipe.copy"))
        self.copy.setToolTip(tr("studio.recipe.copy_tip"))


def _heading(code: str) -> QLabel:
    label = QLabel()
    label.setProperty("role", "heading")
    bind(label.setText, code)
    return label
