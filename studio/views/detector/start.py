"""What training starts from: nothing, a run of the project, or a weights file."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QStandardItemModel
from PySide6.QtWidgets import (
    QButtonGroup,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QRadioButton,
    QWidget,
)

from engine.contract.figures import pick as pick_figure
from engine.contract.project import DetectorChoice
from engine.contract.text.address import WEIGHTS_SUFFIXES, check_address, is_address
from engine.contract.text.messages import UserError
from studio.bound_texts import bind, on_language
from studio.i18n import tr
from studio.presenters.detector_choice import can_start_from
from studio.presenters.numbers import show
from studio.stores.run import Run
from studio.views.imports.source import dropped_path
from studio.widgets.buttons import Button
from studio.widgets.controls import QuietCombo
from studio.widgets.labels import Muted
from studio.widgets.panels import ErrorBanner

_INDENT = 26
_LAST_NOTE = 5


class StartPanel(QWidget):
    """Three choices; `chosen` tells None for scratch, a run's name, or the path or address of a weights file."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAcceptDrops(True)
        self._runs: list[Run] = []
        self._choice: DetectorChoice | None = None
        self.scratch, self.run, self.file = QRadioButton(self), QRadioButton(self), QRadioButton(self)
        self._group = QButtonGroup(self)
        for button in (self.scratch, self.run, self.file):
            self._group.addButton(button)
        self.runs, self.path = QuietCombo(self), QLineEdit(self)
        self.problem = ErrorBanner(tone="warn")
        self.ask = Button("studio.detector.choose_file", self._ask)
        self._lay_out()
        bind(self.scratch.setText, "studio.detector.from_scratch")
        bind(self.run.setText, "studio.detector.from_run")
        bind(self.file.setText, "studio.detector.from_file")
        bind(self.path.setPlaceholderText, "studio.detector.file_placeholder")
        bind(self.path.setAccessibleName, "studio.detector.from_file")
        bind(self.runs.setAccessibleName, "studio.detector.from_run")
        for button in (self.scratch, self.run):
            button.clicked.connect(self.problem.clear)
        self.scratch.clicked.connect(lambda: self.chosen.emit(None))
        self.run.clicked.connect(self._choose_run)
        self.file.clicked.connect(self._choose_file)
        self.path.editingFinished.connect(self._typed)
        self.runs.activated.connect(lambda _: self._choose_run())
        on_language(self._show_runs)

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(4)
        file = QHBoxLayout()
        file.setSpacing(8)
        file.addWidget(self.path, 1)
        file.addWidget(self.ask)
        grid.addWidget(self.scratch, 0, 0)
        grid.addWidget(self.run, 2, 0)
        grid.addWidget(self.runs, 2, 1)
        grid.addWidget(self.file, 4, 0)
        grid.addLayout(file, 4, 1)
        grid.addWidget(self.problem, _LAST_NOTE + 1, 0, 1, 2)
        notes = (
            (1, Muted("studio.detector.from_scratch_note")),
            (3, Muted("studio.detector.from_run_note")),
            (_LAST_NOTE, Muted("studio.detector.from_file_note")),
        )
        for row, note in notes:
            note.setContentsMargins(_INDENT, 0, 0, 8 if row < _LAST_NOTE else 0)
            grid.addWidget(note, row, 0, 1, 2)
        grid.setColumnStretch(1, 1)

    def offer(self, runs: list[Run], choice: DetectorChoice | None, start: str | None) -> None:
        """Offer the runs of a project whose detector is `choice`, and show what is chosen."""
        self._runs, self._choice = runs, choice
        self._show_runs()
        place = next((number for number, run in enumerate(runs) if run.name == start), -1)
        if start is None:
            self.scratch.setChecked(True)
        elif place >= 0:
            self.run.setChecked(True)
            self.runs.setCurrentIndex(place)
        else:
            self.file.setChecked(True)
            if not self.path.isModified():
                self.path.setText(start)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        """Take a weights file."""
        path = dropped_path(event)
        if path is not None and path.suffix in WEIGHTS_SUFFIXES:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        """Training starts from it."""
        path = dropped_path(event)
        if path is not None:
            self._take_file(str(path))
            event.acceptProposedAction()

    def _show_runs(self) -> None:
        place = self.runs.currentIndex()
        self.runs.clear()
        model = self.runs.model()
        assert isinstance(model, QStandardItemModel)
        usable = False
        for number, run in enumerate(self._runs):
            fits = self._choice is not None and can_start_from(run, self._choice)
            score = pick_figure(run.figures("final"), "map", split="val")
            self.runs.addItem(f"{run.name} · mAP val {show(score)}" if score is not None else run.name)
            item = model.item(number)
            item.setEnabled(fits)
            item.setToolTip("" if fits else tr("studio.detector.run_differs"))
            usable = usable or fits
        if 0 <= place < self.runs.count():
            self.runs.setCurrentIndex(place)
        self.run.setEnabled(usable or self.run.isChecked())
        self.runs.setEnabled(usable)
        self.run.setToolTip("" if usable else tr("studio.detector.no_runs"))
        self.runs.setToolTip(self.run.toolTip())

    def _choose_run(self) -> None:
        place = self.runs.currentIndex()
        fitting = [run for run in self._runs if self._choice is not None and can_start_from(run, self._choice)]
        run = self._runs[place] if 0 <= place < len(self._runs) else None
        run = run if run in fitting else next(iter(reversed(fitting)), None)
        if run is not None:
            self.chosen.emit(run.name)

    def _choose_file(self) -> None:
        if self.path.text():
            self.path.setModified(True)
            self._typed()
        else:
            self._ask()

    def _typed(self) -> None:
        """A path or an address was written: it is taken if it can be one, and nothing is asked of the network yet."""
        text = self.path.text().strip()
        if not self.path.isModified():
            return
        if not text:
            self.path.setModified(False)
        try:
            if is_address(text):
                check_address(text)
            elif text and not Path(text).expanduser().is_file():
                raise UserError("weights.missing", path=text)
        except UserError as error:
            self.problem.tell(error.message)
            return
        if text:
            self._take_file(text if is_address(text) else str(Path(text).expanduser().resolve()))

    def _ask(self) -> None:
        dialog = QFileDialog(self, tr("studio.detector.choose_file"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        endings = " ".join(f"*{end}" for end in WEIGHTS_SUFFIXES)
        dialog.setNameFilter(tr("studio.detector.weights_filter", endings=endings))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self._take_file)
        dialog.rejected.connect(self._untouched)
        dialog.open()

    def _take_file(self, path: str) -> None:
        self.problem.tell(None)
        self.path.setText(path)
        self.file.setChecked(True)
        self.chosen.emit(self.path.text())

    def _untouched(self) -> None:
        if not self.path.text():
            self.scratch.setChecked(True)
            self.chosen.emit(None)
