"""The folder of Espalier on a phone: what lies where, and bringing only what changed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from engine.phone.adb import Device
from engine.phone.faults import PhoneFault
from engine.phone.words import RemotePath, Script

ROOT = RemotePath("/data/local/tmp/espalier")
TOOLS, MODELS, INPUTS, WORK = (ROOT / name for name in ("tool", "models", "inputs", "work"))
PID, RESULT = WORK / "pid", WORK / "result.txt"
_BLOCK = 1 << 20
_TOGETHER = 200
"""Files that are asked for in one command; a command line has an end."""


@dataclass(frozen=True)
class Cargo:
    """A file of this machine and where it belongs on the phone."""

    local: Path
    remote: RemotePath
    executable: bool = False


@dataclass
class Pushed:
    """What had to be sent, by the name on the phone below Espalier's folder, and its size in bytes."""

    names: list[str] = field(default_factory=list)
    size: int = 0


def folder_cargo(local: Path, remote: RemotePath) -> list[Cargo]:
    """Every file below a folder."""
    files = (path for path in sorted(local.rglob("*")) if path.is_file())
    cargo = []
    for path in files:
        place = remote
        for part in path.relative_to(local).parts:
            place = place / part
        cargo.append(Cargo(path, place))
    return cargo


def bring(device: Device, cargo: Sequence[Cargo], check: Callable[[], None] = lambda: None) -> Pushed:
    """Send those files whose SHA-256 on the phone is another; raises PhoneFault, `phone.push_broken` among others.

    What was sent is summed up again on the phone, so a torn file is never measured. A phone without `sha256sum`
    (before Android 6) is sent everything each time.
    """
    device.ask(Script.each("mkdir -p {}", _folders(cargo)), doing="mkdir")
    wanted = {item.remote: digest(item.local) for item in cargo}
    present = digests(device, list(wanted))
    pushed = Pushed()
    for item in cargo:
        check()
        if present.get(item.remote) == wanted[item.remote]:
            continue
        device.push(item.local, item.remote)
        pushed.names.append(item.remote.text.removeprefix(f"{ROOT.text}/"))
        pushed.size += item.local.stat().st_size
    sent = [item.remote for item in cargo if present.get(item.remote) != wanted[item.remote]]
    for remote, found in digests(device, sent).items():
        if found not in (None, wanted[remote]):
            raise PhoneFault("phone.push_broken", serial=device.serial, path=remote.text)
    programs = [item.remote for item in cargo if item.executable]
    if programs:
        device.ask(Script.each("chmod 755 {}", programs), doing="chmod")
    return pushed


def clear_if_other(device: Device, folder: RemotePath, cargo: Sequence[Cargo]) -> None:
    """Empty a folder on the phone unless it has every file of `cargo`: what another tool left would be linked in."""
    present = digests(device, [item.remote for item in cargo])
    if any(present.get(item.remote) != digest(item.local) for item in cargo):
        device.ask(Script("rm -rf {}", folder), doing="clear")


def digests(device: Device, paths: Sequence[RemotePath]) -> dict[RemotePath, str | None]:
    """The SHA-256 of files on the phone, as it computes them now; None for one that is not there."""
    found: dict[RemotePath, str | None] = {}
    for first in range(0, len(paths), _TOGETHER):
        some = list(paths[first : first + _TOGETHER])
        # By redirection, so that no name, whatever is in it, comes back among the sums.
        script = Script.each("sha256sum < {} 2>/dev/null || echo none", some)
        answer = device.shell(script, limit_s=device.adb.limits.push_s, pulse=True, doing="sha256sum")
        lines = [line.split()[0] if line.split() else "none" for line in answer.out.splitlines()]
        found |= dict(zip(some, (None if line == "none" else line for line in lines), strict=False))
    return found


def digest(path: Path) -> str:
    """The SHA-256 of a file of this machine."""
    hashed = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            hashed.update(block)
    return hashed.hexdigest()


def clear_work(device: Device) -> None:
    """End a tool that a broken-off bench left at work, and empty the folder for results."""
    device.ask(_END.then(Script("mkdir -p {}", WORK)), doing="clear")


def leave(device: Device) -> None:
    """End the tool if it still runs and remove what is only for one bench; in silence if the phone is gone."""
    device.tidy(_END)


_END = Script('read pid 2>/dev/null < {} && kill -9 "$pid" 2>/dev/null\nrm -rf {}', PID, WORK)


def _folders(cargo: Iterable[Cargo]) -> list[RemotePath]:
    return sorted({item.remote.parent for item in cargo}, key=lambda path: path.text)
