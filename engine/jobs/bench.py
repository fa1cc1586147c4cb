"""Job `bench`: a run measured on a phone: export what is missing, push what changed, run, pull, parse, compare."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.bench.exports import Export, Exports
from engine.contract.figures import Conditions, Figure, Source
from engine.contract.phones import Against, BenchResult, BenchRow, ParityRow, Phone, Sustained, benches, keep
from engine.contract.run.job import BenchJob
from engine.contract.text.messages import JobFailed, UserError
from engine.phone.adb import Adb, Device
from engine.phone.faults import PhoneFault
from engine.phone.listing import explained, find_phone
from engine.phone.measurement import Loaded, measure
from engine.phone.sustained import sustain
from engine.phone.tool import Tool, check_abi, find_tool, tool_at
from engine.phone.tool_run import PROGRAM
from engine.phone.verdicts import compare, fastest, same_phone, verdicts
from engine.phone.workspace import MODELS, TOOLS, Cargo, bring, clear_if_other, clear_work, folder_cargo, leave
from engine.run.context import JobContext

if TYPE_CHECKING:
    from engine.contract.dataset import Picture


def run(job: BenchJob, context: JobContext) -> dict[str, object]:
    """Measure and keep the result with the run; what is only for one bench is gone from the phone in any case."""
    adb = Adb(job.limits, context.check_cancelled)
    context.stage("phone.finding", serial=job.serial)
    phone = find_phone(adb, job.serial)
    device = Device(adb, job.serial)
    began = time.time()
    tool = _tool(job, phone)
    exports = Exports(job, context)
    refused, chosen = _choose(job, exports, phone)
    with tempfile.TemporaryDirectory(prefix="espalier-") as scratch:
        work = _Bench(job, context, device, phone, tool, exports, Path(scratch))
        result = _left_tidy(lambda: work.run(chosen, refused, began), device)
    keep(Path(job.run), result)
    context.figures("final", result.figures)
    return {
        "figures": [figure.model_dump(exclude_none=True) for figure in result.figures],
        "bench": result.model_dump(mode="json", exclude_none=True),
    }


def _left_tidy(work: Callable[[], BenchResult], device: Device) -> BenchResult:
    """Do the work, and leave nothing on the phone that is only for this; raises PhoneFault with all that is known."""
    answers = True
    try:
        return work()
    except PhoneFault as fault:
        answers = fault.code != "phone.silent"  # it was waited for long enough; the next bench begins by tidying up
        raise explained(device.adb, fault, device.serial) from fault
    finally:
        if answers:
            leave(device)


def _tool(job: BenchJob, phone: Phone) -> Tool | None:
    """The user's tool, looked at before anything is exported for it; None for a simulated phone's own stand-in.

    A stand-in that is named is taken, to see how a tool of another version, or one that needs libraries, behaves.
    """
    if not phone.simulated:
        return find_tool(job.tool, job.libs, lambda tool: check_abi(tool, phone.abi))
    from engine.simulated_phone.tool import stand_in_of

    named = tool_at(Path(job.tool), job.libs) if job.tool else None
    return named if named and stand_in_of(named.program) else None


def _choose(job: BenchJob, exports: Exports, phone: Phone) -> tuple[list[BenchRow], list[Export]]:
    """The rows that are refused, with the reason, and the exports of the others.

    Raises UserError with the first reason when nothing is left.
    """
    refused, chosen = [], []
    for backend in job.backends:
        for precision in job.precisions:
            why = exports.refusal(precision, backend, phone.fp16, phone.soc or "?")
            if why is None:
                chosen.append((precision, backend))
            for threads in job.threads if why else ():
                refused.append(BenchRow(precision=precision, backend=backend, threads=threads, problem=why))
    if not chosen:
        message = refused[0].problem
        assert message is not None, "a refused row has its reason"
        raise UserError(message.code, **message.args)
    return refused, [exports.get(precision, backend) for precision, backend in chosen]


class _Bench:
    """One bench, once it is known what is measured."""

    def __init__(
        self,
        job: BenchJob,
        context: JobContext,
        device: Device,
        phone: Phone,
        tool: Tool | None,
        exports: Exports,
        scratch: Path,
    ) -> None:
        self.job, self.context, self.device, self.phone = job, context, device, phone
        self.given, self.exports, self.scratch = tool, exports, scratch

    def run(self, chosen: list[Export], refused: list[BenchRow], began: float) -> BenchResult:
        """All of it; raises PhoneFault, UserError or JobFailed."""
        from engine.phone.inputs import write_inputs

        size = self.exports.choice.size
        inputs = self.inputs(chosen[0], self.exports.val[0])
        fed = write_inputs(inputs, self.input_names(chosen[0]), self.scratch)
        pushed = self.push(chosen, fed)
        loaded = [self.loaded(export, fed) for export in chosen]
        self.context.stage("phone.measuring", rows=len(loaded) * len(self.job.threads))
        rows, runtime = measure(self.device, loaded, self.job, self.context)
        _require_one(rows)
        parity = self.parity(chosen, loaded, rows)
        sustained = self.sustained(loaded, rows)
        against = self.against(rows)
        result = BenchResult(
            run=Path(self.job.run).name,
            time=began,
            phone=self.phone,
            input=f"{size}x{size}",
            runtime=runtime or None,
            rows=tuple(rows + refused),
            parity=parity,
            sustained=sustained,
            against=against,
            verdicts=verdicts(rows, against, self.phone),
            pushed=tuple(pushed),
        )
        return result.model_copy(update={"figures": tuple(_figures(result))})

    def inputs(self, export: Export, picture: Picture) -> dict[str, Any]:
        """One picture as the model takes it, prepared as its card says."""
        from engine.detector.predict.pictures import read_picture, to_inputs
        from engine.phone.inputs import card_config

        return dict(to_inputs(read_picture(picture.path), card_config(export.card)))

    def input_names(self, export: Export) -> list[str]:
        """The model's inputs in order."""
        return [entry["name"] for entry in export.card["inputs"]]

    def place(self, export: Export) -> Cargo:
        """Where a model belongs on the phone: by the name of its run, so that a later export takes its place."""
        folder = MODELS / Path(self.job.run).name / f"{export.backend}-{export.precision}"
        return Cargo(export.nb, folder / "model.nb")

    def push(self, chosen: list[Export], fed: list[Cargo]) -> list[str]:
        """Bring tool, models and inputs; the names of what had to be sent."""
        self.context.stage("phone.pushing", model=self.phone.model or self.phone.serial)
        tool = self.tool()
        cargo = [*tool, *fed]
        for export in chosen:
            place = self.place(export)
            cargo.append(place)
            if self.phone.simulated:
                cargo += folder_cargo(self.exports.twin(export), place.remote.parent / "model.nb.twin")
        clear_work(self.device)
        clear_if_other(self.device, TOOLS, tool)
        return bring(self.device, cargo, self.context.check_cancelled).names

    def tool(self) -> list[Cargo]:
        """The user's tool with its libraries, or a simulated phone's own stand-in."""
        if self.given is None:
            from engine.simulated_phone.tool import simulated_tool

            return [Cargo(simulated_tool(self.scratch / "benchmark_bin"), PROGRAM, executable=True)]
        libraries = [Cargo(path, TOOLS / path.name) for path in self.given.libraries]
        return [Cargo(self.given.program, PROGRAM, executable=True), *libraries]

    def loaded(self, export: Export, fed: list[Cargo]) -> Loaded:
        """An export as it lies on the phone."""
        from engine.phone.inputs import remote_paths, shapes_of

        return Loaded(
            export.precision,
            export.backend,
            self.place(export).remote,
            remote_paths(fed),
            shapes_of(export.card),
            export.quantised_here,
        )

    def parity(self, chosen: list[Export], loaded: list[Loaded], rows: list[BenchRow]) -> tuple[ParityRow, ...]:
        """Every model that could be measured, compared with this machine."""
        from engine.bench.comparison import OnPhone, compare_models

        works = {(row.precision, row.backend) for row in rows if row.problem is None}
        kept = [export for export in chosen if (export.precision, export.backend) in works]
        side = OnPhone(self.device, self.job, loaded)
        return tuple(compare_models(self.job, self.context, self.exports, kept, side))

    def sustained(self, loaded: list[Loaded], rows: list[BenchRow]) -> Sustained | None:
        """The fastest row for minutes, if that was asked for."""
        best = fastest(rows)
        if best is None or self.job.sustained_min <= 0:
            return None
        model = next(one for one in loaded if (one.precision, one.backend) == (best.precision, best.backend))
        self.context.stage("phone.sustaining", minutes=self.job.sustained_min, precision=best.precision)
        return sustain(self.device, model, best, self.job, self.context)

    def against(self, rows: list[BenchRow]) -> tuple[Against, ...]:
        """The base run's latest bench on the same phone, row by row."""
        if self.job.base is None or Path(self.job.base) == Path(self.job.run):
            return ()
        earlier = [bench for bench in benches(Path(self.job.base)) if same_phone(bench.phone, self.phone)]
        return compare(rows, earlier[-1]) if earlier else ()


def _require_one(rows: list[BenchRow]) -> None:
    """Raise JobFailed with the first row's problem if no row could be measured."""
    problems = [row.problem for row in rows if row.problem is not None]
    if problems and len(problems) == len(rows):
        raise JobFailed(problems[0].code, **problems[0].args)


def _figures(result: BenchResult) -> Iterator[Figure]:
    """Latency and memory of each row; of a simulated phone they are estimates, and say so."""
    phone = result.phone
    for row in result.rows:
        conditions = Conditions(
            device=phone.name,
            runtime=f"Paddle Lite {result.runtime or '?'}",
            threads=row.threads,
            precision=row.precision,
            input=result.input,
            nms=True,
            simulated=True if phone.simulated else None,
            subject=row.backend,
        )
        source: Source = "estimated" if phone.simulated else "measured"
        if row.median_ms is not None:
            yield Figure(
                name="phone_ms",
                value=row.median_ms,
                unit="ms",
                source=source,
                low=row.low_ms,
                high=row.high_ms,
                conditions=conditions,
            )
        if row.memory_mb is not None:
            yield Figure(name="memory_mb", value=row.memory_mb, unit="MB", source=source, conditions=conditions)
