"""What a fit has done by workers: saliency, trainings, times, the export."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from engine.contract.dataset import Index
from engine.contract.figures import Figure, FigureName, pick
from engine.contract.fit.front import FrontPoint, Guarantee
from engine.contract.fit.job import FitJob
from engine.contract.phones import BenchResult
from engine.contract.run.findings.resamples import read_resamples
from engine.contract.run.folder import RunFolder
from engine.contract.run.job import BenchJob, ExportJob, HostJob, Job, SaliencyJob, Target
from engine.contract.run.lineage import PARTS
from engine.contract.run.state import RunState, fold
from engine.contract.run.tail import EventTail
from engine.contract.sensitivity import ChannelSaliency
from engine.contract.system.files import folder_in, write_atomically
from engine.contract.text.messages import JobFailed, UserError
from engine.fit.targets import phone_of
from engine.fit.times import quantised, upper_end
from engine.fit.trainings import WINNER, Trainings
from engine.recipe.stack import stack_of_run
from engine.run.context import JobContext
from engine.run.parts import have_done

TRIES = 3
"""So often a time is taken while other work disturbs it."""


@dataclass(frozen=True)
class Measured:
    """What a run came to: its time and what of it `counts`, its mAP with the interval, and the start's."""

    run: str
    time: Figure | None = None
    counts: float | None = None
    map: Figure | None = None
    base: Figure | None = None
    seconds: float = 0.0

    def times(self) -> dict[str, object]:
        """As a point tells it."""
        if self.time is None:
            return {}
        source = "measured" if self.time.source == "measured" else "estimated"
        return {"ms": self.counts, "ms_low": self.time.low, "ms_high": self.time.high, "ms_source": source}

    def scores(self) -> dict[str, object]:
        """As a point tells it."""
        found = self.map
        return {} if found is None else {"map": found.value, "map_low": found.low, "map_high": found.high}


class Workshop:
    """Begins work or takes it up where an earlier sitting left it; each result is looked for before it is made."""

    def __init__(self, job: FitJob, context: JobContext) -> None:
        self.job, self.context = job, context
        self.trainings = Trainings(job, context)
        self.folder, self.start = self.trainings.folder, self.trainings.start
        with Index.open(self.folder.index) as index:
            if not index.picture_count("val"):
                raise UserError("fit.no_val", path=str(self.folder.index))
        self._simulated = False

    @property
    def exact(self) -> bool:
        """Whether what is predicted is what counts, so that no trial can correct it.

        In int8 it is not, for which convolutions stay in float is found out by each trial.
        """
        estimated = not self.job.on_host and self.job.device is None
        return self.job.ms is None or (estimated and self.job.precision != "int8")

    @property
    def guarantee(self) -> Guarantee:
        """What stands for the time."""
        if self.job.ms is None:
            return "counted"
        if self.job.on_host:
            return "host"
        if self.job.device is None:
            return "upper_end"
        return "simulated" if self._simulated else "bench"

    @cached_property
    def _saliency(self) -> ChannelSaliency:
        job = SaliencyJob(run=str(self.start), index=str(self.folder.index), pictures=self.job.pictures)
        result = self._part("saliency", job)
        return ChannelSaliency.model_validate_json(Path(str(result["file"])).read_bytes())

    def saliency(self) -> ChannelSaliency:
        """Of the start; kept with it."""
        return self._saliency

    def host_base(self) -> tuple[Figure, Figure]:
        """What the start takes on this machine, with boxes and the network alone."""
        figures = self._host("host-000", self.start)
        return _of(figures, "host_ms_total", self.start), _of(figures, "host_ms_network", self.start)

    def estimated(self, run: Path) -> Measured:
        """The estimate for a run, of which the upper end counts; a bench of the start where a phone is there."""
        phone = phone_of(self.job)
        assert phone is not None, "a phone is estimated for"
        if self.job.device is not None:
            return self._benched(run, 0)
        stack = stack_of_run(run)
        if phone.precision == "int8":
            stack = quantised(stack)
        figure = upper_end(stack, phone, self.folder.root)
        return Measured(run.name, figure, figure.high or figure.value)

    def trained(self, points: Sequence[FrontPoint]) -> None:
        """Train cuts for a short while, side by side; to be measured when all of them are done."""
        self.trainings.trials(points)

    def tried(self, point: FrontPoint) -> Measured:
        """What a cut comes to that was trained for a short while."""
        return self._measured(self.trainings.trials([point])[0], int(point.number or 0))

    def won(self, point: FrontPoint, epochs: int) -> Measured:
        """Train a cut for so many epochs, from the start anew, and measure it."""
        return self._measured(self.trainings.winner(point, epochs), WINNER)

    def exported(self, measured: Measured) -> Path | None:
        """The file for the phone, with its card; None, and a notice, where it cannot be made."""
        run = self.folder.runs / measured.run
        target: Target = "x86" if self.job.on_host else "arm"
        out = run / "export" / f"{target}-{self.job.precision}"
        job = ExportJob(
            run=str(run), index=str(self.folder.index), target=target, precision=self.job.precision, out=str(out)
        )
        try:
            self._part("export", job)
        except (UserError, JobFailed) as error:  # hours of training are not lost for a file that can be made anew
            self.context.notice("fit.not_exported", level="warning", reason=error.message.text())
            return None
        return out / "model.nb"

    def _measured(self, runs: Sequence[Path], number: int) -> Measured:
        """The mAP of the last of the runs, its time, and what the start's mAP is on the same pictures."""
        states = [_state(run) for run in runs]
        start, last = pick(states[0].figures.get("start", ()), "map", split="val"), runs[-1]
        found = pick(states[-1].figures.get("final", ()), "map", split="val")
        timed = self._timed(last, number)
        return Measured(
            last.name,
            timed.time,
            timed.counts,
            _with_interval(last, found),
            _with_interval(self.start, start),
            sum(state.elapsed_s for state in states),
        )

    def _timed(self, run: Path, number: int) -> Measured:
        if self.job.ms is None:
            return Measured(run.name)
        if not self.job.on_host:
            return self.estimated(run) if self.job.device is None else self._benched(run, number)
        before = self.host_base()[0]
        for again in range(TRIES):
            figures = self._host(f"host-{number:03d}" + (f"-{again + 1}" if again else ""), self.start, run)
            now, own = (_of(figures, "host_ms_total", each) for each in (self.start, run))
            if not (now.disturbed or own.disturbed):
                break
        slower = drift(before, now, own)
        figure = own.model_copy(update={"low": (own.low or 0) * slower, "high": (own.high or 0) * slower})
        return Measured(run.name, figure, settled(own) * slower)

    def _host(self, name: str, *runs: Path) -> list[Figure]:
        job = HostJob(runs=tuple(map(str, runs)), index=str(self.folder.index))
        return [Figure.model_validate(told) for told in _list(self._part(name, job)["figures"])]

    def _benched(self, run: Path, number: int) -> Measured:
        """What the phone takes; raises JobFailed with its words where it refuses."""
        job = BenchJob(
            serial=self.job.device or "",
            run=str(run),
            index=str(self.folder.index),
            cache=str(self.folder.cache / "phone"),
            precisions=(self.job.precision,),
            threads=(self.job.threads,),
            parity_pictures=0,
        )
        bench = BenchResult.model_validate(self._part(f"bench-{number:03d}", job)["bench"])
        self._simulated = bench.phone.simulated
        figure = pick(bench.figures, "phone_ms")
        if figure is None:
            raise JobFailed("fit.no_time", run=run.name, phone=bench.phone.name)
        return Measured(run.name, figure, figure.value)

    def _part(self, name: str, job: Job) -> dict[str, object]:
        """The result of a job in a folder of the fit's own, where it is begun if it is not there."""
        root = folder_in(self.context.run_dir, PARTS, name)
        run = RunFolder(root)
        if not run.job.is_file():
            write_atomically(run.job, job.model_dump_json(indent=2))
        have_done(run, self.context, lambda what: self.context.stage("fit.part", what=what))
        found: dict[str, object] = json.loads(run.result.read_text(encoding="utf-8"))
        return found


def settled(figure: Figure) -> float:
    """The time that counts: the median, but on a busy machine the 10th percentile, which other work hardly reaches."""
    return figure.low if figure.disturbed and figure.low else figure.value


def drift(before: Figure, now: Figure, own: Figure) -> float:
    """By what a time counts more or less: as much slower as the start is than it was at first, so is the machine.

    Not where other work was in between: what takes long is interrupted more often than what is quick, so that the
    start's time says nothing of the other's, which then counts as `settled` has it.
    """
    if before.disturbed or now.disturbed or own.disturbed:
        return 1.0
    return settled(before) / settled(now)


def _state(run: Path) -> RunState:
    return fold(EventTail(RunFolder(run).events).read())


def _of(figures: Sequence[Figure], name: FigureName, run: Path) -> Figure:
    found = pick(figures, name, subject=run.name)
    if found is None:
        raise JobFailed("fit.no_time", run=run.name, phone="host")
    return found


def _with_interval(run: Path, figure: Figure | None) -> Figure | None:
    """The mAP with the interval that draws of the pictures tell; as it is where they were others."""
    kept = read_resamples(run, "val")
    if figure is None or kept is None or kept.pictures != figure.conditions.pictures:
        return figure
    interval = kept.interval("map")
    return figure if interval is None else figure.model_copy(update={"low": interval[0], "high": interval[1]})


def _list(value: object) -> list[object]:
    assert isinstance(value, list), "a result lists its figures"
    return value
