"""The fleet that is this machine: pieces side by side as processes of their own, as many as fit, without Ray."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from pathlib import Path

from engine.contract.device.choice import gpu_trouble
from engine.contract.device.wheel import paddle_wheel
from engine.contract.run.folder import RunFolder, start
from engine.contract.run.lock import this_host
from engine.contract.run.stopping import stop
from engine.contract.system.cores import core_count
from engine.contract.system.locks import is_locked
from engine.contract.system.memory import total_bytes
from engine.contract.text.messages import Message, UserError
from engine.fleet.piece import Demand, Node, Piece


class Local:
    """Those at work go on when this process is killed; the next sitting finds them by their folders."""

    tells_nodes = True

    def __init__(self) -> None:
        self._node = Node(this_host(), core_count(), round(total_bytes() / 1e6), len(_gpus()))
        self._free_gpus = _gpus()
        self._waiting: list[Piece] = []
        self._at_work: dict[Path, tuple[Demand, list[str]]] = {}
        self._ended: dict[Path, Message | None] = {}

    def nodes(self) -> list[Node]:
        """This one."""
        return [self._node]

    def begin(self, piece: Piece) -> None:
        """Start it, or have it wait until there is room."""
        self._waiting.append(piece)
        self._fill()

    def ended(self) -> dict[Path, Message | None]:
        """What is over; what waited is begun in its place."""
        for run in [run for run in self._at_work if not is_locked(RunFolder(run).lock)]:
            self._free_gpus += self._at_work.pop(run)[1]
            self._ended[run] = None
        self._fill()
        told, self._ended = self._ended, {}
        return told

    def stop(self, runs: Iterable[Path]) -> None:
        """Ask all of them first, so that they end side by side."""
        unwanted = set(runs)
        self._waiting = [piece for piece in self._waiting if piece.run not in unwanted]
        at_work = [run for run in self._at_work if run in unwanted]
        for run in at_work:
            with suppress(OSError):  # on a full disk the signals of `stop` do without
                RunFolder(run).cancel.touch()
        with ExitStack() as ends:  # each of them is stopped, whatever becomes of another
            for run in at_work:
                self._free_gpus += self._at_work.pop(run)[1]
                ends.callback(stop, run)

    def close(self) -> None:
        """Stop what is left."""
        self.stop([*self._at_work, *(piece.run for piece in self._waiting)])

    def _fill(self) -> None:
        while self._waiting and self._room_for(self._waiting[0].demand):
            piece = self._waiting.pop(0)
            gpus = [self._free_gpus.pop(0) for _ in range(piece.demand.gpus)]
            self._at_work[piece.run] = piece.demand, gpus
            try:
                self._start(piece, gpus)
            except UserError as error:
                self._free_gpus += self._at_work.pop(piece.run)[1]
                self._ended[piece.run] = error.message

    def _start(self, piece: Piece, gpus: list[str]) -> None:
        folder = RunFolder(piece.run)
        if folder.status() == "finished" or is_locked(folder.lock):
            return  # somebody works on it: it is followed, and counts among those at work
        start(piece.run, environment={"CUDA_VISIBLE_DEVICES": ",".join(gpus)})

    def _room_for(self, demand: Demand) -> bool:
        return self._node.without(each for each, _ in self._at_work.values()).holds(demand)


def _gpus() -> list[str]:
    """The numbers of the GPUs that can be used, as CUDA_VISIBLE_DEVICES names them."""
    if not paddle_wheel().gpu:
        return []
    from engine.detector.base.gpus import find_devices

    found = find_devices()
    given = [name for name in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if name]
    numbers = [at for at, gpu in enumerate(found.gpus) if gpu_trouble(gpu) is None]
    return [given[at] if at < len(given) else str(at) for at in numbers]
