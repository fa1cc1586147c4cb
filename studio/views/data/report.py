"""The report of the import: filter by severity, the table, mending, copying."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from engine.contract.dataset import Finding, Index, Severity
from studio.bound_texts import bind, on_language
from studio.i18n import tr
from studio.views.data.filters import Segments
from studio.views.data.findings import SEVERITIES, FindingTable, severity_name
from studio.widgets.buttons import Button
from studio.widgets.labels import Muted

_REST_MS = 120


class ReportPanel(QWidget):
    """What the import found; `mend_wanted` when all that can be mended is to be, `open_wanted` with a finding."""

    mend_wanted = Signal()
    open_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._index: Index | None = None
        self._mendable = 0
        self.kinds = Segments(self)
        self.table = FindingTable(self)
        self.has_picture: Callable[[Finding], bool] = lambda finding: True
        self.open = Button("studio.data.open_finding", self._open, icon_name="image")
        self.copy = Button("studio.data.copy", self.table.copy_all, icon_name="copy")
        self.mend = Button("studio.data.mend_all", self.mend_wanted.emit)
        self.nothing = Muted("studio.data.no_findings")
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.stack = QStackedWidget(self)
        self.stack.addWidget(self.table)
        self.stack.addWidget(self.nothing)
        bar = QHBoxLayout()
        bar.setSpacing(8)
        bar.addWidget(self.kinds)
        bar.addStretch(1)
        bar.addWidget(self.open)
        bar.addWidget(self.copy)
        bar.addWidget(self.mend)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 16, 0, 0)
        column.setSpacing(8)
        column.addLayout(bar)
        column.addWidget(self.stack, 1)
        bind(self.copy.setToolTip, "studio.data.copy_tip")
        self.kinds.chosen.connect(lambda _: self._filter())
        self.table.opened.connect(self._open)
        # To look for a picture takes a moment in a large set: not while somebody walks through the rows.
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST_MS)
        self._rest.timeout.connect(self._offer)
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._rest.start())
        on_language(self._retranslate)

    def show_index(self, index: Index | None) -> None:
        """Show the findings of another index, of all severities."""
        self._index = index
        self._mendable = index.finding_count(mendable=True) if index is not None else 0
        self._retranslate()
        self._filter()

    def count(self) -> int:
        """How many findings there are in all."""
        return self._index.finding_count() if self._index is not None else 0

    def _severity(self) -> Severity | None:
        return next((severity for severity in SEVERITIES if severity == self.kinds.key()), None)

    def _filter(self) -> None:
        self.table.model_.show_index(self._index, self._severity())
        empty = self.table.model_.rowCount() == 0
        self.stack.setCurrentWidget(self.nothing if empty else self.table)
        self.copy.setEnabled(not empty)
        self._offer()

    def _offer(self) -> None:
        """Let a picture be opened where the chosen finding is of one."""
        finding = self.table.chosen()
        if finding is None:
            self.open.why_not("studio.data.open_none")
        elif not self.has_picture(finding):
            self.open.why_not("studio.data.open_no_picture")
        else:
            self.open.why_not(None)
            bind(self.open.setToolTip, "studio.data.open_tip")

    def _open(self) -> None:
        if self._rest.isActive():
            self._rest.stop()
            self._offer()
        finding = self.table.chosen()
        if finding is not None and self.open.isEnabled():
            self.open_wanted.emit(finding)

    def _retranslate(self) -> None:
        choices = {"all": tr("studio.data.all_findings", count=self.count())}
        for severity in SEVERITIES:
            count = self._index.finding_count(severity) if self._index is not None else 0
            if count:
                choices[severity] = tr("studio.data.severity_count", severity=severity_name(severity), count=count)
        key = self.kinds.key()
        self.kinds.offer(choices, key if key in choices else "all")
        self.mend.setEnabled(self._mendable > 0)
        told = tr("studio.data.mend_all_tip", count=self._mendable) if self._mendable else tr("studio.data.mend_none")
        self.mend.setToolTip(told)
