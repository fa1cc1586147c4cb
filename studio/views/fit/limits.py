"""All limits of a fit below each other, with what the run has beside each."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from studio.i18n import tr
from studio.presenters.fit.choices import FIRST_VALUES, TARGETS, FitChoices, Limit
from studio.stores.run import Run
from studio.views.fit.field_grid import field_grid
from studio.views.fit.limit_row import LimitRow

_LIMITS: tuple[tuple[Limit, str, str, tuple[float, float, float]], ...] = (
    ("ms", "studio.fit.limit_ms", "studio.fit.limit_ms_tip", (0.01, 100_000.0, 1.0)),
    ("points", "studio.fit.limit_points", "studio.fit.limit_points_tip", (0.0, 100.0, 0.5)),
    ("mb", "studio.fit.limit_mb", "studio.fit.limit_mb_tip", (0.01, 10_000.0, 0.5)),
    ("macs", "studio.fit.limit_macs", "studio.fit.limit_macs_tip", (1.0, 100.0, 5.0)),
    ("hours", "studio.fit.limit_hours", "studio.fit.limit_hours_tip", (0.1, 1000.0, 1.0)),
)
_UNITS = {"ms": "ms", "mb": "MB", "macs": "%", "hours": "h"}


class Limits(QWidget):
    """`changed` tells that something else is asked for; `rows` has each limit by its name."""

    changed = Signal()

    def __init__(self, beside_time: QWidget) -> None:
        """`beside_time` stands at the end of the time's row."""
        super().__init__()
        self.rows: dict[Limit, LimitRow] = {}
        grid = field_grid(self)
        for place, (name, code, tip, bounds) in enumerate(_LIMITS):
            row = self.rows[name] = LimitRow(grid, place, code, tip, bounds)
            row.spin.setSuffix(f" {_UNITS.get(name, '')}".rstrip())
            row.changed.connect(self.changed)
        grid.addWidget(beside_time, 0, 3)

    @property
    def timed(self) -> bool:
        """Whether a time is asked for."""
        return self.rows["ms"].tick.isChecked()

    @property
    def targeted(self) -> bool:
        """Whether anything is asked for that a cut is made for."""
        return any(self.rows[name].tick.isChecked() for name in TARGETS)

    def take(self, choices: FitChoices) -> None:
        """Show what was asked for, and tell nobody."""
        for name, row in self.rows.items():
            row.take(name in choices.on, choices.values.get(name, FIRST_VALUES[name]))

    def values(self) -> dict[str, object]:
        """As `FitChoices` has them."""
        on = tuple(name for name, row in self.rows.items() if row.tick.isChecked())
        return {"on": on, "values": {name: row.spin.value() for name, row in self.rows.items()}}

    def show_run(self, run: Run | None, time: str) -> None:
        """Say what a run has of each, and what it takes in words that are given."""
        score = run.figure("map", split="val") if run is not None else None
        size = run.figure("nb_bytes") if run is not None else None
        told: dict[Limit, str] = {
            "ms": time,
            "points": tr("studio.fit.base_map", value=f"{score.value:.1f}") if score is not None else "",
            "mb": tr("studio.fit.base_mb", value=f"{size.value / 1e6:.2f}") if size is not None else "",
            "macs": tr("studio.fit.base_macs"),
            "hours": tr("studio.fit.base_hours"),
        }
        for name, words in told.items():
            self.rows[name].set_full(words)

    def set_open(self, is_open: bool) -> None:
        """Let it be changed, or not."""
        for row in self.rows.values():
            row.tick.setEnabled(is_open)
            row.spin.setEnabled(is_open and row.tick.isChecked())
