"""What is measured on the phone, and how: run, precisions, threads, the tool, repeats; `problem` says why not."""

from __future__ import annotations

from typing import Any, cast

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QGridLayout,
    QLineEdit,
    QWidget,
)  # fmt: skip

from engine.contract.refusals import PRECISIONS
from engine.contract.run.job import Backend, BenchJob, Precision
from studio.bound_texts import bind, on_language
from studio.i18n import tr
from studio.presenters.phone.export_rules import is_quantised, measure_reason
from studio.stores.phone.benches import first_ancestor
from studio.stores.phone.phones import PhonesStore
from studio.stores.run import Run
from studio.studio import Studio
from studio.widgets.buttons import IconButton
from studio.widgets.controls import IntegerSpin, NumberSpin, QuietCombo
from studio.widgets.labels import Heading, Muted, Text
from studio.widgets.panels import Card
from studio.widgets.toggles import Toggles

BENCH_THREADS = ("1", "2", "4", "8")
CACHE = "phone"


class MeasureForm(Card):
    """`changed` tells that another run or setting was chosen."""

    changed = Signal()

    def __init__(self, studio: Studio, phones: PhonesStore) -> None:
        super().__init__()
        self._studio = studio
        self._phones = phones
        self._settled = False
        self._settling = QTimer(self)
        self._settling.setSingleShot(True)
        self._settling.timeout.connect(self._settle)
        memory = self._memory = phones.memory
        self.run = QuietCombo()
        self.run.setSizeAdjustPolicy(QuietCombo.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.run.setMinimumContentsLength(12)
        self.precisions = Toggles(PRECISIONS, memory.get("precisions", list(PRECISIONS)))
        self.threads = Toggles(BENCH_THREADS, memory.get("threads", ["1", "2", "4"]))
        self.tool, self.libs = QLineEdit(memory.get("tool", "")), QLineEdit(memory.get("libs", ""))
        self.repeats = _spin(1, 10_000, memory.get("repeats", 20))
        self.processes = _spin(1, 100, memory.get("processes", 5))
        self.pictures = _spin(0, 100_000, memory.get("pictures", 0))
        self.pause = NumberSpin()
        self.pause.setRange(0, 600)
        self.pause.setValue(memory.get("pause", 2.0))
        self.sustained = NumberSpin()
        self.sustained.setRange(0, 240)
        self.sustained.setDecimals(1)
        self.sustained.setValue(memory.get("sustained", 0.0))
        self.opencl = QCheckBox()
        self.opencl.setChecked(memory.get("opencl", False))
        self.reasons = Muted()
        self._lay_out()
        self._connect()
        self.reload()

    def _lay_out(self) -> None:
        body = self.body
        body.addWidget(Heading("studio.bench.form_title"))
        self._row("studio.bench.run", self.run)
        self._row("studio.bench.precisions", self.precisions)
        body.addWidget(self.reasons)
        self._row("studio.bench.threads", self.threads)
        self._tool = QWidget()
        grid = QGridLayout(self._tool)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(8)
        self._path(grid, 0, ("studio.bench.tool", "studio.bench.tool_browse"), self.tool, folder=False)
        self._path(grid, 1, ("studio.bench.libs", "studio.bench.libs_browse"), self.libs, folder=True)
        grid.addWidget(Muted("studio.bench.tool_line"), 4, 0, 1, 2)
        body.addWidget(self._tool)
        self.own_tool = Muted("studio.bench.own_tool")
        body.addWidget(self.own_tool)
        self._numbers(
            body,
            (
                ("studio.bench.repeats", "studio.bench.repeats_tip", self.repeats),
                ("studio.bench.map_pictures", "studio.bench.map_pictures_tip", self.pictures),
            ),
        )
        self._expert = QWidget()
        inner = QGridLayout(self._expert)
        inner.setContentsMargins(0, 0, 0, 0)
        body.addWidget(self._expert)
        fields = (
            ("studio.bench.processes", "studio.bench.processes_tip", self.processes),
            ("studio.bench.pause", "studio.bench.pause_tip", self.pause),
            ("studio.bench.sustained_min", "studio.bench.sustained_min_tip", self.sustained),
        )
        _fill(inner, fields)
        bind(self.opencl.setText, "studio.bench.opencl")
        inner.addWidget(self.opencl, len(fields), 0, 1, 2)

    def _connect(self) -> None:
        self.run.currentIndexChanged.connect(self._on_run)
        self.run.activated.connect(self._on_picked)
        for toggles in (self.precisions, self.threads):
            toggles.changed.connect(self._on_change)
        for field in (self.tool, self.libs):
            field.textChanged.connect(self._on_change)
        for spin in (self.repeats, self.processes, self.pictures, self.pause, self.sustained):
            spin.valueChanged.connect(self._on_change)
        self.opencl.toggled.connect(self._on_change)
        self._phones.changed.connect(self.refresh)
        self._studio.settings.changed.connect(self.refresh)
        self._studio.catalog.changed.connect(self.refresh)
        on_language(self.refresh)

    def current(self) -> Run | None:
        """The run that is chosen."""
        return self._studio.runs.by_name(self.run.currentData())

    def reload(self) -> None:
        """Take the runs that can be measured, latest first.

        What a person chose stays chosen, and what they look at, whatever finishes meanwhile; else it is the latest.
        """
        runs = self._studio.runs
        picked, shown = self._studio.project.choices.phone_run, self.run.currentData()
        kept = next((name for name in (picked, shown if self._looked_at() else None) if runs.by_name(name)), None)
        ready = [run.name for run in reversed(runs.runs) if run.status == "finished" or run.name == kept]
        self._settled = self._settled and bool(ready)
        self._settling.start(0)
        if ready != [self.run.itemData(place) for place in range(self.run.count())]:
            self.run.blockSignals(True)
            self.run.clear()
            for name in ready:
                self.run.addItem(name, name)
            self.run.setCurrentIndex(max(0, self.run.findData(kept)) if ready else -1)
            self.run.blockSignals(False)
            self._on_run()
        self.refresh()

    def choose(self, name: str) -> None:
        """Choose a run for good, as a person does: it stays until another is chosen."""
        self._studio.project.choose(phone_run=name)
        self.reload()
        self.run.setCurrentIndex(self.run.findData(name))

    def _settle(self) -> None:
        caught_up = all(run.caught_up for run in self._studio.runs.runs)
        self._settled = self.run.count() > 0 and (self._settled or caught_up)
        if not caught_up:
            self._settling.start(100)

    def _looked_at(self) -> bool:
        """Whether somebody sees what is chosen; not while the runs of a project are still being read."""
        return self._settled and self.isVisible()

    def refresh(self) -> None:
        """Switch off what this phone or run cannot do, and say why."""
        phone, run = self._phones.chosen, self.current()
        names = {each.name: each for each in self._studio.runs.runs}
        quantised = is_quantised(run, names, self._studio.catalog) if run is not None else None
        told: dict[str, list[str]] = {}
        for name in PRECISIONS:
            reason = measure_reason(name, quantised, phone)
            self.precisions.allow(name, reason)
            if reason is not None:
                told.setdefault(reason, []).append(name)
        self.reasons.show_text("\n".join(f"{', '.join(kinds)}: {reason}" for reason, kinds in told.items()))
        self.reasons.setVisible(bool(told))
        simulated = phone is not None and phone.simulated
        self._tool.setVisible(not simulated)
        self.own_tool.setVisible(simulated)
        self._expert.setVisible(self._studio.settings.value.expert)

    def problem(self) -> str | None:
        """The code of why nothing can be measured now; None if it can."""
        phone = self._phones.chosen
        if phone is None:
            return "studio.bench.why_no_phone"
        if phone.state != "ready" or phone.problem is not None:
            return "studio.bench.why_not_ready"
        if self.current() is None:
            return "studio.bench.why_no_run"
        if not self.precisions.taken():
            return "studio.bench.why_no_precision"
        if not self.threads.taken():
            return "studio.bench.why_no_threads"
        if not phone.simulated and not self.tool.text().strip():
            return "studio.bench.why_no_tool"
        return None

    def job(self) -> BenchJob | None:
        """What the form says; None while it says nothing that can be done."""
        phone, run, folder = self._phones.chosen, self.current(), self._studio.project.folder
        if self.problem() or phone is None or run is None or folder is None:
            return None
        base = first_ancestor(run, self._studio.runs)
        expert = self._studio.settings.value.expert
        extra: dict[str, Any] = {}
        if expert:
            extra = {"processes": self.processes.value(), "pause_s": self.pause.value()}
            extra["sustained_min"] = self.sustained.value()
        if not phone.simulated:
            extra |= {"tool": self.tool.text().strip(), "libs": self.libs.text().strip() or None}
        backends: tuple[Backend, ...] = ("arm", "opencl") if expert and self.opencl.isChecked() else ("arm",)
        return BenchJob(
            run=str(run.root),
            index=str(folder.index),
            cache=str(folder.cache / CACHE),
            serial=phone.serial,
            precisions=cast(tuple[Precision, ...], self.precisions.taken()),
            backends=backends,
            threads=tuple(int(name) for name in self.threads.taken()),
            repeats=self.repeats.value(),
            map_pictures=self.pictures.value(),
            base=str(base.root) if base is not None else None,
            **extra,
        )

    def _on_picked(self) -> None:
        self._studio.project.choose(phone_run=self.run.currentData())

    def _on_run(self) -> None:
        self.refresh()
        self.changed.emit()

    def _on_change(self) -> None:
        self._memory.keep(
            precisions=self.precisions.checked(),
            threads=self.threads.checked(),
            tool=self.tool.text(),
            libs=self.libs.text(),
            repeats=self.repeats.value(),
            processes=self.processes.value(),
            pictures=self.pictures.value(),
            pause=self.pause.value(),
            sustained=self.sustained.value(),
            opencl=self.opencl.isChecked(),
        )
        self.changed.emit()

    def _row(self, code: str, widget: QWidget) -> None:
        bind(widget.setAccessibleName, code)
        self.body.addWidget(Text(code, "muted"))
        self.body.addWidget(widget)

    def _numbers(self, body: Any, fields: tuple[tuple[str, str, QWidget], ...]) -> None:
        grid = QGridLayout()
        _fill(grid, fields)
        body.addLayout(grid)

    def _path(self, grid: QGridLayout, place: int, codes: tuple[str, str], field: QLineEdit, folder: bool) -> None:
        code, browse = codes
        bind(field.setAccessibleName, code)
        grid.addWidget(Text(code, "muted"), 2 * place, 0, 1, 2)
        grid.addWidget(field, 2 * place + 1, 0)
        button = IconButton("folder-open", browse, lambda: self._browse(field, folder))
        grid.addWidget(button, 2 * place + 1, 1)

    def _browse(self, field: QLineEdit, folder: bool) -> None:
        dialog = QFileDialog(self, tr("studio.bench.browse"), field.text())
        dialog.setFileMode(QFileDialog.FileMode.Directory if folder else QFileDialog.FileMode.ExistingFile)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(field.setText)
        dialog.open()


def _spin(low: int, high: int, value: int) -> IntegerSpin:
    spin = IntegerSpin()
    spin.setRange(low, high)
    spin.setValue(value)
    return spin


def _fill(grid: QGridLayout, fields: tuple[tuple[str, str, QWidget], ...]) -> None:
    grid.setHorizontalSpacing(12)
    grid.setVerticalSpacing(8)
    grid.setColumnStretch(0, 1)
    for place, (code, tip, widget) in enumerate(fields):
        bind(widget.setAccessibleName, code)
        bind(widget.setToolTip, tip)
        widget.setFixedWidth(96)
        label = Text(code, "muted")
        label.setWordWrap(True)
        grid.addWidget(label, place, 0)
        grid.addWidget(widget, place, 1)
