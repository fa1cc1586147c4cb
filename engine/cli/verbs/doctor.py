"""The verb that says what is missing on this machine, and the command that gets it."""

from __future__ import annotations

import argparse
import ctypes
import os
import shutil
import sys
import tempfile
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from engine.cli.language import said
from engine.cli.output import emit_json
from engine.contract.device.choice import gpu_trouble, no_cudnn, no_gpu_at_all
from engine.contract.device.found import Devices
from engine.contract.device.wheel import CPU_WHEEL, GPU_WHEEL, Wheel, installed, paddle_wheel
from engine.contract.system.cores import core_count
from engine.contract.system.folders import queue_folder
from engine.contract.text.messages import Argument, Message, UserError
from engine.contract.text.resources import ROOT

NAME = "doctor"
HELP = "say what is missing on this machine and how to get it"

LOCK = ROOT / "packaging" / "requirements.lock"
GPU_LOCK = ROOT / "packaging" / "gpu.lock"
PYTHON = (3, 10)
DISK_GB = 5.0
MEMORY_GB = 4.0
CORES = 2
# Shared libraries that Paddle, OpenCV and Qt load but do not bring along, with the Debian package of each.
LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgomp.so.1": "libgomp1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libz.so.1": "zlib1g",
}


class Finding(BaseModel):
    """One thing looked at: whether it is as needed, in words, and the command that mends it, if any.

    `optional`: without it only what the words name cannot be done.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    ok: bool
    message: Message
    command: str | None = None
    optional: bool = False


def add_parser(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments: there are none."""


def run(args: argparse.Namespace) -> int:
    """Print the findings; 0 if all is as needed, else 1, whatever is optional."""
    findings = diagnose()
    if args.json:
        rows = [{**finding.model_dump(), "text": finding.message.text()} for finding in findings]
        emit_json({"figures": [], "findings": rows, "devices": devices().model_dump(mode="json")})
    else:
        for finding in findings:
            print("✓" if finding.ok else "·" if finding.optional else "✗", said(finding.message))
            if finding.command:
                print("   ", finding.command)
    return 0 if all(finding.ok or finding.optional for finding in findings) else 1


def diagnose() -> list[Finding]:
    """Look at everything that Espalier needs of this machine; loads neither Paddle nor Qt."""
    folder = Path.cwd()
    wheel = paddle_wheel()
    return [
        check_python(sys.version_info[:2]),
        check_packages(LOCK, GPU_LOCK, wheel),
        *check_gpus(devices()),
        check_libraries(LIBRARIES),
        check_adb(),
        check_qemu(),
        check_fleet(installed("ray")),
        check_disk(folder, DISK_GB),
        check_memory(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9),
        check_cores(core_count()),
        check_writable(folder),
        check_queue(queue_folder()),
    ]


def check_python(version: tuple[int, int]) -> Finding:
    """Paddle Lite exists for one version of Python only."""
    args: dict[str, Argument] = {"version": "{}.{}".format(*version), "needed": "{}.{}".format(*PYTHON)}
    if version == PYTHON:
        return Finding(name="python", ok=True, message=Message(code="doctor.python", args=args))
    message = Message(code="doctor.python_wrong", args=args)
    return Finding(name="python", ok=False, message=message, command="make setup")


def check_packages(lock: Path, gpu_lock: Path, wheel: Wheel) -> Finding:
    """Every line `name==version` of the lock is installed in that version; of Paddle's two wheels one, and one only."""
    pins = _pins(lock)
    if wheel.gpu and pins.pop(CPU_WHEEL, ""):
        pins |= _pins(gpu_lock)
    wrong = [f"{name} {version}" for name, version in pins.items() if installed(name) != version]
    again = "rm -f .venv/stamp && make setup" + (" GPU=1" if wheel.gpu else "")
    if wheel.doubled:
        message = Message(code="doctor.two_wheels", args={"cpu": CPU_WHEEL, "gpu": GPU_WHEEL})
        return Finding(name="packages", ok=False, message=message, command=again)
    if not wrong:
        message = Message(code="doctor.packages", args={"count": len(pins)})
        return Finding(name="packages", ok=True, message=message)
    message = Message(code="doctor.packages_wrong", args={"packages": ", ".join(wrong), "lock": str(lock)})
    # Without its stamp the set-up looks at every package again.
    return Finding(name="packages", ok=False, message=message, command=again)


def _pins(lock: Path) -> dict[str, str]:
    lines = lock.read_text(encoding="utf-8").splitlines()
    return {name: version for name, _, version in (line.split()[0].partition("==") for line in lines if line.strip())}


def devices() -> Devices:
    """The GPUs and what they need; with the wheel for them a child process looks, which Paddle may end."""
    from engine.detector.base.gpus import find_devices

    return find_devices()


def check_gpus(found: Devices) -> list[Finding]:
    """Each GPU can be used, or why none is; all optional, for whatever a GPU does a processor does too."""
    if (why := no_gpu_at_all(found)) is not None:
        lacks = [why] if found.cudnn or not found.cuda or why.code == "device.no_cudnn" else [why, no_cudnn(found)]
        return [_gpu(Message(code="doctor.no_gpu", args={"why": each}), ok=False) for each in lacks]
    findings = []
    for gpu in found.gpus:
        trouble = gpu_trouble(gpu)
        args: dict[str, Argument | Message] = {"device": gpu.device, "name": gpu.name, "capability": gpu.generation}
        args |= {"memory": round(gpu.memory_mb / 1000, 1), "driver": found.driver, "cudnn": found.cudnn}
        told = Message(code="doctor.gpu", args=args) if trouble is None else trouble
        findings.append(_gpu(told, ok=trouble is None))
    return findings


def _gpu(message: Message, *, ok: bool) -> Finding:
    return Finding(name="gpu", ok=ok, message=message, optional=True)


def check_libraries(libraries: dict[str, str]) -> Finding:
    """Every shared library (file name to Debian package) can be loaded."""
    missing = [name for name in libraries if not _loads(name)]
    if not missing:
        message = Message(code="doctor.libraries", args={"count": len(libraries)})
        return Finding(name="libraries", ok=True, message=message)
    message = Message(code="doctor.libraries_missing", args={"libraries": ", ".join(missing)})
    command = _apt_get(*(libraries[name] for name in missing))
    return Finding(name="libraries", ok=False, message=message, command=command)


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _apt_get(*packages: str) -> str:
    return f"{'sudo ' if os.geteuid() else ''}apt-get install {' '.join(sorted(set(packages)))}"


def check_adb() -> Finding:
    """The tool that talks to phones is on PATH."""
    path = shutil.which("adb")
    if path:
        return Finding(name="adb", ok=True, message=Message(code="doctor.adb", args={"path": path}))
    message = Message(code="doctor.adb_missing")
    return Finding(name="adb", ok=False, message=message, command=_apt_get("adb"))


def check_qemu() -> Finding:
    """What runs a phone's kernels here is on PATH; it is optional."""
    from engine.bench.qemu import find_qemu

    try:
        message = Message(code="doctor.qemu", args={"path": find_qemu()})
    except UserError:
        missing = Message(code="doctor.qemu_missing")
        return Finding(name="qemu", ok=False, message=missing, command=_apt_get("qemu-user-static"), optional=True)
    return Finding(name="qemu", ok=True, message=message)


def check_fleet(version: str | None) -> Finding:
    """What has many runs done is installed; it is optional."""
    if version is None:
        missing = Message(code="doctor.no_fleet")
        return Finding(name="fleet", ok=False, message=missing, command="make setup FLEET=1", optional=True)
    return Finding(name="fleet", ok=True, message=Message(code="doctor.fleet", args={"version": version}))


def check_disk(folder: Path, needed_gb: float) -> Finding:
    """The file system of `folder` has `needed_gb` (1e9 bytes) free."""
    free = shutil.disk_usage(folder).free / 1e9
    args: dict[str, Argument] = {"path": str(folder), "free": round(free, 1), "needed": needed_gb}
    if free >= needed_gb:
        return Finding(name="disk", ok=True, message=Message(code="doctor.disk", args=args))
    return Finding(name="disk", ok=False, message=Message(code="doctor.disk_short", args=args))


def check_memory(total_gb: float) -> Finding:
    """The machine has the memory (1e9 bytes) that training the largest detector takes."""
    args: dict[str, Argument] = {"total": round(total_gb, 1), "needed": MEMORY_GB}
    if total_gb >= MEMORY_GB:
        return Finding(name="memory", ok=True, message=Message(code="doctor.memory", args=args))
    return Finding(name="memory", ok=False, message=Message(code="doctor.memory_short", args=args))


def check_cores(cores: int) -> Finding:
    """This process may use as many processor cores as training and a preview beside it want."""
    args: dict[str, Argument] = {"cores": cores, "needed": CORES}
    if cores >= CORES:
        return Finding(name="cores", ok=True, message=Message(code="doctor.cores", args=args))
    return Finding(name="cores", ok=False, message=Message(code="doctor.cores_few", args=args))


def check_writable(folder: Path) -> Finding:
    """A file can be made in `folder`; asking for permission bits would not notice a read-only disk."""
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        args: dict[str, Argument] = {"path": str(folder), "reason": error.strerror or str(error)}
        return Finding(name="writable", ok=False, message=Message(code="doctor.not_writable", args=args))
    message = Message(code="doctor.writable", args={"path": str(folder)})
    return Finding(name="writable", ok=True, message=message)


def check_queue(folder: Path) -> Finding:
    """The queue's folder can be written to, or made: without it nothing can be started."""
    there = next(each for each in (folder, *folder.parents) if each.exists())
    try:
        tempfile.TemporaryFile(dir=there).close()
    except OSError as error:
        args: dict[str, Argument] = {"path": str(folder), "reason": error.strerror or str(error)}
        return Finding(name="queue", ok=False, message=Message(code="doctor.no_queue", args=args))
    return Finding(name="queue", ok=True, message=Message(code="doctor.queue", args={"path": str(folder)}))
