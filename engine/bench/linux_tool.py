"""Whether a program is one for Linux on aarch64 that can run here: its ELF header, and the loader that it asks for."""

from __future__ import annotations

import os
import struct
from pathlib import Path

from engine.contract.text.messages import UserError
from engine.phone.tool import Memory, Tool, abi_of

MEMORY = Memory("ESPALIER_BENCHMARK_BIN_LINUX", "linux_benchmark_bin", "linux_libs", "emulation.no_tool")
LIBRARIES = Path("/usr/aarch64-linux-gnu")
"""Where Debian keeps the C library of aarch64 on other machines."""
_ARM = "arm64-v8a"
_INTERPRETER = 3
_LONGEST = 4096


def check_linux_tool(tool: Tool) -> None:
    """Raise UserError, with the remedy, for a tool that cannot be emulated.

    That is one for another processor, one for Android, one that needs a loader which is not here, and a file that
    nobody may execute.
    """
    for file in (tool.program, *tool.libraries):
        if (abi := abi_of(file)) != _ARM:
            raise UserError("emulation.wrong_machine", path=str(file), abi=abi)
    loader = loader_of(tool.program)
    if loader is not None and loader.startswith(("/system/", "/apex/")):
        raise UserError("emulation.android", path=str(tool.program), loader=loader)
    if loader is not None and folder_of_loader(loader) is None:
        raise UserError("emulation.no_loader", path=str(tool.program), loader=loader)
    if not os.access(tool.program, os.X_OK):
        raise UserError("emulation.not_executable", path=str(tool.program))


def loader_of(program: Path) -> str | None:
    """The loader that a 64-bit program asks for; None for one that is linked statically.

    Raises UserError `phone.not_elf` if its header is torn.
    """
    with program.open("rb") as stream:
        try:
            head = stream.read(64)
            (table,), (size, count) = struct.unpack_from("<Q", head, 32), struct.unpack_from("<HH", head, 54)
            stream.seek(table)
            entries = [stream.read(size) for _ in range(count)]
            places = [struct.unpack_from("<I4xQ16xQ", entry) for entry in entries]
            for kind, offset, length in places:
                if kind == _INTERPRETER:
                    stream.seek(offset)
                    return stream.read(min(length, _LONGEST)).split(b"\0")[0].decode("utf-8", "replace")
        except (struct.error, OSError, OverflowError, ValueError) as error:
            raise UserError("phone.not_elf", path=str(program)) from error
    return None


def folder_of_loader(loader: str) -> Path | None:
    """The folder that stands for the root of the tool's system and has this loader; None if there is none here.

    It is QEMU_LD_PREFIX where that is set, as for qemu itself, else Debian's, else this machine's own root.
    """
    named = os.environ.get("QEMU_LD_PREFIX")
    folders = [Path(named)] if named else [LIBRARIES, Path("/")]
    return next((folder for folder in folders if (folder / loader.lstrip("/")).exists()), None)
