"""How many pictures a step of a training takes, and whether its ranks can share them."""

from __future__ import annotations

from pathlib import Path

from engine.contract.dataset import Index
from engine.contract.run.job import TrainJob
from engine.contract.run.ranks import world_size
from engine.contract.text.messages import UserError


def pictures_of_step(job: TrainJob) -> int:
    """As many as were asked for, and no more than there are."""
    try:
        with Index.open(Path(job.index)) as index:
            pictures = index.picture_count("train")
    except UserError:
        return job.settings.batch_size
    return max(1, min(job.settings.batch_size, pictures, job.limit or pictures))


def check_share(batch: int, ranks: int, nodes: tuple[str, ...]) -> None:
    """Raise UserError where ranks cannot train together.

    `ranks.nodes_alone` for one machine, `ranks.nodes_twice` for one that is named twice, and `ranks.batch` where not
    every rank would get as many pictures as any other.
    """
    if len(nodes) == 1:
        raise UserError("ranks.nodes_alone", node=nodes[0])
    if len(set(nodes)) < len(nodes):
        raise UserError("ranks.nodes_twice", nodes=", ".join(nodes))
    size = world_size(ranks, nodes)
    if batch % size:
        raise UserError("ranks.batch", batch=batch, ranks=size)
