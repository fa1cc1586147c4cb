"""The user's `benchmark_bin` and its libraries: where they are, whether they fit the phone and the optimiser."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from engine.contract.system.files import write_atomically
from engine.contract.system.folders import config_folder
from engine.contract.text.messages import UserError
from engine.phone.faults import PhoneFault

VARIABLE = "ESPALIER_BENCHMARK_BIN"
_MACHINES = {183: "arm64-v8a", 40: "armeabi-v7a", 62: "x86_64", 3: "x86"}
_FAMILIES = {"arm64-v8a": ("arm64-v8a", "armeabi-v7a"), "x86_64": ("x86_64", "x86")}
"""A phone of one ABI runs tools of these."""


@dataclass(frozen=True)
class Tool:
    """A benchmark_bin, with the libraries that it is linked with."""

    program: Path
    libraries: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Memory:
    """Where a tool is looked for that is not named: a variable, then keys of the settings; `missing` is the code of
    what to do where it is in neither.
    """

    variable: str
    program: str
    libs: str
    missing: str


FOR_PHONES = Memory(VARIABLE, "benchmark_bin", "libs", "phone.no_tool")


def find_tool(
    program: str | None,
    libs: str | None,
    check: Callable[[Tool], None] = lambda tool: None,
    memory: Memory = FOR_PHONES,
) -> Tool:
    """The tool that is named, else that of the memory's variable, else the one remembered.

    Raises UserError `memory.missing` with what to do where there is none, or a path that is no file, and what `check`
    raises. A tool that was named is remembered for the next time, if `check` found nothing wrong with it.
    """
    remembered = _remembered()
    chosen = program or os.environ.get(memory.variable) or remembered.get(memory.program)
    if not chosen:
        raise UserError(memory.missing, variable=memory.variable)
    path = Path(chosen)
    same = str(path.resolve()) == remembered.get(memory.program)
    folder = libs or (remembered.get(memory.libs) if same else None)
    tool = tool_at(path, folder)
    check(tool)
    if program:
        kept = {k: v for k, v in remembered.items() if k not in (memory.program, memory.libs)}
        kept |= {memory.program: str(path.resolve())} | ({memory.libs: str(Path(folder).resolve())} if folder else {})
        settings_file().parent.mkdir(parents=True, exist_ok=True)
        write_atomically(settings_file(), json.dumps(kept, indent=1))
    return tool


def tool_at(program: Path, libs: str | None) -> Tool:
    """The tool at a path with the libraries of a folder; raises UserError where one of them is not there."""
    if not program.is_file():
        raise UserError("phone.tool_missing", path=str(program))
    if libs and not Path(libs).is_dir():
        raise UserError("phone.libs_missing", path=libs)
    libraries = sorted(Path(libs).glob("*.so*")) if libs else []
    return Tool(program, tuple(library for library in libraries if library.is_file()))


def settings_file() -> Path:
    """Where the tool is remembered: `espalier/phone.json` below XDG_CONFIG_HOME."""
    return config_folder() / "phone.json"


def _remembered() -> dict[str, str]:
    try:
        told = json.loads(settings_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {k: v for k, v in told.items() if isinstance(v, str)} if isinstance(told, dict) else {}


def abi_of(program: Path) -> str:
    """The ABI that a program or library is for, by its ELF header; raises UserError for a file that is no ELF."""
    with program.open("rb") as stream:
        head = stream.read(20)
    if len(head) < 20 or head[:4] != b"\x7fELF":
        raise UserError("phone.not_elf", path=str(program))
    machine = int.from_bytes(head[18:20], "little" if head[5] == 1 else "big")
    return _MACHINES.get(machine, f"ELF machine {machine}")


def check_abi(tool: Tool, phone_abi: str | None) -> None:
    """Raise UserError if a file of the tool is for another processor than the phone's, or not all for the same."""
    program = abi_of(tool.program)
    if phone_abi and program not in _FAMILIES.get(phone_abi, (phone_abi,)):
        raise UserError("phone.wrong_abi", path=str(tool.program), abi=program, phone=phone_abi)
    for library in tool.libraries:
        if (abi := abi_of(library)) != program:
            raise UserError("phone.wrong_abi", path=str(library), abi=abi, phone=program)


def check_version(told: str | None) -> None:
    """Raise PhoneFault `phone.version` if the tool is of another Paddle Lite than the optimiser of this machine.

    Major and minor number count: a release candidate, its tag and its branch (2.13rc0, v2.13-rc, release/v2.13(c0ffee))
    are one version, and a tool that tells no number, only a commit, is let through.
    """
    tool, opt = _numbers(told or ""), _numbers(version("paddlelite"))
    if tool is not None and tool != opt:
        raise PhoneFault("phone.version", tool=told or "-", opt=version("paddlelite"))


def _numbers(words: str) -> tuple[int, int] | None:
    found = re.match(r"(?:\S*/)?v?(\d+)\.(\d+)", words.strip())
    return (int(found[1]), int(found[2])) if found else None
