"""The form that starts a base training; it is drawn from the settings' own schema."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from engine.contract.device.choice import AUTO
from engine.contract.device.found import Devices
from engine.contract.run.settings import TrainSettings
from engine.contract.text.address import short_name
from studio.bound_texts import bind, on_language
from studio.i18n import tr
from studio.presenters.data.notices import train_lines
from studio.presenters.train.device_choice import device_field
from studio.stores.work.time_ahead import TimeAhead
from studio.studio import Studio
from studio.views.shared.time_before import TimeBefore
from studio.views.train.watched.choosing import choose_watched, watched_text
from studio.widgets.buttons import Button
from studio.widgets.labels import Muted, Title
from studio.widgets.panels import Card
from studio.widgets.schema.form import SchemaForm

SIMPLE = ("epochs", "batch_size", "learning_rate", "augment")
_MEMORY = "train_settings"


class TrainForm(QScrollArea):
    """Settings and a button; `started` tells that training was asked for, `closed` that it was not."""

    started = Signal()
    closed = Signal()

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.values: dict[str, Any] = dict(studio.settings.value.pages.get(_MEMORY, {}))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.form = SchemaForm(form_schema())
        self.form.edited.connect(self._on_edited)
        self.form.more_asked.connect(lambda: studio.settings.update(expert=True))
        self.what, self.source = Muted(), Muted()
        self.source.set_tone("warn")
        self.start = Button("studio.train.start", self._start, "primary", "play")
        self._ahead = TimeAhead(studio.background, self)
        self.before = TimeBefore(self._ahead, studio.queue)
        self.close_button = Button("studio.train.back", self.closed.emit, "quiet")
        self._lay_out()
        for signal in (studio.settings.changed, studio.project.opened, studio.project.changed, studio.runs.changed):
            signal.connect(self.refresh)
        studio.sync.changed.connect(self._show_source)
        studio.devices.changed.connect(self._show_values)
        on_language(self.refresh)
        self._show_values()

    def _lay_out(self) -> None:
        inside = QWidget()
        inside.setObjectName("scrolled")
        self.setWidget(inside)
        outer = QHBoxLayout(inside)
        outer.setContentsMargins(24, 24, 24, 24)
        column = QVBoxLayout()
        column.setSpacing(16)
        column.addWidget(Title("studio.train.form_title"))
        column.addWidget(self.what)
        card = Card()
        card.body.addWidget(self.form)
        card.body.addLayout(self._watched_row())
        column.addWidget(card)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.start)
        buttons.addWidget(self.close_button)
        buttons.addSpacing(8)
        buttons.addWidget(self.before, 1)
        column.addWidget(self.source)
        column.addLayout(buttons)
        column.addStretch(1)
        outer.addLayout(column, 1)
        outer.setAlignment(Qt.AlignmentFlag.AlignTop)

    def _watched_row(self) -> QHBoxLayout:
        self.watched = Muted()
        self.watched.setWordWrap(False)
        self.choose = Button("studio.train.choose_watched", lambda: choose_watched(self._studio, self), "", "image")
        bind(self.choose.setToolTip, "studio.train.watched_choose_tip")
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.watched)
        row.addWidget(self.choose)
        row.addStretch(1)
        return row

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Have the engine look for GPUs, the first time that somebody sees the form."""
        super().showEvent(event)
        self._studio.devices.look()
        self._ask_time(anew=True)

    def settings(self) -> TrainSettings:
        """What the form says."""
        return TrainSettings.model_validate(self.values)

    def refresh(self) -> None:
        """Say anew what would be trained, and from where."""
        self._show_source()
        self.form.set_expert(self._studio.settings.value.expert)
        project = self._studio.project.project
        self.start.why_not(None if project else "studio.train.no_project")
        self.choose.why_not(None if project else "studio.train.no_project")
        self.watched.setText(watched_text(self._studio))
        if project is None:
            self.what.show_text("")
            return
        choice = project.detector
        point = self._studio.project.start_point
        start = short_name(point) if point else tr("studio.train.from_scratch")
        self.what.show_text(tr("studio.train.form_what", detector=choice.key, size=choice.size, start=start))
        self._ask_time()

    def _ask_time(self, *, anew: bool = False) -> None:
        """How long it would take; asked while somebody looks."""
        if self.isVisible():
            self._ahead.ask(self._studio.runs.training(self.settings()), anew=anew)

    def _show_source(self) -> None:
        """Say whether the data is behind its source, and what was corrected is not in it yet."""
        sync = self._studio.sync
        lines = train_lines(sync.changes, self._studio.labels.waiting)
        self.source.setVisible(bool(lines))
        self.source.show_text(" ".join(lines))

    def _show_values(self) -> None:
        try:
            TrainSettings.model_validate(self.values)
        except ValueError:
            self.values.clear()
        self.form.refine(form_schema(self._studio.devices.found, self.values.get("device", AUTO)))
        self.form.set_values(self.values)
        self.refresh()

    def _on_edited(self, name: str, value: object, goes_on: bool) -> None:
        self.values[name] = value
        self._show_values()
        pages = {**self._studio.settings.value.pages, _MEMORY: dict(self.values)}
        self._studio.settings.update(pages=pages)

    def _start(self) -> None:
        self._studio.runs.train(self.settings())
        self.started.emit()


def form_schema(found: Devices | None = None, device: str = AUTO) -> dict[str, Any]:
    """The settings' schema with those marked that everybody needs, and the devices that were found.

    Without the machines of a training on several: each is started from a command line of its own.
    """
    schema = TrainSettings.model_json_schema()
    del schema["properties"]["nodes"]
    schema["properties"]["device"] |= device_field(found, device)
    for name in SIMPLE:
        schema["properties"][name]["x-level"] = "simple"
    return schema
