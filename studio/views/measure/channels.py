"""The dialog that finds what each channel group can spare, and proposes ratios for a target."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from engine.contract.run.job import Job
from engine.contract.text.messages import Message
from studio.bound_texts import bind, on_language
from studio.i18n import text_of, tr
from studio.presenters.numbers import show_value
from studio.stores.remembered import Remembered
from studio.stores.work.sensitivity import Proposal
from studio.studio import Studio
from studio.views.measure.dialog import MeasureDialog
from studio.views.measure.group_table import GroupTable
from studio.views.measure.saliency_table import SaliencyTable
from studio.views.measure.tables import percent
from studio.views.measure.target_row import TargetRow
from studio.views.measure.ways import LossesWay, SaliencyWay, Way
from studio.widgets.controls import Segmented

PICTURES = 200
"""On how many pictures it is measured unless somebody says otherwise; fewer if there are not so many."""
MEMORY = "measure"


class ChannelsDialog(MeasureDialog):
    """By saliency, or by what every cut was measured to lose; another target proposes other ratios from the same."""

    def __init__(
        self, studio: Studio, criterion: str, called: str, parent: QWidget | None = None, *, int8: bool = False
    ) -> None:
        """`int8`: the recipe quantises, so that a time on a phone is one in int8."""
        super().__init__(studio, "channels", parent)
        self._called, self._found = called, None
        self._memory = Remembered(studio.settings, MEMORY)
        self.by_saliency, self.by_losses = SaliencyWay(criterion), LossesWay(criterion)
        self.ways: tuple[Way, ...] = (self.by_saliency, self.by_losses)
        self.face = Segmented(len(self.ways))
        self.proposal = Proposal(self)
        self.row = TargetRow(studio, int8=int8)
        self.target, self.limit, self.phone = self.row.target, self.row.limit, self.row.phone
        self._fill_body()
        kept = self._memory.get("way", self.by_saliency.key)
        self.way: Way = next((way for way in self.ways if way.key == kept), self.ways[0])
        self._take_way()
        self.face.chosen.connect(self._choose_way)
        self.row.changed.connect(self._propose)
        self.proposal.changed.connect(self._show_proposal)
        on_language(self._name_ways)
        self._name_ways()

    def _fill_body(self) -> None:
        self._panels = QStackedWidget()
        for way in self.ways:
            self._panels.addWidget(way)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(self._panels, 1)
        column.addWidget(self.row)
        self.body.addWidget(content)
        faces = QHBoxLayout()
        faces.addWidget(self.face)
        faces.addStretch(1)
        self.column.insertLayout(1, faces)

    @property
    def table(self) -> GroupTable | SaliencyTable:
        """The table of the chosen way."""
        return self.way.table

    def counts(self) -> tuple[int, int]:
        """On how many pictures it is measured at first, and how many there are."""
        index = self.studio.project.index
        most = index.picture_count(self.way.split) if index is not None else 0
        return min(PICTURES, most), most

    def jobs(self) -> list[Job]:
        """Those of the chosen way."""
        folder = self.studio.project.folder
        assert folder is not None
        return self.way.jobs(self.root, folder.index, self.pictures.value())

    def suits(self, job: Job) -> bool:
        """A measurement of this run in the chosen way."""
        return self.way.suits(job) and self.run is not None and getattr(job, "run", "") == str(self.root)

    def reader(self, known_pictures: bool) -> Callable[[], tuple[int, Any]]:
        """Reads what is kept."""
        root, way, pictures = self.root, self.way, self.pictures.value()

        def read() -> tuple[int, Any]:
            count = pictures if known_pictures else way.last(root) or pictures
            return count, way.read(root, count)

        return read

    def take(self, found: Any) -> None:
        """Show it; propose anew where it is another."""
        if found == self._found and found:
            return
        self._found = found
        self.body.setCurrentIndex(1 if found else 0)
        self.way.show_found(found)
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
        return "studio.measure.no_proposal" if self._found else "studio.measure.nothing_measured"

    def done(self, result: int) -> None:
        """Close, and end what is being worked out."""
        self.proposal.close()
        super().done(result)

    def _choose_way(self, place: int) -> None:
        if self.ways[place] is self.way:
            return
        self.way = self.ways[place]
        self._memory.keep(way=self.way.key)
        self._found = None
        self.proposal.forget()
        self._take_way()
        self.show_pictures(*self.counts())
        self.look_at(self.run)

    def _take_way(self) -> None:
        """Say and show what belongs to the chosen way."""
        way = self.way
        self.face.set_current(self.ways.index(way))
        self._panels.setCurrentWidget(way)
        self.row.offer(way.targets)
        self.count_code = way.count
        bind(self.lead.setText, way.lead, criterion=self._called)
        bind(self.none.sentence.setText, way.none)
        bind(self.pictures.setToolTip, way.tip)

    def _name_ways(self) -> None:
        self.face.set_texts([tr(f"studio.measure.way_{way.key}") for way in self.ways])
        self.face.set_tips([tr(f"studio.measure.way_{way.key}_tip") for way in self.ways])
        self.face.setAccessibleName(tr("studio.measure.way"))

    def _propose(self) -> None:
        self.refusal = None
        if not self._found or self.measurement.busy:
            self.proposal.forget()
            return
        folder = self.studio.project.folder
        assert folder is not None
        pictures = ["--pictures", str(self.pictures.value())]
        self.proposal.ask([str(folder.root), self.root.name, *self.way.words(), *pictures, *self.row.words()])

    def _show_proposal(self) -> None:
        answer, error = self.proposal.answer, self.proposal.error
        codes, instead = self.way.far
        self.refusal = Message(code=instead) if error is not None and error.code in codes else error
        if not self.proposal.busy:  # till then those of the last target stay, so that nothing flickers
            self.table.show_proposed(answer["proposal"] if answer else None)
        self.show_state()

    def show_state(self) -> None:
        """As every such dialog; below stands what the proposal leaves."""
        super().show_state()
        answer, busy = self.proposal.answer, self.measurement.busy
        self.row.setEnabled(not busy)
        if answer:
            self.summary.setText(self._result(answer))
        elif self.proposal.busy:
            self.summary.setText(tr("studio.measure.proposing"))
        elif busy:
            self.summary.setText(tr("studio.measure.goes_on"))
        else:
            self.summary.setText(tr(self.way.cancelled) if self.measurement.cancelled else "")

    def _result(self, answer: Mapping[str, Any]) -> str:
        """What a proposal leaves and costs, and how sure that is."""
        left, phone = answer["left"], self.row.chosen_phone()
        told = {"macs": percent(left["macs"]), "size": percent(left["size"]), **self.way.cost(left)}
        if "ms" in left:
            of_phone = {"phone": phone.soc, "precision": phone.precision, "ms": show_value(left["ms"], "ms")}
            text = tr(self.way.result_ms, **told, **of_phone)
        else:
            text = tr(self.way.result, **told)
        noise, missing = answer.get("noise", 0), answer.get("unmeasured", 0)
        if noise:
            text += tr("studio.measure.noise", count=noise, total=len(answer["proposal"]))
        text += tr("studio.measure.unmeasured", count=missing) if missing else ""
        return " ".join([text, *(text_of(Message.model_validate(note)) for note in answer.get("notes", ()))])

    def at_work(self) -> str:
        """What the way says of it, else what the job does."""
        told = self.way.progress() if self.measurement.stage is not None else None
        return super().at_work() if told is None else told

    def _ended(self) -> None:
        super()._ended()
        self._propose()
