"""The dialog that ranks convolutions by what int8 does to them, and keeps the worst in float."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from engine.contract.run.job import Int8ErrorsJob, Job
from engine.contract.sensitivity import LayerErrors
from studio.bound_texts import bind
from studio.i18n import tr
from studio.stores.work.sensitivity import int8_job, read_errors
from studio.studio import Studio
from studio.views.measure.dialog import MeasureDialog
from studio.views.measure.tables import LayerTable, MeasuredView
from studio.widgets.controls import NumberSpin
from studio.widgets.labels import Text

PICTURES: int = Int8ErrorsJob.model_fields["pictures"].default
MOST = 1000
_LIMIT = 2.0
"""Percent by which a convolution may move the outputs before it is kept in float, unless somebody says otherwise."""


class Int8Dialog(MeasureDialog):
    """A ranked table with a tick for each convolution that stays float; another limit ticks anew."""

    def __init__(self, studio: Studio, name: str, kept: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(studio, "int8", parent)
        self._name = name
        self._kept = list(kept)
        self.errors: LayerErrors | None = None
        self.table = LayerTable(self)
        self.view = MeasuredView(self.table)
        self.limit = NumberSpin()
        bind(self.lead.setText, "studio.measure.int8_lead")
        self._fill_body()
        self.limit.valueChanged.connect(lambda _: self._tick_by_limit())
        self.table.ticks_changed.connect(self.show_state)

    def _fill_body(self) -> None:
        label = Text("studio.measure.limit", "caption")
        label.setBuddy(self.limit)
        self.limit.setDecimals(2)
        self.limit.setRange(0.0, 100.0)
        self.limit.setSingleStep(0.5)
        self.limit.setSuffix(" %")
        self.limit.setValue(_LIMIT)
        self.limit.setFixedWidth(112)
        bind(self.limit.setAccessibleName, "studio.measure.limit")
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(label)
        row.addWidget(self.limit)
        row.addStretch(1)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(self.view, 1)
        column.addLayout(row)
        self.body.addWidget(content)

    def jobs(self) -> list[Job]:
        """The one job."""
        folder = self.studio.project.folder
        assert folder is not None
        return [int8_job(self.root, folder.index, self.pictures.value())]

    def suits(self, job: Job) -> bool:
        """A measurement of this run."""
        return isinstance(job, Int8ErrorsJob) and self.run is not None and job.run == str(self.root)

    def reader(self, known_pictures: bool) -> Callable[[], tuple[int, Any]]:
        """Reads the errors."""
        root, pictures = self.root, self.pictures.value()
        return lambda: (pictures, read_errors(root, pictures))

    def take(self, found: Any) -> None:
        """Show errors; tick what the step keeps in float already, else what is above the limit."""
        if found == self.errors and found is not None:
            return
        self.errors = found
        self.body.setCurrentIndex(1 if found is not None else 0)
        self.table.show_layers(found.layers if found is not None else ())
        if self._kept:
            self.table.tick(self._kept)
        else:
            self._tick_by_limit()

    def params(self) -> dict[str, Any] | None:
        """The ticked convolutions, the worst first."""
        if self.errors is None:
            return None
        return {self._name: [each.layer for each in self.errors.layers if each.layer in self.table.ticked]}

    def why_no_use(self) -> str | None:
        """Nothing measured yet."""
        if self.errors is not None:
            return None
        return "studio.measure.still_measuring" if self.measurement.busy else "studio.measure.nothing_measured"

    def show_state(self) -> None:
        """As every such dialog; below stands how many stay float."""
        super().show_state()
        if self.errors is not None:
            counts = {"count": len(self.table.ticked), "total": len(self.errors.layers)}
            self.summary.setText(tr("studio.measure.int8_result", **counts))
        else:
            self.summary.setText(tr("studio.measure.goes_on") if self.measurement.busy else "")

    def _tick_by_limit(self) -> None:
        layers = self.errors.layers if self.errors is not None else ()
        self.table.tick(each.layer for each in layers if 100 * each.error > self.limit.value())
