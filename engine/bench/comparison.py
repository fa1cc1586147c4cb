"""What a bench compares: boxes of a few pictures, and the mAP of many, on the phone and on this machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.bench.exports import Export, Exports
from engine.contract.figures import Conditions, pick
from engine.contract.phones import ParityRow
from engine.contract.run.job import BenchJob
from engine.phone.adb import Device
from engine.phone.faults import PhoneFault
from engine.phone.inputs import card_config, remote_paths, write_inputs
from engine.phone.measurement import Loaded
from engine.phone.tool_run import Request, run_tool
from engine.phone.words import Script
from engine.phone.workspace import Cargo, bring
from engine.run.context import JobContext

if TYPE_CHECKING:
    from engine.contract.dataset import Picture


def compare_models(
    job: BenchJob,
    context: JobContext,
    device: Device,
    exports: Exports,
    pairs: Sequence[tuple[Export, Loaded]],
    scratch: Path,
) -> Iterator[ParityRow]:
    """One row for each model, with the mAP if the job asks for it; raises PhoneFault only if the phone is gone."""
    from engine.phone import parity

    few, many = exports.val[: job.parity_pictures], exports.val[: job.map_pictures]
    pictures = many if len(many) > len(few) else few
    if not pictures:
        return
    total = len(pairs) * len(pictures)
    context.stage("phone.comparing", pictures=len(pictures))
    for number, (export, loaded) in enumerate(pairs):
        wanted = _references(export, pictures, context)
        try:
            given = []
            for place, picture in enumerate(pictures, start=1):
                context.check_cancelled()
                given.append(_on_phone(job, device, export, loaded, picture, scratch))
                context.progress(number * len(pictures) + place, total, "picture")
        except PhoneFault as fault:
            if fault.fatal:
                raise
            yield parity.broken(loaded, len(pictures), fault.message)
            continue
        found = [parity.Found(*both) for both in zip(wanted, given, strict=True)]
        row = parity.judge(loaded, found[: max(1, len(few))])
        if many:
            both = [_map(exports, many, rows[: len(many)]) for rows in (given, wanted)]
            row = parity.with_map(row, len(many), *both)
        yield row


def _on_phone(job: BenchJob, device: Device, export: Export, loaded: Loaded, picture: Picture, scratch: Path) -> Any:
    """Detections of one picture on the phone; its inputs are removed there afterwards, they are large."""
    from engine.phone.parity import detections_of

    fed = _feed(export, picture, scratch)
    bring(device, fed)
    request = Request(
        loaded.model,
        loaded.precision,
        loaded.backend,
        max(job.threads),
        loaded.shapes,
        remote_paths(fed),
        warmup=0,
        repeats=1,
        outputs=True,
    )
    found = detections_of(run_tool(device, request, limit_s=job.limits.run_s))
    done = [item for item in fed if item.remote not in loaded.inputs]
    device.ask(Script.each("rm -f {}", [item.remote for item in done]), doing="rm")
    for item in done:
        item.local.unlink(missing_ok=True)
    return found


def _feed(export: Export, picture: Picture, scratch: Path) -> list[Cargo]:
    from engine.detector.predict.pictures import read_picture, to_inputs

    inputs = to_inputs(read_picture(picture.path), card_config(export.card))
    return write_inputs(inputs, [entry["name"] for entry in export.card["inputs"]], scratch)


def _references(export: Export, pictures: Sequence[Picture], context: JobContext) -> list[Any]:
    """What Paddle finds with the very program that the model was made of; kept beside the program."""
    import numpy as np

    folder = export.program.with_name("reference")
    missing = [picture for picture in pictures if not (folder / f"{picture.digest}.npy").is_file()]
    if missing:
        _make_references(export, missing, folder, context)
    return [np.load(folder / f"{picture.digest}.npy") for picture in pictures]


def _make_references(export: Export, pictures: Sequence[Picture], folder: Path, context: JobContext) -> None:
    import numpy as np

    from engine.detector.predict.pictures import network_inputs
    from engine.lite.predictor import Predictor

    config = card_config(export.card)
    with Predictor(export.program, check=context.check_cancelled) as predictor:
        for picture in pictures:
            rows = predictor.detect(next(network_inputs([picture.path], config)))[0]
            folder.mkdir(parents=True, exist_ok=True)
            scratch = folder / f".{picture.digest}.npy"
            np.save(scratch, rows)
            scratch.rename(folder / f"{picture.digest}.npy")


def _map(exports: Exports, pictures: Sequence[Picture], rows: Sequence[Any]) -> float:
    """The mAP of those detections in points."""
    from engine.detector.predict.evaluation import coco_figures

    found = pick(coco_figures(pictures, rows, exports.choice.classes, Conditions()), "map")
    return found.value if found else 0.0
