"""Which fleet is meant by a word: `local`, `ray`, `slurm`, or the address of a cluster of Ray."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.contract.fit.job import LOCAL, RAY
from engine.contract.project import ProjectFolder
from engine.contract.system.environment import TOKEN, TOKEN_PATH
from engine.contract.system.files import folder_in
from engine.contract.text.messages import UserError
from engine.fleet.backend import Backend
from engine.fleet.reaching import ends_of

SLURM = "slurm"


def checked(word: str) -> str:
    """A word that names a fleet; raises UserError for another."""
    if word in (LOCAL, RAY, SLURM) or ends_of(word) is not None:
        return word
    raise UserError("fleet.unknown", word=word)


def refuse_token_by_value(word: str | None) -> None:
    """Raises UserError for a cluster's token that whoever begins a job of the queue would not have."""
    if word in (None, LOCAL, RAY, SLURM) or not os.environ.get(TOKEN) or os.environ.get(TOKEN_PATH):
        return
    if not (Path.home() / ".ray" / "auth_token").is_file():  # where Ray looks by itself
        raise UserError("fleet.token_by_value")


@contextmanager
def opened(word: str, project: ProjectFolder) -> Iterator[Backend]:
    """The fleet, ready for pieces of the project; left, all that is still at work is stopped.

    Raises UserError where it cannot be had.
    """
    backend = _made(checked(word), folder_in(project.root, project.cache.name, "fleet"))
    try:
        yield backend
    finally:
        backend.close()


def _made(word: str, scratch: Path) -> Backend:
    if word == LOCAL:
        from engine.fleet.local import Local

        return Local()
    if word == SLURM:
        from engine.fleet.slurm import Slurm

        return Slurm(scratch)
    from engine.fleet.cluster import Cluster

    return Cluster(None if word == RAY else word, scratch)
