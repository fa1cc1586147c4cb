"""The processes of the ranks on this machine: started in the worker's own group, and watched."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, NoReturn

from engine.contract.run.ranks import LostRank, lost_file
from engine.contract.system.environment import engine_environment
from engine.contract.system.files import write_atomically
from engine.contract.system.processes import die_with_parent
from engine.contract.text.messages import Message

FAREWELL_S = 2.0
_LOST = 1


def command_of(run_dir: Path, rank: int) -> list[str]:
    """What starts a rank of a training."""
    return [sys.executable, "-m", "engine.jobs.train_rank", str(run_dir), str(rank)]


def lose(run_dir: Path, lost: LostRank) -> NoReturn:
    """End this process without a terminal event: the run is lost, and goes on from its last checkpoint."""
    with contextlib.suppress(OSError):  # no room, or no folder: the log has it
        if not lost_file(run_dir).exists():  # who was first tells why
            write_atomically(lost_file(run_dir), lost.model_dump_json())
    code = "ranks.log_lost" if lost.stalled is None else "ranks.log_stalled"
    told = Message(code=code, args={"rank": lost.rank, "status": lost.exit, "reason": lost.stalled or "-"})
    print(told.text(), file=sys.stderr, flush=True)
    os._exit(_LOST)


class RankProcesses:
    """Starts ranks; one that ends before `close` ends this process too, for none can go on without it.

    They die with the thread that starts them, which must be the one that waits for them. What they print goes to `out`,
    or where this process prints. `stopping` tells whether all were asked to stop, so that nothing is lost.
    """

    def __init__(self, run_dir: Path, stopping: Callable[[], bool], out: IO[bytes] | None = None) -> None:
        self._run_dir, self._stopping, self._out = run_dir, stopping, out
        self._closed = False
        self._processes: list[subprocess.Popen[bytes]] = []

    def start(self, ranks: Sequence[int], command: Callable[[int], Sequence[str]]) -> None:
        """Start them, each with its command; raises OSError."""
        for rank in ranks:
            process = subprocess.Popen(
                command(rank),
                stdin=subprocess.DEVNULL,
                stdout=self._out,
                stderr=self._out,
                env=engine_environment(),
                preexec_fn=die_with_parent,
            )
            self._processes.append(process)
            threading.Thread(target=self._watch, args=(rank, process), name=f"rank {rank}", daemon=True).start()

    def wait(self) -> None:
        """Wait until all have ended by themselves."""
        for process in self._processes:
            process.wait()

    def ask_to_stop(self) -> None:
        """Have them, and so all ranks, stop at the end of their step."""
        for process in self._processes:
            process.terminate()

    def close(self) -> None:
        """They may end from now on; those that do not soon are killed."""
        self._closed = True
        for process in self._processes:
            try:
                process.wait(FAREWELL_S)
            except subprocess.TimeoutExpired:
                process.kill()

    def _watch(self, rank: int, process: subprocess.Popen[bytes]) -> None:
        status = process.wait()
        if self._closed or status == 0 or self._stopping():
            return
        # The main thread may wait in an operation that nothing but a time limit of 30 s ends.
        lose(self._run_dir, LostRank(rank=rank, exit=status))
