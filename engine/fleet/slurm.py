"""A fleet by SLURM, through submitit: each piece is a job of its own, which waits where the cluster has it wait.

Partition, account and time limit are sbatch's own variables (SBATCH_PARTITION and so on). SLURM was never there to try
it on; `how="local"` is submitit's stand-in, which starts the same jobs as processes.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from engine.contract.run.folder import RunFolder
from engine.contract.system.locks import is_locked
from engine.contract.text.messages import Message, UserError
from engine.fleet.piece import Node, Piece
from engine.fleet.task import message_of, work

ASK_S, STOP_S = 6.0, 20.0


class Slurm:
    """Its scripts and what they print lie in `scratch`, which all machines share."""

    tells_nodes = False

    def __init__(self, scratch: Path, how: str = "slurm") -> None:
        try:
            import submitit
        except ImportError as error:
            raise UserError("fleet.no_submitit") from error
        try:
            self._executor = submitit.AutoExecutor(folder=scratch / how, cluster=how)
        except RuntimeError as error:
            raise UserError("fleet.no_slurm", reason=str(error)) from error
        self._errors = (submitit.core.utils.UncompletedJobError, submitit.core.utils.FailedJobError)
        self._jobs: dict[Path, Any] = {}

    def nodes(self) -> list[Node]:
        """Only SLURM knows, and refuses by itself what none has."""
        return []

    def begin(self, piece: Piece) -> None:
        """Put it into SLURM's queue; raises UserError where sbatch refuses it."""
        demand = piece.demand
        more = {"gpus_per_node": demand.gpus} if demand.gpus else {}
        memory = {"mem_gb": max(1, -(-demand.memory_mb // 1000))}
        self._executor.update_parameters(name=piece.run.name, cpus_per_task=demand.cores, **memory, **more)
        try:
            self._jobs[piece.run] = self._executor.submit(obey, str(piece.run), demand.gpus)
        except self._errors as error:
            raise UserError("fleet.no_slurm", reason=str(error).strip().splitlines()[0]) from error

    def ended(self) -> dict[Path, Message | None]:
        """Whose job is done."""
        over = [run for run, job in self._jobs.items() if job.done()]
        return {run: self._result(self._jobs.pop(run), run) for run in over}

    def stop(self, runs: Iterable[Path]) -> None:
        """Drop what waits; ask what is at work by its folder, then have SLURM tell what has not ended."""
        unwanted = {run: self._jobs.pop(run) for run in list(runs) if run in self._jobs}
        at_work = [run for run in unwanted if is_locked(RunFolder(run).lock)]
        for run, job in unwanted.items():
            if run in at_work:
                RunFolder(run).cancel.touch()
            else:
                job.cancel()
        for seconds, then in ((ASK_S, True), (STOP_S, False)):
            until = time.monotonic() + seconds
            while any(is_locked(RunFolder(run).lock) for run in unwanted) and time.monotonic() < until:
                time.sleep(0.1)
            for run in at_work if then else ():
                unwanted[run].cancel()

    def close(self) -> None:
        """Stop what is left."""
        self.stop(list(self._jobs))

    def _result(self, job: Any, run: Path) -> Message | None:
        try:
            return message_of(job.result())
        except self._errors as error:
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            return Message(code="fleet.given_up", args={"run": run.name, "reason": reason})


def obey(run: str, gpus: int) -> dict[str, object] | None:
    """`work`, which SLURM's SIGTERM interrupts as a fleet's cancel does."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)
    return work(run, gpus)
