"""The verb that measures a run on a phone, or compares it under emulation."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from engine.cli.language import said, say
from engine.cli.output import print_table
from engine.cli.projects import open_project, report, trained_run
from engine.contract.phones import BenchResult, BenchRow
from engine.contract.run.folder import RunFolder, read_job
from engine.contract.run.job import BenchJob, ComparedJob, EmulateJob, TrainJob
from engine.contract.text.messages import UserError
from engine.contract.text.reasons import place_of, reason_of

NAME = "bench"
HELP = "latency, accuracy and heat of a run on a phone; or its boxes under emulation"

_Job = TypeVar("_Job", bound=ComparedJob)


def add_parser(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("dir", metavar="DIR", type=Path, help="folder of the project")
    parser.add_argument("run", metavar="RUN", help="name or number of the run")
    parser.add_argument("--phone", metavar="SERIAL", help="which one, where several are connected (see phones)")
    parser.add_argument("--precision", metavar="LIST", help="of fp32, fp16, int8, with commas; all if not given")
    parser.add_argument("--threads", metavar="LIST", help="with commas; 1,2,4 if not given")
    parser.add_argument("--backend", metavar="LIST", help="of arm, opencl, with commas; arm if not given")
    parser.add_argument("--tool", metavar="FILE", help="benchmark_bin for the phone; remembered for the next time")
    parser.add_argument("--libs", metavar="DIR", help="folder of the .so files that it is linked with")
    parser.add_argument("--processes", type=int, help="short processes for each row; 5 if not given")
    parser.add_argument("--repeats", type=int, help="counted inferences in each of them; 20 if not given")
    parser.add_argument("--warmup", type=int, help="inferences before those; 10 if not given")
    parser.add_argument("--pause", dest="pause_s", type=float, help="seconds between processes; 2 if not given")
    parser.add_argument("--pictures", dest="map_pictures", type=int, help="measure the mAP there on so many of val")
    parser.add_argument("--parity", dest="parity_pictures", type=int, help="pictures to compare box by box; 3")
    parser.add_argument("--sustained", metavar="MINUTES", dest="sustained_min", type=float, help="repeat the fastest")
    parser.add_argument("--base", metavar="RUN", help="run to compare with; the one this run began with if not given")
    parser.add_argument(
        "--emulate",
        action="store_true",
        help="no phone, no times: boxes of ARM kernels under qemu-aarch64-static, with a --tool for Linux on aarch64",
    )


def run(args: argparse.Namespace) -> int:
    """Measure in a worker; print figures, comparison and verdicts. 1 if an emulated row does not agree."""
    from engine.cli.emulated_bench import emulate, refuse_needless
    from engine.cli.follow import launch_and_follow

    if args.emulate:
        refuse_needless(args)
    folder = open_project(args.dir)
    target = trained_run(folder, args.run)
    settled = {"run": str(target), "index": str(folder.index), "cache": str(folder.cache / "phone")}
    if args.emulate:
        return emulate(_job(EmulateJob, args, **settled), folder, as_json=args.json)
    base = folder.run(args.base) if args.base else _beginning(target)
    job = _job(
        BenchJob,
        args,
        **settled,
        serial=args.phone or _only_phone(),
        base=str(base) if base else None,
    )
    task = folder.new_task("bench")
    state = launch_and_follow(job, task, json=args.json)
    bench = json.loads(RunFolder(task).result.read_text(encoding="utf-8"))["bench"]
    if args.json:
        report(state.figures.get("final", ()), True, bench=bench)
    else:
        _print(BenchResult.model_validate(bench))
    return 0


def _job(kind: type[_Job], args: argparse.Namespace, **settled: Any) -> _Job:
    from pydantic import ValidationError

    names = ("tool", "libs", "processes", "repeats", "warmup", "pause_s", "map_pictures", "parity_pictures")
    given = {name: getattr(args, name) for name in (*names, "sustained_min")}
    for option, name in (("precision", "precisions"), ("threads", "threads"), ("backend", "backends")):
        text = getattr(args, option)
        given[name] = [word.strip() for word in text.split(",") if word.strip()] if text is not None else None
    for name in ("tool", "libs"):
        given[name] = str(Path(given[name]).expanduser().absolute()) if given[name] else None
    try:
        return kind.model_validate({k: v for k, v in given.items() if v is not None} | settled)
    except ValidationError as error:
        first = error.errors()[0]
        raise UserError("phone.bad_option", place=place_of(first), reason=reason_of(first)) from error


def _only_phone() -> str:
    """The serial number of the one phone that is connected; raises PhoneFault where there is none or a choice."""
    from engine.phone.adb import Adb
    from engine.phone.faults import PhoneFault
    from engine.phone.listing import known_devices

    serials = list(known_devices(Adb()))
    if not serials:
        raise PhoneFault("phone.none")
    if len(serials) > 1:
        raise PhoneFault("phone.several", known=", ".join(serials))
    return serials[0]


def _beginning(run: Path) -> Path | None:
    """The run that a run goes back to, over all runs between; None for a base run."""
    found = run
    while (job := _train_job(found)) is not None and job.start and _train_job(Path(job.start)) is not None:
        found = Path(job.start)
    return found if found != run else None


def _train_job(run: Path) -> TrainJob | None:
    folder = RunFolder(run)
    job = read_job(folder) if run.is_dir() and folder.job.is_file() else None
    return job if isinstance(job, TrainJob) else None


def _print(bench: BenchResult) -> None:
    print(f"{bench.run} on {bench.phone.name}, {bench.input}, Paddle Lite {bench.runtime or '?'}")
    headers = ("precision", "backend", "threads", "median", "10 to 90 %", "first", "memory", "°C", "")
    measured = [_row(row) for row in bench.rows if row.median_ms is not None]
    if measured:
        print_table(measured, headers)
    for line in [*_refusals(bench.rows), *_lines(bench)]:
        print(line)
    print(say("cli.sent", count=len(bench.pushed)) if bench.pushed else say("cli.nothing_sent"))


def _refusals(rows: Iterable[BenchRow]) -> Iterator[str]:
    """Why rows have no times: a sentence for all threads of a precision that fail alike."""
    alike: dict[tuple[str, str, str], list[str]] = {}
    for row in rows:
        if row.problem is not None:
            alike.setdefault((row.precision, row.backend, said(row.problem)), []).append(str(row.threads))
    for (precision, backend, text), threads in alike.items():
        yield f"{precision} on {backend}, threads {', '.join(threads)}: {text}"


def _row(row: BenchRow) -> tuple[str | None, ...]:
    head = (row.precision, row.backend, str(row.threads))
    heat = [sensors.temperature_c for sensors in (row.before, row.after) if sensors and sensors.temperature_c]
    notes = (["throttled"] if row.throttled else []) + (["quantised for this bench"] if row.quantised_here else [])
    return (
        *head,
        f"{row.median_ms:.2f} ms",
        f"{row.low_ms:.2f} to {row.high_ms:.2f}",
        f"{row.first_ms:.2f} ms" if row.first_ms else None,
        f"{row.memory_mb:.0f} MB" if row.memory_mb else None,
        " to ".join(f"{value:.0f}" for value in heat) or None,
        ", ".join(notes),
    )


def _lines(bench: BenchResult) -> Iterator[str]:
    for row in bench.parity:
        yield ("! " if row.strays or not row.agrees else "") + said(row.finding)
        if row.worst is not None:
            yield "  " + said(row.worst)
        if row.map_phone is not None and row.map_host is not None:
            told = {"phone": f"{row.map_phone:.1f}", "host": f"{row.map_host:.1f}"}
            yield "  " + say("cli.map_beside", count=row.map_pictures or 0, **told)
    if bench.sustained is not None:
        yield said(bench.sustained.finding)
    yield from map(said, bench.verdicts)
