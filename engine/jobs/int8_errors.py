"""Job `int8_errors`: which convolutions int8 hurts, each measured alone; kept with the run."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from engine.contract.run.folder import checkpoint_of
from engine.contract.run.job import Int8ErrorsJob
from engine.contract.sensitivity import LayerError, LayerErrors, digest_of
from engine.contract.system.files import folder_in, write_atomically
from engine.contract.text.messages import UserError
from engine.model.assembly import load
from engine.model.measurement import calibration_of
from engine.run.context import JobContext


def run(job: Int8ErrorsJob, context: JobContext) -> dict[str, object]:
    """Measure every convolution, or find that it was done; the result names the file."""
    from engine.contract.dataset import Index
    from engine.detector.base.runtime import set_threads
    from engine.detector.change.int8_errors import int8_errors
    from engine.detector.change.quantisation import convolutions

    set_threads(0)
    folder = Path(job.run)
    pictures = Index.open(Path(job.index)).pictures("train")[: job.pictures]
    if not pictures:
        raise UserError("train.no_pictures", path=job.index, split="train")
    digest = digest_of(checkpoint_of(folder))
    file = LayerErrors.file(folder, len(pictures), digest)
    if file.is_file():
        return {"file": str(file)}
    model, _ = load(folder)
    if model.stack.quantised:
        raise UserError("sensitivity.quantised", run=folder.name)
    layers = convolutions(model.network)
    context.stage("int8_errors.running", layers=len(layers), pictures=len(pictures))
    batches = calibration_of(model, pictures).batches()
    images = [inputs["image"] for inputs in islice(batches, len(pictures))]
    errors = int8_errors(model.network, images, context.counter("convolution"))
    found = [
        LayerError(layer=name, shape=tuple(layers[name].weight.shape), groups=layers[name]._groups, error=error)
        for name, error in sorted(errors.items(), key=lambda pair: -pair[1])
    ]
    folder_in(folder, *file.parent.relative_to(folder).parts)
    write_atomically(file, LayerErrors(pictures=len(pictures), layers=tuple(found)).model_dump_json(indent=1))
    return {"file": str(file)}
