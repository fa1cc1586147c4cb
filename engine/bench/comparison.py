"""What a bench compares: boxes of a few pictures, and the mAP of many, elsewhere and on this machine."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from engine.bench.exports import Export, Exports
from engine.contract.figures import Conditions, pick
from engine.contract.phones import ParityRow
from engine.contract.run.job import BenchJob, ComparedJob
from engine.lite.parity import in_input_pixels
from engine.phone.adb import Device
from engine.phone.faults import PhoneFault
from engine.phone.inputs import card_config, remote_paths, write_inputs
from engine.phone.measurement import Loaded
from engine.phone.parity import ON_PHONE, Findings, Found, broken, detections_of, judge, with_map
from engine.phone.tool_run import Request, run_tool
from engine.phone.words import Script
from engine.phone.workspace import Cargo, bring
from engine.run.context import JobContext

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.contract.dataset import Picture
    from engine.lite.predictor import Detections


class Side(Protocol):
    """Where a converted model runs to be compared with this machine: a phone, or an emulated processor."""

    @property
    def findings(self) -> Findings:
        """The codes of what is found there."""

    def text(self, export: Export, fed: Sequence[Cargo]) -> str:
        """What the tool prints of one picture, whose inputs are `fed`; raises PhoneFault."""


def compare_models(
    job: ComparedJob, context: JobContext, exports: Exports, chosen: Sequence[Export], side: Side
) -> Iterator[ParityRow]:
    """One row for each model, with the mAP if the job asks for it; raises PhoneFault only if it is fatal."""
    few, many = exports.val[: job.parity_pictures], exports.val[: job.map_pictures]
    pictures = many if len(many) > len(few) else few
    if not pictures:
        return
    total = len(chosen) * len(pictures)
    context.stage("phone.comparing", pictures=len(pictures))
    for number, export in enumerate(chosen):
        wanted = _references(export, pictures, context)
        given, scales = [], []
        try:
            for place, picture in enumerate(pictures, start=1):
                context.check_cancelled()
                rows, scale = _there(side, export, picture)
                given.append(rows)
                scales.append(scale)
                context.progress(number * len(pictures) + place, total, "picture")
        except PhoneFault as fault:
            if fault.fatal:
                raise
            yield broken(export, len(pictures), fault.message)
            continue
        found = [
            Found(in_input_pixels(here, scale), in_input_pixels(there, scale), Path(picture.path).name)
            for here, there, scale, picture in zip(wanted, given, scales, pictures, strict=True)
        ]
        seen = found[: max(1, len(few))]
        row = judge(export, seen, exports.choice.size, exports.choice.classes, side.findings)
        if many:
            there, here = (_map(exports, many, rows[: len(many)]) for rows in (given, wanted))
            row = with_map(row, len(many), there, here, side.findings)
        yield row


class OnPhone:
    """A phone on which exports lie; `loaded` tells where."""

    findings = ON_PHONE

    def __init__(self, device: Device, job: BenchJob, loaded: Sequence[Loaded]) -> None:
        self._device, self._job = device, job
        self._loaded = {(one.precision, one.backend): one for one in loaded}

    def text(self, export: Export, fed: Sequence[Cargo]) -> str:
        """What the tool prints; the inputs are removed on the phone afterwards, they are large."""
        loaded = self._loaded[export.precision, export.backend]
        bring(self._device, fed)
        request = Request(
            loaded.model,
            loaded.precision,
            loaded.backend,
            max(self._job.threads),
            loaded.shapes,
            remote_paths(fed),
            warmup=0,
            repeats=1,
            outputs=True,
        )
        text = run_tool(self._device, request, limit_s=self._job.limits.run_s)
        done = [item.remote for item in fed if item.remote not in loaded.inputs]
        self._device.ask(Script.each("rm -f {}", done), doing="rm")
        return text


def _there(side: Side, export: Export, picture: Picture) -> tuple[Detections, NDArray[np.float32]]:
    """Detections of one picture on the other side, and its scale factor."""
    from engine.detector.predict.pictures import read_picture, to_inputs

    inputs = to_inputs(read_picture(picture.path), card_config(export.card))
    with tempfile.TemporaryDirectory(prefix="espalier-") as scratch:
        fed = write_inputs(inputs, [entry["name"] for entry in export.card["inputs"]], Path(scratch))
        return detections_of(side.text(export, fed)), inputs["scale_factor"]


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
            folder.mkdir(exist_ok=True)
            scratch = folder / f".{picture.digest}.npy"
            np.save(scratch, rows)
            scratch.rename(folder / f"{picture.digest}.npy")


def _map(exports: Exports, pictures: Sequence[Picture], rows: Sequence[Any]) -> float:
    """The mAP of those detections in points."""
    from engine.detector.predict.evaluation import coco_figures

    found = pick(coco_figures(pictures, rows, exports.choice.classes, Conditions()), "map")
    return found.value if found else 0.0
