"""Job `clipping`: what a quantising step would clip of a run's network, layer by layer; kept with the run."""

from __future__ import annotations

from pathlib import Path

from engine.contract.previews.clips import LayerClips
from engine.contract.run.folder import checkpoint_of
from engine.contract.run.job import ClippingJob
from engine.contract.sensitivity import digest_of
from engine.contract.system.files import folder_in, write_atomically
from engine.contract.text.messages import UserError
from engine.model.assembly import load
from engine.model.clipping import clips
from engine.model.measurement import calibration_of
from engine.run.context import JobContext


def run(job: ClippingJob, context: JobContext) -> dict[str, object]:
    """Measure it, or find that it was done; the result names the file."""
    from engine.contract.dataset import Index
    from engine.detector.base.runtime import set_threads

    set_threads(0)
    folder = Path(job.run)
    file = LayerClips.file(folder, job.step, digest_of(checkpoint_of(folder)))
    if LayerClips.read(file) is not None:
        return {"file": str(file)}
    pictures = Index.open(Path(job.index)).pictures("train")
    if not pictures:
        raise UserError("train.no_pictures", path=job.index, split="train")
    model, _ = load(folder)
    if model.stack.quantised:
        raise UserError("sensitivity.quantised", run=folder.name)
    context.stage("clipping.running", technique=job.step.technique)
    found = clips(model, job.step, calibration_of(model, pictures), context.counter("picture"))
    folder_in(folder, *file.parent.relative_to(folder).parts)
    write_atomically(file, found.model_dump_json(indent=1))
    return {"file": str(file)}
