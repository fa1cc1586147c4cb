"""Job `host`: what several runs cost on this machine, measured side by side in Paddle Lite x86."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.contract.figures import LITE_X86, Conditions, Figure
from engine.contract.queue.gate import LIMIT_S
from engine.contract.run.findings.evaluations import keep_figures
from engine.contract.run.job import HostJob, Precision
from engine.contract.system.cores import processor
from engine.contract.system.files import folder_in
from engine.contract.system.load import Load
from engine.model.assembly import load
from engine.model.export import nb_figure, refuse_detector, replace_subject, save_for_lite
from engine.model.measurement import calibration_of
from engine.run.context import JobContext

if TYPE_CHECKING:
    from engine.contract.dataset import Picture


def run(job: HostJob, context: JobContext) -> dict[str, object]:
    """Convert each run, network alone and with post-processing, then measure all of them in turns."""
    from engine.contract.dataset import Index
    from engine.detector.base.runtime import set_threads
    from engine.detector.predict.pictures import network_inputs
    from engine.lite.latency import measure

    set_threads(0)
    index = Index.open(Path(job.index))
    shown = (index.pictures("val") or index.pictures("train"))[:1]
    figures: list[Figure] = []
    models: dict[str, dict[str, Path]] = {"host_ms_network": {}, "host_ms_total": {}}
    precisions: dict[str, Precision] = {}
    for number, path in enumerate(map(Path, job.runs), start=1):
        context.stage("host.converting", run=path.name, number=number, total=len(job.runs))
        folder = folder_in(context.run_dir, "host", path.name)
        precisions[path.name], size = _convert(path, folder, index.pictures("train"), context)
        figures.append(size)
        models["host_ms_network"][path.name] = folder / "network.nb"
        models["host_ms_total"][path.name] = folder / "total.nb"
    inputs = next(network_inputs([shown[0].path], load(Path(job.runs[0]))[0].config))
    context.stage("host.waiting")
    with context.quiet() as quiet:
        if not quiet:
            context.notice("host.not_quiet", level="warning", seconds=round(LIMIT_S))
        for name, files in models.items():
            context.stage("host.measuring", count=len(files))
            watch = Load()
            latencies = measure(files, inputs, check=context.check_stopped)
            busy = watch.others()
            for run_name, latency in latencies.items():
                figure = _figure(name, run_name, precisions[run_name], latency, inputs["image"].shape[-1])
                figures.append(figure.model_copy(update={"load": busy}))
    _tell_busy(figures, context)
    context.figures("final", figures)
    keep_figures(context.run_dir, job, figures)
    return {"figures": [figure.model_dump(exclude_none=True) for figure in figures]}


def _tell_busy(figures: list[Figure], context: JobContext) -> None:
    disturbed = [figure.load for figure in figures if figure.disturbed and figure.load is not None]
    if disturbed:
        context.notice("host.busy", level="warning", percent=round(100 * max(disturbed)))


def _convert(path: Path, folder: Path, train: list[Picture], context: JobContext) -> tuple[Precision, Figure]:
    from engine.lite.opt import optimise
    from engine.lite.predictor import cut_network

    model, _ = load(path)
    refuse_detector(model.choice.key, "x86")
    precision: Precision = "int8" if model.stack.quantised else "fp32"
    check = context.check_cancelled
    program = save_for_lite(model, folder / "program", calibration_of(model, train), check=check)
    network = cut_network(program, folder / "cut")
    for source, name in ((program, "total"), (network, "network")):
        optimise(source, folder / f"{name}.nb", target="x86", precision=precision, check=check)
    return precision, replace_subject(nb_figure(folder / "total.nb", model, precision, "x86"), path.name)


def _figure(name: Any, run: str, precision: Precision, latency: Any, size: int) -> Figure:
    conditions = Conditions(
        device=processor().name,
        runtime=LITE_X86,
        threads=1,
        precision=precision,
        input=f"{size}x{size}",
        nms=name == "host_ms_total",
        subject=run,
    )
    return Figure(
        name=name,
        value=latency.median,
        unit="ms",
        source="measured",
        low=latency.p10,
        high=latency.p90,
        conditions=conditions,
    )
