"""A cluster of Ray on loopback: a head that works on nothing, and nodes of one core, each a group of processes of ours.

They are ended by their ids. `ray stop`, which ends every Ray of a machine by name, is never called.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path

from engine.contract.text.resources import ROOT
from tests.trial.marked import wait_until

READY_S = 180.0
JOIN_TRIES = 4
STARTED = "Ray runtime started"


class Loopback:
    """A head and `count` nodes, with a token of their own."""

    def __init__(self, count: int, environment: dict[str, str]) -> None:
        self._held = ExitStack()
        self._started = 0
        folder = Path(self._held.enter_context(tempfile.TemporaryDirectory(prefix="fleet-")))
        self._folder = folder
        self.environment = environment | {
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN": os.urandom(32).hex(),
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_worker_niceness": "0",
            "PYTHONPATH": os.pathsep.join([str(ROOT), environment.get("PYTHONPATH", "")]),
        }
        self.address = f"127.0.0.1:{_free_port()}"
        port = self.address.rpartition(":")[2]
        plain = ("--num-cpus", "0", "--include-dashboard=false")
        self._head = self._start("--head", "--port", port, "--temp-dir", str(folder / "r"), *plain)
        if not wait_until(lambda: _answers(int(port)), READY_S):
            self.close()
            raise RuntimeError(f"the head does not listen; see {folder}")
        self.nodes: list[subprocess.Popen[bytes]] = []
        for _ in range(count):
            self._join()

    def node_of(self, pid: int | None) -> int | None:
        """On which node a process works, by whom it descends from; None where on none."""
        groups = [process.pid for process in self.nodes]
        while pid and pid > 1:
            fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
            if int(fields[2]) in groups:
                return groups.index(int(fields[2]))
            pid = int(fields[1])
        return None

    def kill(self, number: int) -> None:
        """SIGKILL to all processes of a node that `ray start` made; what it worked on is left to itself."""
        os.killpg(self.nodes[number].pid, signal.SIGKILL)
        self.nodes[number].wait()

    def close(self) -> None:
        """End every node and the head."""
        for process in (*getattr(self, "nodes", ()), self._head):
            _end(process)
        self._held.close()

    def _join(self) -> None:
        """One node more; on a machine that is busy Ray's own start may run out of its time, and is done again."""
        for _ in range(JOIN_TRIES):
            self.nodes.append(self._start("--address", self.address, "--num-cpus", "1"))
            if _is_up(self.nodes[-1], self._folder / f"log-{self._started}"):
                return
            _end(self.nodes.pop())
        self.close()
        raise RuntimeError("a node does not come up")

    def _start(self, *words: str) -> subprocess.Popen[bytes]:
        usual = ("--node-ip-address", "127.0.0.1", "--object-store-memory", "80000000", "--block")
        command = [sys.executable, "-m", "ray.scripts.scripts", "start", *words, *usual]
        self._started += 1
        with (self._folder / f"log-{self._started}").open("w") as log:
            return subprocess.Popen(command, env=self.environment, stdout=log, stderr=log, start_new_session=True)


def _is_up(node: subprocess.Popen[bytes], log: Path) -> bool:
    wait_until(lambda: node.poll() is not None or STARTED in log.read_text(), READY_S)
    return node.poll() is None


def _end(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL to a group, whose leader may be gone already."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
