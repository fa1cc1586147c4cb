"""The form of an export: run, target, precision, folder; what cannot be done is off and says why."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from engine.contract.refusals import PRECISIONS, TARGETS
from engine.contract.run.job import Precision, Target
from studio.bound_texts import bind, on_language
from studio.i18n import tr
from studio.presenters.phone.export_rules import export_reason, is_quantised
from studio.stores.run import Run
from studio.studio import Studio
from studio.views.phone.expected import ExpectedPrecision
from studio.widgets.buttons import Button, IconButton
from studio.widgets.controls import QuietCombo
from studio.widgets.labels import Elided, Heading, Muted, Text
from studio.widgets.panels import Card


class Options(QWidget):
    """A row of choices; below it what the chosen one is, and why those that are off cannot be."""

    chosen = Signal(str)

    def __init__(self, names: tuple[str, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._group = QButtonGroup(self)
        self._words: dict[str, tuple[str, bool]] = {}
        self.buttons: dict[str, QPushButton] = {}
        self.line, self.reasons = Muted(), Muted()
        row = QFrame()
        row.setProperty("role", "segments")
        segments = QHBoxLayout(row)
        segments.setContentsMargins(2, 2, 2, 2)
        segments.setSpacing(2)
        for name in names:
            button = QPushButton(name)
            button.setCheckable(True)
            button.setProperty("role", "segment")
            button.clicked.connect(lambda _=False, name=name: self._on_click(name))
            self._group.addButton(button)
            segments.addWidget(button, 1)
            self.buttons[name] = button
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(row)
        layout.addWidget(self.line)
        layout.addWidget(self.reasons)

    def current(self) -> str:
        """The name that is chosen."""
        return next((name for name, button in self.buttons.items() if button.isChecked()), "")

    def choose(self, name: str) -> None:
        """Choose a name."""
        self.buttons[name].setChecked(True)
        self._write()

    def describe(self, name: str, line: str, enabled: bool = True) -> None:
        """Say what a name is, or why it is off."""
        self._words[name] = (line, enabled)
        self.buttons[name].setEnabled(enabled)
        self.buttons[name].setToolTip(line)
        self._write()

    def _on_click(self, name: str) -> None:
        self._write()
        self.chosen.emit(name)

    def _write(self) -> None:
        line, enabled = self._words.get(self.current(), ("", False))
        self.line.show_text(line if enabled else "")
        self.line.setVisible(enabled)
        reasons: dict[str, list[str]] = {}
        for name, (words, possible) in self._words.items():
            if not possible:
                reasons.setdefault(words, []).append(name)
        self.reasons.show_text("\n".join(f"{', '.join(names)}: {words}" for words, names in reasons.items()))
        self.reasons.setVisible(bool(reasons))


class ExportForm(Card):
    """What to export, as what, and where to; `asked` tells run, target, precision and folder."""

    asked = Signal(object, str, str, object)

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        self.run = QuietCombo()
        self.run.setSizeAdjustPolicy(QuietCombo.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.run.setMinimumContentsLength(12)
        self.target, self.precision = Options(TARGETS), Options(PRECISIONS)
        self.expected = ExpectedPrecision(studio)
        self.out = QLineEdit()
        self.where = Elided("", "muted")
        self.start = Button("studio.phone.export", self._ask, "primary", "export")
        self._busy = False
        self._lay_out()
        kept = studio.settings.value
        self.target.choose(kept.target)
        self.precision.choose(kept.precision)
        self.run.currentIndexChanged.connect(self._on_run)
        self.target.chosen.connect(self._on_option)
        self.precision.chosen.connect(self._on_option)
        self.out.editingFinished.connect(self._on_out)
        self.out.textChanged.connect(self.refresh)
        studio.catalog.changed.connect(self.refresh)
        on_language(self.refresh)
        self.reload()

    def _lay_out(self) -> None:
        bind(self.run.setAccessibleName, "studio.phone.run")
        bind(self.out.setAccessibleName, "studio.phone.out")
        body = self.body
        body.addWidget(Heading("studio.phone.form_title"))
        body.addWidget(Text("studio.phone.run", "muted"))
        body.addWidget(self.run)
        body.addSpacing(4)
        body.addWidget(Text("studio.phone.target", "muted"))
        body.addWidget(self.target)
        body.addWidget(Text("studio.phone.precision", "muted"))
        body.addWidget(self.precision)
        body.addWidget(self.expected)
        body.addWidget(Text("studio.phone.out", "muted"))
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.out, 1)
        row.addWidget(IconButton("folder-open", "studio.phone.browse", self._browse))
        body.addLayout(row)
        body.addWidget(self.where)

    def reload(self) -> None:
        """Take the runs that can be exported, latest first, and keep the choice."""
        kept = self.run.currentData()
        ready = [run.name for run in reversed(self._studio.runs.runs) if run.status == "finished"]
        if ready != [self.run.itemData(place) for place in range(self.run.count())]:
            self.run.blockSignals(True)
            self.run.clear()
            for name in ready:
                self.run.addItem(name, name)
            self.run.setCurrentIndex(max(0, self.run.findData(kept)))
            self.run.blockSignals(False)
            self._suit_precision()
        folder = self._studio.project.folder
        if folder is not None and not self.out.text():
            self.out.setText(self._studio.settings.value.export_out or str(folder.root / "exports"))
        self.refresh()

    def set_busy(self, busy: bool) -> None:
        """Whether an export goes on: one at a time."""
        self._busy = busy
        self.refresh()

    def choice(self) -> tuple[Run, Target, Precision, Path] | None:
        """What the form says; None while something is missing or impossible."""
        run = self._studio.runs.by_name(self.run.currentData())
        target, precision = self._options()
        if run is None or not self.out.text().strip() or export_reason(target, precision, self._quantised()):
            return None
        base = Path(self.out.text().strip()).expanduser()
        return run, target, precision, base / f"{run.name}-{target}-{precision}"

    def refresh(self) -> None:
        """Write everything that depends on the choices."""
        target, precision = self._options()
        for name, line in target_texts():
            self.target.describe(name, line)
        quantised = self._quantised()
        for kind, line in precision_texts():
            reason = export_reason(target, kind, quantised)
            self.precision.describe(kind, reason or line, enabled=reason is None)
        choice = self.choice()
        self.where.set_full(tr("studio.phone.where", path=str(choice[3])) if choice else "")
        run = self._studio.runs.by_name(self.run.currentData())
        self.expected.show_run(run if target == "arm" else None)
        if self._busy:
            self.start.why_not("studio.phone.busy")
        elif run is None:
            self.start.why_not("studio.phone.no_run")
        elif export_reason(target, precision, quantised):
            self.start.why_not("studio.phone.impossible")
        else:
            self.start.why_not(None if choice else "studio.phone.no_out")

    def _options(self) -> tuple[Target, Precision]:
        return cast(Target, self.target.current()), cast(Precision, self.precision.current())

    def _quantised(self) -> bool | None:
        run = self._studio.runs.by_name(self.run.currentData())
        if run is None:
            return None
        return is_quantised(run, {each.name: each for each in self._studio.runs.runs}, self._studio.catalog)

    def _suit_precision(self) -> None:
        """Move away from a precision that this run cannot have, to the first that it can."""
        target, precision = self._options()
        quantised = self._quantised()
        if export_reason(target, precision, quantised):
            possible = [name for name in PRECISIONS if not export_reason(target, name, quantised)]
            if possible:
                self.precision.choose(possible[0])

    def _on_run(self) -> None:
        self._suit_precision()
        self.refresh()

    def _on_option(self) -> None:
        self._suit_precision()
        target, precision = self._options()
        self._studio.settings.update(target=target, precision=precision)
        self.refresh()

    def _on_out(self) -> None:
        self._studio.settings.update(export_out=self.out.text().strip())

    def _browse(self) -> None:
        dialog = QFileDialog(self, tr("studio.phone.browse"), self.out.text())
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self._on_folder)
        dialog.open()

    def _on_folder(self, path: str) -> None:
        self.out.setText(path)
        self._on_out()

    def _ask(self) -> None:
        choice = self.choice()
        if choice is not None:
            self.asked.emit(*choice)


def target_texts() -> tuple[tuple[Target, str], ...]:
    """Every target with what it is."""
    return (
        ("arm", tr("studio.phone.arm_line")),
        ("opencl", tr("studio.phone.opencl_line")),
        ("x86", tr("studio.phone.x86_line")),
    )


def precision_texts() -> tuple[tuple[Precision, str], ...]:
    """Every precision with what it means."""
    return (
        ("fp32", tr("studio.phone.fp32_line")),
        ("fp16", tr("studio.phone.fp16_line")),
        ("int8", tr("studio.phone.int8_line")),
    )
