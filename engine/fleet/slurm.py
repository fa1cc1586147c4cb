"""A fleet by SLURM, through submitit: each piece is a job of its own, which waits where the cluster has it wait.

Partition, account and time limit are sbatch's own variables (SBATCH_PARTITION and so on). SLURM was never there to try
it on; `how="local"` is submitit's stand-in, which starts the same jobs as processes.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from pathlib import Path
from subprocess import CalledProcessError
from typing import Any

from engine.contract.run.folder import RunFolder
from engine.contract.system.locks import is_locked
from engine.contract.text.messages import Message, UserError
from engine.fleet.piece import Node, Piece
from engine.fleet.slurm_job import obey, read_answer
from engine.fleet.witness import witness

ASK_S, STOP_S = 6.0, 20.0
_SLURM: dict[str, Any] = {"time": None, "gpus_per_node": None}
_LOCAL: dict[str, Any] = {"timeout_min": 525600, "gpus_per_node": 0}
"""submitit asks for five minutes where nothing is said; with None it asks for no time, and SLURM gives the site's."""


class Slurm:
    """Its scripts and what they print lie in `scratch`, which all machines share."""

    tells_nodes = False

    def __init__(self, scratch: Path, how: str = "slurm") -> None:
        try:
            import submitit
        except ImportError as error:
            raise UserError("fleet.no_submitit") from error
        made = submitit.SlurmExecutor if how == "slurm" else submitit.LocalExecutor
        try:
            self._executor = made(folder=scratch / how)
        except RuntimeError as error:
            raise UserError("fleet.no_slurm", reason=str(error)) from error
        self._errors = (submitit.core.utils.FailedSubmissionError, submitit.core.utils.FailedJobError)
        self._usual, self._scratch = _SLURM if how == "slurm" else _LOCAL, scratch / how
        self._jobs: dict[Path, Any] = {}
        self._open = ExitStack()
        self._witness = self._open.enter_context(witness(scratch))

    def nodes(self) -> list[Node]:
        """Only SLURM knows, and refuses by itself what none has."""
        return []

    def begin(self, piece: Piece) -> None:
        """Put it into SLURM's queue; raises UserError where sbatch refuses it."""
        demand, answer = piece.demand, self._answer(piece.run)
        held = {"cpus_per_task": demand.cores, "mem": f"{max(1, -(-demand.memory_mb // 1000))}GB"}
        more = {"gpus_per_node": demand.gpus} if demand.gpus else {}
        answer.unlink(missing_ok=True)
        try:
            self._executor.update_parameters(job_name=piece.run.name, **held, **self._usual | more)
            self._jobs[piece.run] = self._executor.submit(obey, str(piece.run), demand.gpus, self._witness, str(answer))
        except self._errors as error:
            raise UserError("fleet.no_slurm", reason=str(error).strip().splitlines()[0]) from error

    def ended(self) -> dict[Path, Message | None]:
        """Whose job is done."""
        over = [run for run, job in self._jobs.items() if job.done()]
        return {run: read_answer(self._answer(run), run.name, self._jobs.pop(run)) for run in over}

    def stop(self, runs: Iterable[Path]) -> None:
        """Drop what waits; ask what is at work by its folder, then have SLURM tell what has not ended."""
        unwanted = {run: self._jobs.pop(run) for run in list(runs) if run in self._jobs}
        at_work = [run for run in unwanted if is_locked(RunFolder(run).lock)]
        for run in at_work:
            with suppress(OSError):  # where the disk is full, SLURM tells it
                RunFolder(run).cancel.touch()
        for run in unwanted.keys() - at_work:
            _cancel(unwanted[run])
        for seconds, then in ((ASK_S, True), (STOP_S, False)):
            until = time.monotonic() + seconds
            while any(is_locked(RunFolder(run).lock) for run in unwanted) and time.monotonic() < until:
                time.sleep(0.1)
            for run in at_work if then else ():
                _cancel(unwanted[run])

    def close(self) -> None:
        """Stop what is left."""
        with self._open:
            self.stop(list(self._jobs))

    def _answer(self, run: Path) -> Path:
        return self._scratch / f"{run.name}.json"


def _cancel(job: Any) -> None:
    """One that SLURM does not know any more, or not now, leaves the others to be told."""
    with suppress(OSError, CalledProcessError):
        job.cancel()
