"""What to say of a job that had too little memory, and the batch that needs half of it."""

from __future__ import annotations

from pathlib import Path

from engine.contract.dataset import Index
from engine.contract.run.job import Job, TrainJob
from engine.contract.run.ranks import world_size
from engine.contract.text.messages import Message, UserError

IN_A_LOG = ("std::bad_alloc", "ResourceExhausted", "MemoryError", "Cannot allocate memory")
"""What a process that ended on a want of memory leaves at the end of its log."""


def smaller_batch(job: TrainJob) -> int | None:
    """Half of the pictures that are trained on at once, for all ranks alike; None for one alone."""
    half, ranks = _batch(job) // 2, world_size(job.settings.ranks, job.settings.nodes)
    return half - half % ranks or None


def no_memory(job: Job | None) -> Message:
    """That there is not enough memory for a job, and what to do."""
    if not isinstance(job, TrainJob):
        return Message(code="run.no_memory")
    half = smaller_batch(job)
    if half is None:
        return Message(code="train.no_memory_for_one", args={"size": job.choice.size})
    return Message(code="train.no_memory", args={"batch": _batch(job), "half": half})


def _batch(job: TrainJob) -> int:
    """How many pictures a step takes: no more than there are."""
    try:
        with Index.open(Path(job.index)) as index:
            pictures = index.picture_count("train")
    except UserError:
        return job.settings.batch_size
    return max(1, min(job.settings.batch_size, pictures, job.limit or pictures))
