"""What the import found: a table with the sentence, file, place and what was done about it."""

from __future__ import annotations

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QGuiApplication, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QTableView, QWidget

from engine.contract.dataset import Finding, Index, Severity
from engine.contract.text.messages import UserError
from studio.bound_texts import on_language
from studio.i18n import text_of, tr
from studio.theme import palette, theme
from studio.widgets.model_index import AnyIndex

CHUNK = 256
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
_SIGNS = {"error": "✕", "warning": "⚠", "info": "ⓘ"}
_WHAT = 1


def severity_colour(severity: Severity) -> QColor:
    """Red, amber or blue; the word always stands beside it."""
    colours = palette()
    return QColor({"error": colours.bad, "warning": colours.warn, "info": colours.info}[severity])


def severity_name(severity: Severity) -> str:
    """What a severity is called."""
    names = {
        "error": tr("studio.data.severity_error"),
        "warning": tr("studio.data.severity_warning"),
        "info": tr("studio.data.severity_info"),
    }
    return names[severity]


def done_about(finding: Finding) -> str:
    """What the import did, and what mending would do."""
    done = tr(f"data.action.{finding.action}")
    if finding.mend is None:
        return done
    return tr("studio.data.done_and_mend", done=done, mend=tr(f"data.action.{finding.mend}"))


class FindingModel(QAbstractTableModel):
    """The findings of an index of one severity, or all; read in chunks as the view asks for more."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._index: Index | None = None
        self._severity: Severity | None = None
        self._count = 0
        self.findings: list[Finding] = []

    def show_index(self, index: Index | None, severity: Severity | None = None) -> None:
        """Show other findings, from the first on."""
        self.beginResetModel()
        self._index, self._severity = index, severity
        self._count = index.finding_count(severity) if index is not None else 0
        self.findings = index.findings(severity=severity, limit=CHUNK) if index is not None else []
        self.endResetModel()

    def canFetchMore(self, parent: AnyIndex) -> bool:  # noqa: N802
        """Whether the index has more than was read."""
        return not parent.isValid() and len(self.findings) < self._count

    def fetchMore(self, parent: AnyIndex) -> None:  # noqa: N802
        """Read the next chunk."""
        if self._index is None or parent.isValid():
            return
        start = len(self.findings)
        more = self._index.findings(severity=self._severity, limit=CHUNK, offset=start)
        self.beginInsertRows(QModelIndex(), start, start + len(more) - 1)
        self.findings += more
        self.endInsertRows()

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008, N802
        """How many were read so far."""
        return 0 if parent.isValid() else len(self.findings)

    def columnCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008, N802
        """Severity, sentence, file, place, what was done."""
        return 0 if parent.isValid() else 5

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Text, tooltip and colour of a cell."""
        finding = self.findings[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self.cells(finding)[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole:
            return self.cells(finding)[index.column()]
        if role == Qt.ItemDataRole.ForegroundRole and index.column() == 0:
            return severity_colour(finding.severity)
        return None

    def headerData(  # noqa: N802
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """What the columns hold."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        titles = (
            tr("studio.data.column_severity"),
            tr("studio.data.column_what"),
            tr("studio.data.column_file"),
            tr("studio.data.column_place"),
            tr("studio.data.column_done"),
        )
        return titles[section]

    def cells(self, finding: Finding) -> tuple[str, str, str, str, str]:
        """A finding as the texts of its row."""
        kind = f"{_SIGNS[finding.severity]} {severity_name(finding.severity)}"
        return kind, text_of(finding.message), finding.file, finding.place, done_about(finding)

    def all_text(self) -> str:
        """Every finding of the filter, those not read yet too, as lines with tabs."""
        try:
            findings = self._index.findings(severity=self._severity) if self._index is not None else []
        except UserError:
            findings = self.findings
        return "\n".join("\t".join(self.cells(finding)) for finding in findings)


class FindingTable(QTableView):
    """The table of findings; a double click or Enter asks to open the one that is chosen."""

    opened = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model_ = FindingModel(self)
        self.setModel(self.model_)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setProperty("role", "bare")
        self.setShowGrid(False)
        self.setWordWrap(True)
        self.setTextElideMode(Qt.TextElideMode.ElideNone)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(48)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        for column, width in {0: 104, 2: 208, 3: 96, 4: 136}.items():
            header.resizeSection(column, width)
        header.setSectionResizeMode(_WHAT, QHeaderView.ResizeMode.Stretch)
        # Only rows on the screen are measured, once scrolling or resizing has paused.
        self._measure = QTimer(self)
        self._measure.setSingleShot(True)
        self._measure.setInterval(0)
        self._measure.timeout.connect(self._fit_rows)
        self.verticalScrollBar().valueChanged.connect(lambda _: self._measure.start())
        self.model_.modelReset.connect(self._measure.start)
        self.doubleClicked.connect(lambda _: self.opened.emit())
        header.sectionResized.connect(lambda *_: self._measure.start())
        theme.changed.connect(self.viewport().update)
        on_language(self.retranslate)
        self.retranslate()

    def chosen(self) -> Finding | None:
        """The finding of the current row."""
        row = self.currentIndex().row()
        selected = self.selectionModel().hasSelection()
        return self.model_.findings[row] if selected and 0 <= row < len(self.model_.findings) else None

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Enter opens; the rest is the table's."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.chosen() is not None:
            self.opened.emit()
        else:
            super().keyPressEvent(event)

    def retranslate(self) -> None:
        """Texts anew."""
        self.setAccessibleName(tr("studio.data.findings"))
        self.model_.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, 4)
        self.viewport().update()
        self._measure.start()

    def _fit_rows(self) -> None:
        row, room = max(0, self.rowAt(0)), self.viewport().height()
        # A row that became lower brings others onto the screen.
        while row < self.model_.rowCount() and self.rowViewportPosition(row) < room:
            self.resizeRowToContents(row)
            row += 1

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Findings may have become others, and columns of other widths, while nobody saw the table."""
        super().showEvent(event)
        self._measure.start()

    def copy_all(self) -> None:
        """Put every finding of the filter on the clipboard."""
        QGuiApplication.clipboard().setText(self.model_.all_text())
