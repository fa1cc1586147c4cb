"""The dialog that measures what each channel group can spare, and proposes ratios for a target."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from engine.contract.figures import pick
from engine.contract.latency import PhoneChoice
from engine.contract.run.job import Job, SensitivityJob
from engine.contract.sensitivity import GroupLosses
from engine.contract.text.messages import Message
from studio.bound_texts import bind, on_language
from studio.i18n import tr
from studio.presenters.numbers import show_value
from studio.stores.phone.chosen import FIRST
from studio.stores.work.sensitivity import Proposal, channel_jobs, last_pictures, read_losses
from studio.studio import Studio
from studio.views.measure.dialog import MeasureDialog
from studio.views.measure.group_table import GroupTable
from studio.views.measure.plot import LossPlot
from studio.views.measure.tables import MeasuredView, percent
from studio.views.shared.soc_chooser import PhoneChooser
from studio.widgets.controls import NumberSpin, QuietCombo
from studio.widgets.labels import Text

PICTURES = 200
"""On how many pictures it is measured unless somebody says otherwise; fewer if there are not so many."""

_OUT_OF_REACH = ("sensitivity.out_of_reach", "sensitivity.out_of_reach_of_some")
_TARGETS = {"macs": 40.0, "size": 20.0, "ms": 10.0, "points": 3.0}
"""What is asked for first: percent of the MACs, percent of the size, milliseconds, points."""
_TARGET_NAMES = (
    "studio.measure.target_macs",
    "studio.measure.target_size",
    "studio.measure.target_ms",
    "studio.measure.target_points",
)
_LEAST = {"macs": 1.0, "size": 1.0, "ms": 0.1, "points": 0.1}
_MOST = {"macs": 100.0, "size": 100.0, "ms": 100_000.0, "points": 100.0}
_STEP = {"macs": 5.0, "size": 5.0, "ms": 1.0, "points": 0.5}


class ChannelsDialog(MeasureDialog):
    """Losses as curves and as a table; another target proposes other ratios from the same losses."""

    def __init__(
        self, studio: Studio, criterion: str, called: str, parent: QWidget | None = None, *, int8: bool = False
    ) -> None:
        """`int8`: the recipe quantises, so that a time on a phone is one in int8."""
        super().__init__(studio, "channels", parent)
        self._int8 = int8
        self.criterion = criterion
        self.losses: dict[str, GroupLosses] = {}
        self.proposal = Proposal(self)
        self.plot = LossPlot()
        self.table = GroupTable(self)
        self.view = MeasuredView(self.table)
        self.target = QuietCombo()
        self.limit = NumberSpin()
        self.phone = PhoneChooser(wide=True, floats=True, bare=int8)
        self.phone.show_whole()
        self.phone.take(studio.chosen_phone.choice or FIRST)
        self._limits = {**_TARGETS, "ms": _first_ms(studio)}
        bind(self.lead.setText, "studio.measure.channels_lead", criterion=called)
        self._fill_body()
        self.plot.picked.connect(self.view.choose)
        self.plot.hovered.connect(lambda _: self._name_group())
        self.view.chosen.connect(self._choose)
        self.target.currentIndexChanged.connect(lambda _: self._retarget())
        self.limit.valueChanged.connect(self._limit_changed)
        self.phone.chosen.connect(self._choose_phone)
        self.proposal.changed.connect(self._show_proposal)
        on_language(self._name_targets)
        self._name_targets()
        self._retarget()

    def _fill_body(self) -> None:
        plot, table = QWidget(), QWidget()
        left, right = QVBoxLayout(plot), QVBoxLayout(table)
        self.group = Text(role="caption")
        bind(self.group.setText, "studio.measure.hover")
        for column in (left, right):
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(4)
        left.addWidget(self.group)
        left.addWidget(self.plot, 1)
        self.caption = Text("studio.measure.table_caption", "caption")
        right.addWidget(self.caption)
        right.addWidget(self.view, 1)
        halves = QSplitter(Qt.Orientation.Horizontal)
        halves.setProperty("role", "quiet")
        halves.setHandleWidth(16)
        halves.setChildrenCollapsible(False)
        plot.setMinimumWidth(280)
        table.setMinimumWidth(420)
        halves.addWidget(plot)
        halves.addWidget(table)
        halves.setSizes([320, 740])
        self._target_row = QWidget()
        row = QHBoxLayout(self._target_row)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        label = Text("studio.measure.target", "caption")
        label.setBuddy(self.target)
        self.limit.setFixedWidth(112)
        for widget in (label, self.target, self.limit):
            row.addWidget(widget)
        row.addWidget(self.phone)
        row.addStretch(1)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(halves, 1)
        column.addWidget(self._target_row)
        self.body.addWidget(content)

    @property
    def kind(self) -> str:
        """The chosen target: macs, size, ms or points."""
        return list(_TARGETS)[max(self.target.currentIndex(), 0)]

    def jobs(self) -> list[Job]:
        """One job for each core."""
        folder = self.studio.project.folder
        assert folder is not None
        return channel_jobs(self.root, folder.index, self.criterion, self.pictures.value())

    def suits(self, job: Job) -> bool:
        """A measurement of this run by this criterion."""
        mine = isinstance(job, SensitivityJob) and job.criterion == self.criterion
        return mine and self.run is not None and getattr(job, "run", "") == str(self.root)

    def reader(self, known_pictures: bool) -> Callable[[], tuple[int, Any]]:
        """Reads the losses."""
        root, criterion, pictures = self.root, self.criterion, self.pictures.value()

        def read() -> tuple[int, Any]:
            count = pictures if known_pictures else last_pictures(root, criterion) or pictures
            return count, read_losses(root, criterion, count)

        return read

    def take(self, found: Any) -> None:
        """Show losses; propose anew where they are others."""
        if found == self.losses and found:
            return
        self.losses = found
        self.body.setCurrentIndex(1 if found else 0)
        self.table.show_groups(found)
        self.plot.show_groups(found)
        known = any(losses.spreads for losses in found.values()) or not found
        self.caption.show_code("studio.measure.table_caption" if known else "studio.measure.no_spreads")
        self._propose()

    def params(self) -> dict[str, Any] | None:
        """What the engine says a step is to be given."""
        return self.proposal.answer.get("params") if self.proposal.answer else None

    def why_no_use(self) -> str | None:
        """Nothing measured, not proposed yet, or no proposal."""
        if self.params() is not None and not self.measurement.busy:
            return None
        if self.measurement.busy:
            return "studio.measure.still_measuring"
        return "studio.measure.no_proposal" if self.losses else "studio.measure.nothing_measured"

    def done(self, result: int) -> None:
        """Close, and end what is being worked out."""
        self.proposal.close()
        super().done(result)

    def _propose(self) -> None:
        self.refusal = None
        if not self.losses or self.measurement.busy:
            self.proposal.forget()
            return
        value = self.limit.value() / (100 if self.kind in ("macs", "size") else 1)
        folder = self.studio.project.folder
        assert folder is not None
        words = [str(folder.root), self.root.name, "--criterion", self.criterion]
        words += ["--pictures", str(self.pictures.value()), f"--{self.kind}", f"{value:g}"]
        if self.kind == "ms":
            phone = self._phone()
            words += [f"--phone={phone.soc}", f"--threads={phone.threads}", f"--precision={phone.precision}"]
        self.proposal.ask(words)

    def _phone(self) -> PhoneChoice:
        """What a time is of: in int8 where the recipe quantises."""
        choice = self.phone.choice() or FIRST
        return choice.model_copy(update={"precision": "int8"}) if self._int8 else choice

    def _choose_phone(self, choice: PhoneChoice) -> None:
        self.studio.chosen_phone.choose(choice)
        self._propose()

    def _show_proposal(self) -> None:
        answer = self.proposal.answer
        error = self.proposal.error
        far = error is not None and error.code in _OUT_OF_REACH  # its remedy is one for the command line
        self.refusal = Message(code="studio.measure.out_of_reach") if far else error
        if not self.proposal.busy:  # till then those of the last target stay, so that nothing flickers
            self.table.show_proposed(answer["proposal"] if answer else None)
        self.show_state()

    def show_state(self) -> None:
        """As every such dialog; below stands what the proposal leaves."""
        super().show_state()
        answer, busy = self.proposal.answer, self.measurement.busy
        self._target_row.setEnabled(not busy)
        if answer:
            self.summary.setText(self._result(answer))
        elif self.proposal.busy:
            self.summary.setText(tr("studio.measure.proposing"))
        elif busy:
            self.summary.setText(tr("studio.measure.goes_on"))
        else:
            self.summary.setText(tr("studio.measure.kept") if self.measurement.cancelled else "")

    def _result(self, answer: Mapping[str, Any]) -> str:
        """What a proposal leaves and costs, and how sure that is."""
        left, phone = answer["left"], self._phone()
        told = {"macs": percent(left["macs"]), "size": percent(left["size"]), "points": f"{left['points']:.1f}"}
        if "ms" in left:
            of_phone = {"phone": phone.soc, "precision": phone.precision, "ms": show_value(left["ms"], "ms")}
            text = tr("studio.measure.result_ms", **told, **of_phone)
        else:
            text = tr("studio.measure.result", **told)
        noise, missing = answer.get("noise", 0), answer.get("unmeasured", 0)
        if noise:
            text += tr("studio.measure.noise", count=noise, total=len(answer["proposal"]))
        return text + (tr("studio.measure.unmeasured", count=missing) if missing else "")

    def at_work(self) -> str:
        """How many groups are measured; what a job tells is about its own part alone."""
        if self.measurement.stage is None:
            return super().at_work()
        return tr("studio.measure.groups_done", count=len(self.losses))

    def _ended(self) -> None:
        super()._ended()
        self._propose()

    def _choose(self, group: str) -> None:
        self.plot.choose(group)
        self._name_group()

    def _name_group(self) -> None:
        if self.plot.shown:
            self.group.show_text(self.plot.shown)
        else:
            self.group.show_code("studio.measure.hover")

    def _name_targets(self) -> None:
        with QSignalBlocker(self.target):
            at = max(self.target.currentIndex(), 0)
            self.target.clear()
            self.target.addItems([tr(code) for code in _TARGET_NAMES])
            self.target.setCurrentIndex(at)
        self.target.setAccessibleName(tr("studio.measure.target"))
        self.limit.setAccessibleName(self.target.currentText())
        units = {"points": tr("studio.measure.points"), "ms": "ms"}
        self.limit.setSuffix(f" {units.get(self.kind, '%')}")

    def _retarget(self) -> None:
        kind = self.kind
        with QSignalBlocker(self.limit):
            self.limit.setDecimals(2 if kind == "ms" else 1)
            self.limit.setRange(_LEAST[kind], _MOST[kind])
            self.limit.setSingleStep(_STEP[kind])
            self.limit.setValue(self._limits[kind])
        self.phone.setVisible(kind == "ms")
        self._name_targets()
        self._propose()

    def _limit_changed(self, value: float) -> None:
        self._limits[self.kind] = value
        self._propose()


def _first_ms(studio: Studio) -> float:
    """The project's own target, else two thirds of what the recipe's start takes, else some milliseconds."""
    wanted = studio.targets.get("phone_ms")
    if wanted:
        return wanted
    base = pick(studio.previews.latest.base, "phone_ms") if studio.previews.latest is not None else None
    return round(base.value * 2 / 3, 1) if base is not None else _TARGETS["ms"]
