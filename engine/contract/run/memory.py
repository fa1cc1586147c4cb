"""What to say of a job that had too little memory, and the batch that needs half of it."""

from __future__ import annotations

from engine.contract.run.batches import pictures_of_step
from engine.contract.run.job import Job, TrainJob
from engine.contract.run.ranks import world_size
from engine.contract.text.messages import Message

IN_A_LOG = ("std::bad_alloc", "ResourceExhausted", "MemoryError", "Cannot allocate memory")
"""What a process that ended on a want of memory leaves at the end of its log."""


def smaller_batch(job: TrainJob) -> int | None:
    """Half of the pictures that are trained on at once, for all ranks alike; None for one alone."""
    half, ranks = pictures_of_step(job) // 2, world_size(job.settings.ranks, job.settings.nodes)
    return half - half % ranks or None


def no_memory(job: Job | None) -> Message:
    """That there is not enough memory for a job, and what to do."""
    if not isinstance(job, TrainJob):
        return Message(code="run.no_memory")
    half = smaller_batch(job)
    if half is None:
        return Message(code="train.no_memory_for_one", args={"size": job.choice.size})
    return Message(code="train.no_memory", args={"batch": pictures_of_step(job), "half": half})
