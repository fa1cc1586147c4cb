"""A simulated phone behind real adb, with a server, a port and a home of its own; and a run to measure on it."""

from __future__ import annotations

import contextlib
import hashlib
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.contract.project import ProjectFolder
from engine.contract.run.events import Event
from engine.contract.run.job import BenchJob, BenchLimits
from engine.contract.text.messages import Argument, Message
from engine.run.context import JobContext
from engine.simulated_phone.phone import SimulatedPhone

LIMITS = BenchLimits(command_s=3.0, push_s=20.0, run_s=20.0, pulse_s=0.4)


@contextlib.contextmanager
def adb_server(home: Path) -> Iterator[None]:
    """A private adb server for this process and its children; ended with the context."""
    with socket.socket() as probe, pytest.MonkeyPatch.context() as patch:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
        probe.close()
        patch.setenv("ANDROID_ADB_SERVER_PORT", port)
        patch.setenv("HOME", str(home))
        patch.setenv("XDG_CONFIG_HOME", str(home / "config"))
        try:
            yield
        finally:
            call("-P", port, "kill-server")


def call(*words: str) -> None:
    """Run adb; what it says is of no interest."""
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run(["adb", *words], check=False, timeout=30, **quiet)  # type: ignore[call-overload]


def connect(phone: SimulatedPhone) -> None:
    """Plug it in, again if it was."""
    call("disconnect", phone.serial)
    call("connect", phone.serial)


def untrained_run(folder: ProjectFolder, name: str) -> Path:
    """A run whose checkpoint has weights of chance: it finds much, though nothing that is there."""
    from engine.detector.base.header import CheckpointInfo
    from engine.detector.base.spec import resolve
    from engine.detector.families.build import build
    from engine.detector.network.checkpoint import network_arrays, save
    from tests.engine.small_detectors import stir

    choice = folder.load().detector
    network = build(resolve(choice))
    stir(network)
    run = folder.runs / name
    run.mkdir(parents=True, exist_ok=True)
    tensors = {f"model.{key}": array for key, array in network_arrays(network).items()}
    save(run / "checkpoints" / "best.safetensors", CheckpointInfo(choice=choice), tensors)
    return run


def quantised_run(folder: ProjectFolder, start: Path, name: str) -> Path:
    """A run that went on from `start` with quantisation-aware training, of no steps."""
    from engine.contract.recipe import Step
    from engine.detector.base.header import CheckpointInfo
    from engine.detector.network.checkpoint import network_arrays, save
    from engine.model.assembly import extend, load
    from engine.technique.base import Context as HookContext

    model, _ = load(start)
    model = extend(model, [Step(technique="quant_aware")], HookContext(model.config, model.choice))
    run = folder.runs / name
    run.mkdir(parents=True, exist_ok=True)
    tensors = {f"model.{key}": array for key, array in network_arrays(model.network).items()}
    info = CheckpointInfo(choice=model.choice, steps=model.steps, records=model.records)
    save(run / "checkpoints" / "best.safetensors", info, tensors)
    return run


def bench_job(folder: ProjectFolder, run: Path, phone: SimulatedPhone, **more: object) -> BenchJob:
    """The shortest bench."""
    told = {
        "run": str(run),
        "index": str(folder.index),
        "cache": str(folder.cache / "phone"),
        "serial": phone.serial,
        "precisions": ["fp32"],
        "threads": [1],
        "processes": 1,
        "warmup": 1,
        "repeats": 2,
        "pause_s": 0.0,
        "parity_pictures": 0,
        "limits": LIMITS,
    }
    return BenchJob.model_validate(told | more)


def files_of(folder: ProjectFolder) -> dict[str, str]:
    """The project's files with their sums, but for its cache and its benches."""
    files = [path for path in folder.root.rglob("*") if path.is_file() and ".cache" not in path.parts]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files if path.parent.name != "benches"}


class Context(JobContext):
    """A sitting that keeps what is told; `at` is called with the code of each stage that begins."""

    def __init__(self, folder: Path, at: Callable[[str], None] = lambda code: None) -> None:
        self.told: list[Event] = []
        super().__init__(folder, self.told.append)
        self._at = at

    def stage(self, code: str, **args: Argument | Message) -> None:
        """Begin a stage."""
        super().stage(code, **args)
        self._at(code)
