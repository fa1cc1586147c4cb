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
from contextlib import ExitStack
from pathlib import Path

from engine.contract.text.resources import ROOT
from tests.trial.marked import wait_until

READY_S = 120.0


class Loopback:
    """A head and `count` nodes, with a token of their own."""

    def __init__(self, count: int, environment: dict[str, str]) -> None:
        self._held = ExitStack()
        folder = Path(self._held.enter_context(tempfile.TemporaryDirectory(prefix="fleet-")))
        self._log = self._held.enter_context((folder / "log").open("w"))
        self.environment = environment | {
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN": os.urandom(32).hex(),
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_worker_niceness": "0",
            "PYTHONPATH": os.pathsep.join([str(ROOT), environment.get("PYTHONPATH", "")]),
        }
        self.address = f"127.0.0.1:{_free_port()}"
        port = self.address.rpartition(":")[2]
        head = [
            "--head",
            "--port",
            port,
            "--num-cpus",
            "0",
            "--temp-dir",
            str(folder / "r"),
            "--include-dashboard=false",
        ]
        self._head = self._start(*head)
        if not wait_until(lambda: _answers(int(port)), READY_S):
            self.close()
            raise RuntimeError(f"the head does not listen; see {folder}")
        self.nodes = [self._start("--address", self.address, "--num-cpus", "1") for _ in range(count)]

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
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self._held.close()

    def _start(self, *words: str) -> subprocess.Popen[bytes]:
        usual = ("--node-ip-address", "127.0.0.1", "--object-store-memory", "80000000", "--block")
        command = [sys.executable, "-m", "ray.scripts.scripts", "start", *words, *usual]
        return subprocess.Popen(
            command, env=self.environment, stdout=self._log, stderr=self._log, start_new_session=True
        )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
