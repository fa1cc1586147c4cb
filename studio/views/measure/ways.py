"""The two ways to learn what channel groups can spare: by saliency, at once, or by trying every cut."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from engine.contract.run.job import Job, SaliencyJob, SensitivityJob, Split
from engine.contract.sensitivity import ChannelSaliency, GroupLosses
from engine.contract.text.numbers import small_share
from studio.i18n import tr
from studio.stores.work.sensitivity import (
    channel_jobs,
    last_pictures,
    last_saliency_pictures,
    read_losses,
    read_saliency,
    saliency_job,
)
from studio.views.measure.group_table import GroupTable
from studio.views.measure.plot import LossPlot
from studio.views.measure.saliency_table import HeatDelegate, SaliencyTable
from studio.views.measure.tables import MeasuredView
from studio.views.measure.target_row import KINDS
from studio.widgets.labels import Text


class Way(QWidget):
    """What is shown of one way, and how the dialog measures, reads and proposes by it.

    `lead`, `none`, `tip`, `count`, `result` and `far` are codes of what the dialog says then: what the way does, that
    nothing is known, what pictures are for, how many there are, what a proposal leaves (and with a time, `result_ms`),
    that a target is out of reach; `cancelled` what is kept of work that was stopped.
    """

    key: ClassVar[str]
    split: ClassVar[Split]
    targets: ClassVar[Sequence[str]]
    lead: ClassVar[str]
    none: ClassVar[str]
    tip: ClassVar[str]
    count: ClassVar[str]
    cancelled: ClassVar[str]
    result: ClassVar[str]
    result_ms: ClassVar[str]
    far: ClassVar[tuple[tuple[str, ...], str]]
    """Refusals whose remedy is one for the command line, and what is said in their place."""
    table: GroupTable | SaliencyTable

    def __init__(self, criterion: str) -> None:
        super().__init__()
        self.criterion = criterion

    def jobs(self, run: Path, index: Path, pictures: int) -> list[Job]:
        """What measures a run."""
        raise NotImplementedError

    def suits(self, job: Job) -> bool:
        """Whether a job is one of this way's."""
        raise NotImplementedError

    def last(self, run: Path) -> int | None:
        """On how many pictures it was done last; None for never. It blocks."""
        raise NotImplementedError

    def read(self, run: Path, pictures: int) -> Any:
        """What is kept; false for nothing. It blocks."""
        raise NotImplementedError

    def show_found(self, found: Any) -> None:
        """Show what is kept."""
        raise NotImplementedError

    def words(self) -> list[str]:
        """The options of the command line for a proposal."""
        raise NotImplementedError

    def cost(self, left: Mapping[str, float]) -> dict[str, str]:
        """What a proposal costs, as arguments of the sentence `result`."""
        raise NotImplementedError

    def progress(self) -> str | None:
        """How far it is, in words; None for what the job says."""
        return None


class SaliencyWay(Way):
    """A heat map of what share of all saliency goes with the least salient channels of each group."""

    key = "saliency"
    split = "train"
    targets = ("macs", "size", "ms")
    lead = "studio.measure.saliency_lead"
    none = "studio.measure.saliency_none"
    tip = "studio.measure.saliency_pictures_tip"
    count = "studio.measure.int8_count"
    cancelled = "studio.measure.saliency_cancelled"
    result = "studio.measure.saliency_result"
    result_ms = "studio.measure.saliency_result_ms"
    table: SaliencyTable
    far = (("saliency.out_of_reach",), "studio.measure.saliency_out_of_reach")

    def __init__(self, criterion: str) -> None:
        super().__init__(criterion)
        self.table = SaliencyTable(self)
        self.view = MeasuredView(self.table)
        self.view.setItemDelegate(HeatDelegate(self.view))
        _column(self, Text("studio.measure.saliency_caption", "caption"), self.view)

    def jobs(self, run: Path, index: Path, pictures: int) -> list[Job]:
        """One job: it is one backward pass."""
        return [saliency_job(run, index, pictures)]

    def suits(self, job: Job) -> bool:
        """A job of saliency."""
        return isinstance(job, SaliencyJob)

    def last(self, run: Path) -> int | None:
        """By the files beside the run."""
        return last_saliency_pictures(run)

    def read(self, run: Path, pictures: int) -> ChannelSaliency | None:
        """The file beside the run."""
        return read_saliency(run, pictures)

    def show_found(self, found: Any) -> None:
        """Fill the table."""
        self.table.show_saliency(found or None)

    def words(self) -> list[str]:
        """Among the options of groups."""
        return ["--criterion", self.criterion, "--saliency"]

    def cost(self, left: Mapping[str, float]) -> dict[str, str]:
        """The share of saliency that goes."""
        return {"saliency": small_share(left["saliency"])}


class LossesWay(Way):
    """Losses as curves and as a table."""

    key = "losses"
    split = "val"
    targets = KINDS
    lead = "studio.measure.channels_lead"
    none = "studio.measure.channels_none"
    tip = "studio.measure.channels_pictures_tip"
    count = "studio.measure.channels_count"
    cancelled = "studio.measure.kept"
    result = "studio.measure.result"
    result_ms = "studio.measure.result_ms"
    table: GroupTable
    far = (("sensitivity.out_of_reach", "sensitivity.out_of_reach_of_some"), "studio.measure.out_of_reach")

    def __init__(self, criterion: str) -> None:
        super().__init__(criterion)
        self.losses: dict[str, GroupLosses] = {}
        self.plot = LossPlot()
        self.table = GroupTable(self)
        self.view = MeasuredView(self.table)
        self.group = Text("studio.measure.hover", "caption")
        self.caption = Text("studio.measure.table_caption", "caption")
        plot, table = QWidget(), QWidget()
        _column(plot, self.group, self.plot)
        _column(table, self.caption, self.view)
        plot.setMinimumWidth(280)
        table.setMinimumWidth(420)
        halves = QSplitter(Qt.Orientation.Horizontal)
        halves.setProperty("role", "quiet")
        halves.setHandleWidth(16)
        halves.setChildrenCollapsible(False)
        halves.addWidget(plot)
        halves.addWidget(table)
        halves.setSizes([320, 740])
        _column(self, halves)
        self.plot.picked.connect(self.view.choose)
        self.plot.hovered.connect(lambda _: self._name_group())
        self.view.chosen.connect(self._choose)

    def jobs(self, run: Path, index: Path, pictures: int) -> list[Job]:
        """One job for each core."""
        return channel_jobs(run, index, self.criterion, pictures)

    def suits(self, job: Job) -> bool:
        """A measurement by this criterion."""
        return isinstance(job, SensitivityJob) and job.criterion == self.criterion

    def last(self, run: Path) -> int | None:
        """By the folders beside the run."""
        return last_pictures(run, self.criterion)

    def read(self, run: Path, pictures: int) -> dict[str, GroupLosses]:
        """The folder beside the run."""
        return read_losses(run, self.criterion, pictures)

    def show_found(self, found: Any) -> None:
        """Fill the table and the plot."""
        self.losses = found
        self.table.show_groups(found)
        self.plot.show_groups(found)
        known = any(losses.spreads for losses in found.values()) or not found
        self.caption.show_code("studio.measure.table_caption" if known else "studio.measure.no_spreads")

    def words(self) -> list[str]:
        """The criterion that was measured."""
        return ["--criterion", self.criterion]

    def cost(self, left: Mapping[str, float]) -> dict[str, str]:
        """The points that the losses add up to."""
        return {"points": f"{left['points']:.1f}"}

    def progress(self) -> str | None:
        """How many groups are measured; what a job tells is about its own part alone."""
        return tr("studio.measure.groups_done", count=len(self.losses))

    def _choose(self, group: str) -> None:
        self.plot.choose(group)
        self._name_group()

    def _name_group(self) -> None:
        if self.plot.shown:
            self.group.show_text(self.plot.shown)
        else:
            self.group.show_code("studio.measure.hover")


def _column(holder: QWidget, *widgets: QWidget) -> None:
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(4)
    for widget in widgets:
        column.addWidget(widget, 0 if isinstance(widget, Text) else 1)
