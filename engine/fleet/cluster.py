"""A fleet of Ray: embedded, on this machine alone and heard by nobody else, or a cluster by its address.

Ray tells who does which piece and gives it to another when a worker or a node dies; how far a piece is stands in its
run folder. Nothing here is kept by Ray. `ray stop` ends every Ray of a machine by name: it is never called.
"""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

from engine.contract.run.folder import RunFolder
from engine.contract.system.cores import core_count
from engine.contract.system.environment import TOKEN, studio_environment
from engine.contract.system.locks import is_locked
from engine.contract.system.memory import total_bytes
from engine.contract.text.messages import Message, UserError
from engine.fleet.asking import first_sentence
from engine.fleet.piece import Node, Piece
from engine.fleet.reaching import refuse_unreachable
from engine.fleet.task import message_of, work
from engine.fleet.witness import witness

RETRIES = 5
"""So often a piece is given to another worker where the one that had it died."""
STORE_BYTES = 80_000_000
"""Ray's own memory for objects: the least that it takes. Nothing of ours goes through it."""
USABLE = 0.9
"""Share of this machine's memory that pieces may ask for together."""
STOP_S = 20.0
"""A recipe first stops its run, and then itself."""
_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_memory_monitor_refresh_ms": "0",  # who ran out of memory is told by its keeper
    "RAY_worker_niceness": "0",  # else a run in a fleet gives way to every other
}
_LOOPBACK = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
"""What makes Ray call itself 127.0.0.1 and listen there alone; by `_node_ip_address` it takes the network's."""


class Cluster:
    """Connected while it is there; an embedded one ends with it, however this process ends."""

    tells_nodes = True

    def __init__(self, address: str | None, scratch: Path) -> None:
        self._pieces: dict[Path, Any] = {}
        self._open = ExitStack()
        try:
            self._witness = "" if address is None else self._open.enter_context(witness(scratch))
            self._ray = _embedded(self._open) if address is None else _connected(self._open, address)
            # A fresh process for each piece, which sees the GPUs of that piece alone.
            self._work = self._ray.remote(max_calls=1)(work)
        except BaseException:
            self._open.close()
            raise

    def nodes(self) -> list[Node]:
        """Those that are alive."""
        found = [(node["NodeManagerHostname"], node["Resources"]) for node in self._ray.nodes() if node["Alive"]]
        return [
            Node(name, int(held.get("CPU", 0)), int(held.get("memory", 0) / 1e6), int(held.get("GPU", 0)))
            for name, held in found
        ]

    def begin(self, piece: Piece) -> None:
        """Have Ray give it to a node with room; to another where that dies."""
        options = {
            "num_cpus": piece.demand.cores,
            "num_gpus": piece.demand.gpus,
            "memory": piece.demand.memory_mb * 1_000_000,
            "max_retries": RETRIES,
            "scheduling_strategy": "SPREAD",
            "name": piece.run.name,
        }
        given = (str(piece.run), piece.demand.gpus, self._witness)
        self._pieces[piece.run] = self._work.options(**options).remote(*given)

    def ended(self) -> dict[Path, Message | None]:
        """Whose task has come back."""
        if not self._pieces:
            return {}
        refs = list(self._pieces.values())
        ready, _ = self._ray.wait(refs, num_returns=len(refs), timeout=0)
        over = [run for run, ref in self._pieces.items() if ref in ready]
        return {run: self._result(self._pieces.pop(run), run) for run in over}

    def stop(self, runs: Iterable[Path]) -> None:
        """Interrupt their tasks, which stop the workers; kill those that do not."""
        unwanted = {run: self._pieces.pop(run) for run in list(runs) if run in self._pieces}
        self._cancel(unwanted.values())
        if not self._gone(unwanted, STOP_S):
            self._cancel(unwanted.values(), force=True)
            self._gone(unwanted, STOP_S / 2)

    def close(self) -> None:
        """Stop what is left, and disconnect."""
        try:
            self.stop(list(self._pieces))
        finally:
            self._open.close()

    def _cancel(self, refs: Iterable[Any], *, force: bool = False) -> None:
        for ref in refs:
            with suppress(self._ray.exceptions.RayError, ValueError):
                self._ray.cancel(ref, force=force)

    def _gone(self, pieces: Mapping[Path, Any], seconds: float) -> bool:
        until = time.monotonic() + seconds
        left = list(pieces.values())
        while left or any(is_locked(RunFolder(run).lock) for run in pieces):
            if time.monotonic() > until:
                return False
            left = self._ray.wait(left, num_returns=len(left), timeout=0.1)[1] if left else []
            time.sleep(0.02)
        return True

    def _result(self, ref: Any, run: Path) -> Message | None:
        errors = self._ray.exceptions
        try:
            return message_of(self._ray.get(ref))
        except errors.TaskCancelledError:
            return None
        except errors.RayError as error:
            return Message(code="fleet.given_up", args={"run": run.name, "reason": first_sentence(error)})


def _ray() -> Any:
    """Ray, with its habits set before it is imported; raises UserError where it is not installed."""
    os.environ.update(_QUIET)
    os.environ.setdefault("RAY_AUTH_MODE", "token")
    try:
        import ray
    except ImportError as error:
        raise UserError("fleet.no_ray") from error
    return ray


def _embedded(opened: ExitStack) -> Any:
    ours = {**_LOOPBACK, "PYTHONPATH": studio_environment()["PYTHONPATH"], TOKEN: os.environ.get(TOKEN) or _token()}
    opened.enter_context(_found(ours))
    ray = _ray()
    folder = tempfile.mkdtemp(prefix="espalier-")  # short, for the names of sockets have little room
    opened.callback(shutil.rmtree, folder, ignore_errors=True)
    opened.callback(ray.shutdown)
    with interrupts_later():
        ray.init(
            address="local",  # else it goes to the cluster that it remembers
            num_cpus=core_count(),
            include_dashboard=False,
            object_store_memory=STORE_BYTES,
            _memory=USABLE * total_bytes(),
            _temp_dir=folder,
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
    return ray


@contextmanager
def interrupts_later() -> Iterator[None]:
    """Ctrl-C is heard at the end, for what Ray has half begun stays for a minute; a second one is heard at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    usual, pressed = signal.getsignal(signal.SIGINT), list[bool]()

    def later(*_: object) -> None:
        if pressed:
            raise KeyboardInterrupt
        pressed.append(True)

    signal.signal(signal.SIGINT, later)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)
    if pressed:
        signal.raise_signal(signal.SIGINT)


@cache
def _token() -> str:
    """Made once in the life of a process, in which Ray too reads it once."""
    return secrets.token_hex(32)


@contextmanager
def _found(values: Mapping[str, str]) -> Iterator[None]:
    """What Ray finds in the environment while it is there; what is started afterwards is nothing of the fleet's."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _connected(opened: ExitStack, address: str) -> Any:
    refuse_unreachable(address)
    ray = _ray()
    opened.callback(ray.shutdown)
    try:
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, RuntimeError, ValueError, ImportError, ray.exceptions.RayError) as error:
        raise UserError("fleet.unreachable", address=address, reason=first_sentence(error)) from error
    return ray
