"""What a comparison under emulation found: the arithmetic of a phone, and no times.

It is the result of a task, `{"schema": 1, "figures": [], "emulation": Emulation}`, and is filed nowhere as a bench.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from engine.contract.phones import ParityRow
from engine.contract.run.job import Precision
from engine.contract.text.messages import Message


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Refusal(_Frozen):
    """A precision that was not tried, and why."""

    precision: Precision
    problem: Message


class Emulation(_Frozen):
    """All that one comparison found. `run` is the name of the run, `core` the processor that qemu stood in for.

    The rows are those of a phone's bench: `map_phone` is the mAP under emulation. `quantised_here`: int8 by
    post-training quantisation of a float run, made for this only. `runtime` is what the tool calls its version; `note`
    says what this is and what it is not.
    """

    format: int = 1
    run: str
    core: str
    input: str
    runtime: str | None = None
    rows: tuple[ParityRow, ...]
    refused: tuple[Refusal, ...] = ()
    quantised_here: bool = False
    note: Message

    @property
    def agrees(self) -> bool:
        """Whether every precision that was tried finds what this machine finds."""
        return all(row.agrees for row in self.rows)
