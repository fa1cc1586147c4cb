"""One training by several processes (ranks): where they meet in its folder, how many there are, and which was lost."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from engine.contract.text.messages import JobFailed

MOST_RANKS = 64
"""On one machine; beyond it a step is spent on waiting for each other."""
_ADDRESS = re.compile(r"([A-Za-z0-9.-]+):([1-9][0-9]{0,4})")


def _check(address: str) -> str:
    found = _ADDRESS.fullmatch(address)
    if found is None or int(found[2]) > 65535:
        raise ValueError("ranks.address")  # a code, which has its sentence
    return address


NodeAddress = Annotated[str, AfterValidator(_check)]
"""`host:port` of a machine that takes part; at the first one's port the others find it."""


def listed(given: Any) -> Any:
    """Addresses as a list; one text may hold several with commas or blanks between."""
    return tuple(given.replace(",", " ").split()) if isinstance(given, str) else given


def host_and_port(address: str) -> tuple[str, int]:
    """The two parts of an address."""
    host, _, port = address.rpartition(":")
    return host, int(port)


def world_size(ranks: int, nodes: Sequence[str]) -> int:
    """How many ranks a training has: so many on each node."""
    return ranks * max(1, len(nodes))


def ranks_folder(run_dir: Path) -> Path:
    """Where the ranks of a run tell each other what does not go over the network."""
    return run_dir / "ranks"


class Plan(BaseModel):
    """What the ranks of a sitting have to know; `devices` are those of the ranks of each machine, in order."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    sitting: int
    size: int
    nodes: tuple[str, ...]
    host: str
    port: int
    devices: tuple[str, ...]
    amp: bool

    def folder(self, run_dir: Path) -> Path:
        """Where the ranks of this sitting meet."""
        return ranks_folder(run_dir) / str(self.sitting)


def plan_file(run_dir: Path) -> Path:
    """Where rank 0 writes what it has planned."""
    return ranks_folder(run_dir) / "plan.json"


def read_plan(run_dir: Path) -> Plan | None:
    """What rank 0 has planned for the latest sitting; None while it has not."""
    try:
        return Plan.model_validate_json(plan_file(run_dir).read_bytes())
    except (OSError, ValidationError):
        return None


class LostRank(BaseModel):
    """A rank that ended before it was told to; `exit` is its exit status, negative for a signal.

    `stalled`: it did not end, but lost the others, of which one kept it waiting for too long; what the library said.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    rank: int
    exit: int
    stalled: str | None = None


def lost_file(run_dir: Path) -> Path:
    """Where it is written which rank was lost."""
    return ranks_folder(run_dir) / "lost.json"


def read_lost(run_dir: Path) -> LostRank | None:
    """The rank that the last sitting lost; None if it lost none."""
    try:
        return LostRank.model_validate_json(lost_file(run_dir).read_bytes())
    except (OSError, ValidationError):
        return None


def rank_lost(run_dir: Path, lost: LostRank, log: str) -> JobFailed:
    """What to say of a run that lost a rank, and so all of them."""
    if lost.stalled is not None:
        return JobFailed("run.ranks_stalled", path=str(run_dir), reason=lost.stalled, log=log or "-")
    return JobFailed("run.lost_rank", path=str(run_dir), rank=lost.rank, status=lost.exit, log=log or "-")
