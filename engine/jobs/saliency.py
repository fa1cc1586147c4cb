"""Job `saliency`: how much the loss would rise without each channel, by one backward pass; kept with the run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from engine.contract.run.folder import checkpoint_of
from engine.contract.run.job import SaliencyJob
from engine.contract.sensitivity import ChannelSaliency, digest_of
from engine.contract.system.files import folder_in, write_atomically
from engine.contract.text.messages import JobFailed, UserError
from engine.model.assembly import load
from engine.model.saliency import channel_saliency
from engine.run.context import JobContext

if TYPE_CHECKING:
    from engine.contract.dataset import Picture

_DIGITS = 6


def run(job: SaliencyJob, context: JobContext) -> dict[str, object]:
    """Find it, or find that it was done; the result names the file."""
    from engine.contract.dataset import Index
    from engine.detector.base.runtime import set_threads

    set_threads(1)  # of single pictures several threads make little more than waits for each other, and other last bits
    folder = Path(job.run)
    with Index.open(Path(job.index)) as index:
        pictures = spread_over(index.pictures("train"), job.pictures)
    if not pictures:
        raise UserError("train.no_pictures", path=job.index, split="train")
    file = ChannelSaliency.file(folder, len(pictures), digest_of(checkpoint_of(folder)))
    if ChannelSaliency.read(file) is not None:
        return {"file": str(file)}
    model, _ = load(folder)
    if model.stack.quantised:
        raise UserError("sensitivity.quantised", run=folder.name)
    context.stage("saliency.running", pictures=len(pictures))
    found = channel_saliency(model, pictures, context.counter("picture"))
    if not all(np.isfinite(values).all() for values in found.values()):
        raise JobFailed("saliency.not_finite", run=folder.name)
    kept = {name: tuple(float(f"{value:.{_DIGITS}g}") for value in values) for name, values in found.items()}
    folder_in(folder, *file.parent.relative_to(folder).parts)
    write_atomically(file, ChannelSaliency(pictures=len(pictures), groups=kept).model_dump_json())
    return {"file": str(file)}


def spread_over(pictures: Sequence[Picture], count: int) -> list[Picture]:
    """So many of the pictures, evenly spread: neighbours of a folder are often of one scene."""
    count = min(count, len(pictures))
    return [pictures[place * len(pictures) // count] for place in range(count)]
